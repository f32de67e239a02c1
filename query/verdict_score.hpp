// What people's verdicts say of each detector: how many of the alerts that they judged were right. It says nothing of what nobody rang for, so there is no
// recall here, and it holds for all alerts only as far as the judged ones were not picked for what they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "query/score.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

struct verdict_row {
  std::string name;
  std::uint64_t alerts = 0; ///< judged or not
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  std::optional<double> precision; ///< right among the judged; none judged: none
  std::optional<interval> precision_interval;
};

struct verdict_report {
  verdict_row all;
  std::vector<verdict_row> by_detector; ///< by name
};

/// not_found: no alert of this store has a verdict.
expected<verdict_report> score_by_verdicts(storage::result_store& store);

} // namespace throng::query
