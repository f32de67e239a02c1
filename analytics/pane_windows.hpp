// Windows whose edges are known beforehand: tumbling, hopping, and a calendar's. An event goes into one pane, whatever the number of
// windows that contain it; a window is put together from its panes when it is written.
//
// Panes are the stretches of time between two neighbouring edges of windows, at most two in each `every` (Krishnamurthy, Wu, Franklin,
// "On-the-fly sharing for streamed aggregation", SIGMOD 2006, paired windows). All events of a pane lie in the same windows, so a late one
// that finds some of them final changes exactly the others: the final ones are written and dropped already, and a pane stays until the
// last of its windows is final.
//
// Entries of `windows` that compute the same over the same groups, and of which each advances by the same `every`, have the same panes and share them: a
// minute's tumbling window and five minutes' hopping by one cost one aggregation an event, and one memory.
#pragma once

#include <string>
#include <vector>

#include "analytics/open_windows.hpp"
#include "analytics/window_set.hpp"

namespace throng::analytics {

/// Whether the two have the same panes and put the same into them.
bool share_panes(const window_plan& a, const window_plan& b);

class pane_windows final : public window_set {
public:
  /// @param entries of each two share_panes() @param prefixes of their state's keys
  pane_windows(const std::vector<const window_plan*>& entries, const task_identity& who, group_table& groups,
               std::vector<std::string> prefixes);

  placing add(const event& e, group_table::id group, timestamp watermark, effects& out) override;
  void write_changed(bool only_ended, timestamp watermark, effects& out) override;
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override;
  void restore(std::size_t entry, std::string_view key, std::string_view bytes) override;
  void restored(timestamp watermark) override;
  std::size_t size() const override;
  std::size_t results() const override;

private:
  void settle(timestamp from, timestamp to, effects& out) override;
  void find_next_due();
  void drop_final_panes(timestamp watermark);
  pane::cell& cell_at(std::int64_t start, std::int64_t end, group_table::id group, timestamp watermark);
  pane::cell& cell_in(pane& in, group_table::id group);
  void mark_unsaved(std::int64_t start, pane::cell& what);
  void restore_pane(std::size_t entry, std::string_view key, std::string_view bytes);
  std::string pane_key(std::int64_t start, group_table::id group) const;
  /// Whose fields each cell has: those of any entry.
  const window_plan& plan() const {
    return entries_.front().plan();
  }

  group_table* groups_;
  pane_map panes_;
  std::vector<open_windows> entries_;
  pane* recent_ = nullptr; // the pane that was asked for last
  std::int64_t recent_start_ = 0;
  std::size_t cells_ = 0;
  std::vector<std::pair<std::int64_t, group_table::id>> unsaved_;
  std::vector<std::string> removed_;
};

} // namespace throng::analytics
