// Alerts held against truth.labels: precision, recall, time to detect, by cause and by detector (semantics.md 8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

struct score_row {
  std::string name;         ///< a cause or a detector
  std::uint64_t labels = 0; ///< malicious ones; of innocent look-alikes in the row of an innocent cause
  std::uint64_t found = 0;  ///< malicious labels that an alert matches
  std::uint64_t alerts = 0; ///< in a cause's row: those that match one of its labels
  std::uint64_t right = 0;  ///< alerts that match a malicious label first
  std::uint64_t false_alarms =
      0; ///< alerts that match an innocent label or none; in a cause's row only of an innocent cause
  std::optional<double> recall;
  std::optional<double> precision;
  std::optional<double> median_seconds_to_detect;
};

struct score_report {
  score_row all;
  std::vector<score_row> by_cause;    ///< by name
  std::vector<score_row> by_detector; ///< by name; each as if its alerts were the only ones
  double false_alarms_a_day = 0;      ///< over the time that the labels and alerts span
};

/// not_found: no labels in this store.
/// @param grace how long after a label's end an alert still matches it
expected<score_report> score(storage::result_store& store, milliseconds grace = milliseconds{600'000});

} // namespace throng::query
