// What one group of a window, a pane or a session holds: how many events, which came last, the aggregates of each field. And the document
// that shows it.
#pragma once

#include <cstdint>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/codec.hpp"
#include "analytics/group_table.hpp"
#include "analytics/results.hpp"
#include "analytics/window_plan.hpp"

namespace throng::analytics {

struct window_cell {
  std::uint64_t events = 0;
  std::int64_t offset = -1; ///< of the last message in it
  std::vector<aggregate_cell> fields;

  explicit window_cell(const window_plan& plan);
  void add(const window_plan& plan, const event& e, const event_position& at);
  /// As if the other's events had been added too (aggregate_cell::merge() says how exactly).
  void merge(const window_plan& plan, const window_cell& other);
  void save(const window_plan& plan, byte_writer& out) const;
  /// @throws corrupt_state
  void load(const window_plan& plan, byte_reader& in);
};

/// A window of one group as it is written.
struct window_view {
  std::int64_t start = 0;
  std::int64_t end = 0;
  group_table::id group = 0;
  std::uint64_t late = 0;
  bool final = false;
};

document window_document(const window_plan& plan, const task_identity& who, const group_table& groups,
                         const window_view& of, const window_cell& holds);

/// What replaces the document of a session that is no more. @param offset of the message that ended it
document superseded_window(const window_plan& plan, const task_identity& who, const group_table& groups,
                           std::int64_t start, group_table::id group, std::int64_t offset);

} // namespace throng::analytics
