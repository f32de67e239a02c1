// What pipelines have refused, to be given back to them: the messages of analytics.dead_letter as a source for `throng replay`. Each goes to its own topic,
// marked for the pipeline that refused it, once: what stands there already from an earlier replay is left out, however that ended.
#pragma once

#include <memory>
#include <string>

#include "service/replay_source.hpp"

namespace throng::service {

struct dead_letter_choice {
  std::string pipeline; ///< empty: of all
  std::string reason;   ///< empty: for any
};

/// invalid: no real cluster; not_found: there is no topic of dead letters.
expected<std::unique_ptr<replay_source>> open_dead_letters(const config::settings& settings,
                                                           const dead_letter_choice& choice);

} // namespace throng::service
