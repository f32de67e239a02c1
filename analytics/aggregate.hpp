// What a window cell holds of one field: every aggregate that was asked for, mergeable, serialisable, and rendered to JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/codec.hpp"
#include "analytics/event.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// Orders `first` and `last`: (time, partition, offset).
struct event_position {
  timestamp time;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  friend auto operator<=>(const event_position&, const event_position&) = default;
};

/// Which parts a field's cell needs for the aggregates asked of it. Shared by all cells of the field.
struct aggregate_plan {
  std::vector<config::aggregate> wanted; ///< in the order of the file
  bool moments = false;  ///< sum (Neumaier), mean, and M2 for variance (Welford; merged by Chan et al.)
  bool extremes = false; ///< min, max
  bool sketch = false;   ///< DDSketch
  bool distinct = false; ///< HyperLogLog, exact up to 256
  bool top = false;      ///< space-saving, for top_10
  bool ends = false;     ///< first, last

  static aggregate_plan of(const std::vector<config::aggregate>& wanted);
};

/// One field's running aggregates in one window and group. Empty after construction.
class aggregate_cell {
public:
  explicit aggregate_cell(const aggregate_plan& plan);
  ~aggregate_cell();
  aggregate_cell(aggregate_cell&&) noexcept;
  aggregate_cell& operator=(aggregate_cell&&) noexcept;

  /// Takes one event's value of the field. Numbers count as numbers; distinct, first, last and top_10 take any non-null value.
  void add(const aggregate_plan& plan, const value& x, const event_position& at);
  /// As if the other's events had been added too.
  void merge(const aggregate_plan& plan, const aggregate_cell& other);
  /// `{"count": n, "mean": …, "missing": m}`: the wanted ones in order, then missing.
  boost::json::object render(const aggregate_plan& plan) const;

  void save(const aggregate_plan& plan, byte_writer& out) const;
  /// Throws corrupt_state.
  static aggregate_cell load(const aggregate_plan& plan, byte_reader& in);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace throng::analytics
