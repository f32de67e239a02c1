// What a window cell holds of one field: every aggregate that was asked for, mergeable, serialisable, and rendered to JSON.
// Leaves to others which events belong to a cell.
//
// What counts, for each event of the window:
// - A numeric field (one of count, sum, mean, min, max, stddev, variance, histogram, ewma, rate, delta or a percentile is wanted): finite
//   numbers are present; everything else, booleans too, is `missing`. `count` is how many are present.
// - A field of which only distinct, first, last or top_10 is wanted: every value but null and a number that is not finite is
//   present; absent, null and not finite are `missing`.
// - distinct, first, last and top_10 take every value but null and numbers that are not finite, on both kinds of field.
//
// Errors: counts, histograms, min, max, first, last, rate and delta are exact; percentiles within 1 % relative (sketch/ddsketch), distinct
// about 1.6 % standard error, exact up to 256 (sketch/hyperloglog), top_10 as each entry's `error` says (sketch/space_saving).
//
// Sums are Neumaier's ("Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974); variance is
// Welford's recurrence (Technometrics 4, 1962), merged by Chan, Golub, LeVeque ("Updating formulae and a pairwise algorithm for
// computing sample variances", 1979).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/codec.hpp"
#include "analytics/event.hpp"
#include "analytics/trend.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

class ddsketch;
class hyperloglog;

/// Which parts a field's cell needs for the aggregates asked of it. Shared by all cells of the field.
struct aggregate_plan {
  std::vector<config::aggregate> wanted;   ///< in the order of the file
  bool numeric = false;                    ///< only finite numbers are present
  bool sums = false;                       ///< sum, mean
  bool spread = false;                     ///< stddev, variance
  bool extremes = false;                   ///< min, max
  bool sketch = false;                     ///< percentiles: DDSketch
  bool distinct = false;                   ///< HyperLogLog, exact up to 256
  bool top = false;                        ///< top_10: space-saving with 128 counters
  bool ends = false;                       ///< first, last
  bool moves = false;                      ///< ewma, rate, delta
  std::vector<milliseconds> half_lives;    ///< of each ewma
  std::vector<std::vector<double>> bounds; ///< of each histogram

  /// Whether values are told apart by a hash.
  bool hashes() const {
    return distinct || top;
  }
  static aggregate_plan of(const std::vector<config::aggregate>& wanted);
};

/// One field's running aggregates in one window and group. Empty after construction. Numbers stand inside; a sketch is
/// allocated with the first value that needs it.
class aggregate_cell {
public:
  aggregate_cell();
  explicit aggregate_cell(const aggregate_plan&)
      : aggregate_cell() {}
  ~aggregate_cell();
  aggregate_cell(aggregate_cell&&) noexcept;
  aggregate_cell& operator=(aggregate_cell&&) noexcept;

  /// Takes one event's value of the field. @param hash canonical_hash(x), if plan.hashes()
  void add(const aggregate_plan& plan, const value& x, const event_position& at, std::uint64_t hash);
  void add(const aggregate_plan& plan, const value& x, const event_position& at);
  /// As if the other's events had been added too: exactly so for count, missing, min, max, percentiles, distinct, first and last; to
  /// the last bits for sum, mean, stddev and variance; within its bounds for top_10.
  void merge(const aggregate_plan& plan, const aggregate_cell& other);
  /// `{"count": n, "mean": …, "missing": m}`: the wanted ones in order, then missing. Of no values, count, sum and distinct are 0,
  /// top_10 is empty, the rest null; so is a sum beyond the range of doubles.
  boost::json::object render(const aggregate_plan& plan) const;

  void save(const aggregate_plan& plan, byte_writer& out) const;
  /// Throws corrupt_state.
  static aggregate_cell load(const aggregate_plan& plan, byte_reader& in);

private:
  struct texts; ///< what holds text: ends and top_10
  struct shape; ///< histograms, and how the numbers moved

  void add_number(const aggregate_plan& plan, double x, const event_position& at);
  void add_any(const aggregate_plan& plan, const value& x, const event_position& at, std::uint64_t hash);
  boost::json::value result(const aggregate_plan& plan, const config::aggregate& what) const;

  std::uint64_t present_ = 0;
  std::uint64_t missing_ = 0;
  double sum_ = 0;
  double lost_ = 0;    ///< what rounding took from sum_
  double mean_ = 0;    ///< Welford's
  double squares_ = 0; ///< of the deviations from the mean
  double min_ = 0;
  double max_ = 0;
  std::unique_ptr<ddsketch> sketch_;
  std::unique_ptr<hyperloglog> distinct_;
  std::unique_ptr<texts> texts_;
  std::unique_ptr<shape> shape_;
};

} // namespace throng::analytics
