// Alerts held against truth.labels: precision, recall, F1, time to detect, by cause, by detector and by subtlety (semantics.md 8); how sure the shares
// are, how good the order is that alerts' scores give, and what the alerts are worth in money.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/time.hpp"
#include "query/money.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

inline constexpr double sure_95 = 1.959963984540054;   ///< 97.5 % of the normal distribution lie below
inline constexpr double sure_97_5 = 2.241402727604947; ///< 98.75 %

/// Confidence of a share of so many trials, by Wilson's score interval ("Probable inference, the law of succession, and statistical
/// inference", Journal of the American Statistical Association 22, 1927). @pre 0 < trials, hits <= trials
struct interval {
  double low = 0;
  double high = 1;
  static interval of(std::uint64_t hits, std::uint64_t trials, double z = sure_95);
};

/// The harmonic mean; 0 where both are 0.
double f1_of(double recall, double precision);

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
  std::optional<interval> recall_interval;
  std::optional<interval> precision_interval;
  std::optional<double> f1; ///< where recall and precision are known
  /// From that of both lower to that of both upper bounds, each of 97.5 %: by Bonferroni's inequality of 95 % at least.
  std::optional<interval> f1_interval;
  std::optional<double> median_seconds_to_detect;
  /// Of all and of a detector: the mean precision over the labels found, alerts taken in the order of their scores, those of one score at once;
  /// labels that are not found count 0.
  std::optional<double> average_precision;
  /// Where score_report::money is known: of labels that name payments, and of detectors that ring for who pays, as if their alerts were the only
  /// ones.
  std::optional<query::money> money;
};

/// Of each day of UTC the entities with alerts, by their greatest score, then the earliest alert, then their name: how many of the first few had
/// an alert that matches a malicious label.
struct top_entities {
  std::size_t a_day = 0; ///< the most that are looked at
  std::uint64_t looked_at = 0;
  std::uint64_t right = 0;
  std::uint64_t days = 0; ///< with an alert
  std::optional<double> precision;
};

struct score_report {
  score_row all;
  std::vector<score_row> by_cause;    ///< by name
  std::vector<score_row> by_detector; ///< by name; each as if its alerts were the only ones
  std::vector<score_row> by_subtlety; ///< malicious labels by quarters from 0 (blatant) to 1; those without have none
  top_entities top;
  double false_alarms_a_day = 0; ///< over the time that the labels and alerts span
  /// Nothing where it was not asked for, no labelled event in the store has an amount, or amounts are in several currencies.
  std::optional<money_basis> money;
};

/// How long after a label's end an alert still matches it, where nothing else is asked.
inline constexpr milliseconds usual_grace{600'000};

/// not_found: no labels in this store.
/// @param grace how long after a label's end an alert still matches it
/// @param top entities a day, of top_entities @param topic only labels of its events; empty: all
/// @param block_for how long an alert would stop its entity's payments; nothing: money is not asked for
expected<score_report> score(storage::result_store& store, milliseconds grace = usual_grace, std::size_t top = 10,
                             const std::string& topic = {}, std::optional<milliseconds> block_for = std::nullopt);

} // namespace throng::query
