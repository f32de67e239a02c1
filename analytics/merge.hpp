// Partials of one window become one result: what the query layer does when it reads (semantics.md 5).
#pragma once

#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "config/error.hpp"

namespace throng::analytics {

/// A stored partial: its visible body and its mergeable state.
struct partial {
  const boost::json::object* body = nullptr;
  std::string_view state; ///< describes its own aggregates: needs no pipeline definition to be read
};

/// One window document in the shape of commands.md, without partition, group_key or other internals: `events`, `late` and aggregates
/// merged, `final` if all are, `start` the least, `end` the greatest (for a roll-up, the caller overrides them). Times stay int64
/// milliseconds, as in the partials. The order of `parts` does not matter: they are merged by (start, partition).
/// corrupt: a state that no engine wrote; invalid: partials of windows with other aggregates.
/// @pre parts is not empty
expected<boost::json::object> merge_partials(const std::vector<partial>& parts);

} // namespace throng::analytics
