// The open windows of a `windows` entry in one partition, or of several that share their panes: which an event falls into, when each is written, when it is
// final and dropped.
// Semantics.md 3 and 4 say when; this leaves to the engine what the watermark is and where documents go. Windows whose edges are known
// beforehand (tumbling, hopping, calendar) are pane_windows; those that events make are session_windows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/event.hpp"
#include "analytics/group_table.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/results.hpp"
#include "analytics/watermark.hpp"
#include "analytics/window_plan.hpp"

namespace throng::analytics {

class window_set {
public:
  window_set(const window_set&) = delete;
  window_set& operator=(const window_set&) = delete;
  virtual ~window_set() = default;

  /// In how many windows that contain the event it was left out, and in how many it was counted.
  struct placing {
    std::uint32_t left_out = 0;
    std::uint32_t taken = 0;
  };
  /// A session that the event ends by merging it into another is superseded at once: `out`. @param watermark what the event is judged
  /// by: as it stood before it; of a re-keyed one that of its own partition, which may be ahead of where advance() has come to
  virtual placing add(const event& e, group_table::id group, timestamp watermark, effects& out) = 0;

  /// The watermark has moved: writes windows whose end it has reached, those that are due by `emit.every`, and those that are final, which
  /// are dropped. In order of (start, group key).
  void advance(timestamp from, timestamp to, effects& out) {
    now_ = to;
    if (to.ms >= next_due_)
      settle(from, to, out);
  }

  /// Writes what has changed since it was last written: all of it, or only where the watermark has passed the end.
  virtual void write_changed(bool only_ended, timestamp watermark, effects& out) = 0;

  virtual void save(bool only_changes, const std::function<void(state_entry&&)>& put) = 0;
  /// One entry of a checkpoint: whose of those that share it, and the key behind its prefix. It counts as not yet written: whoever claimed
  /// the partition may have deleted what was written behind the checkpoint. @throws corrupt_state
  virtual void restore(std::size_t entry, std::string_view key, std::string_view bytes) = 0;
  /// After the last restore(). @param watermark of the checkpoint. @throws corrupt_state
  virtual void restored(timestamp watermark) = 0;

  /// How many cells (window, pane or session, and group) are open.
  virtual std::size_t size() const = 0;

protected:
  window_set() = default;

  virtual void settle(timestamp from, timestamp to, effects& out) = 0;

  timestamp now_ = watermark::none;   // where the watermark stands
  std::int64_t next_due_ = INT64_MAX; // the least watermark at which there is anything to do
};

/// The first moment of `emit.every` after a watermark; never where there is none.
std::int64_t next_tick(const window_plan& plan, timestamp watermark);
/// Whether the watermark has passed such a moment on its way.
bool ticked(const window_plan& plan, timestamp from, timestamp to);

/// The key of a window's entry: `12345/["group"]`, without what stands before it.
struct entry_name {
  std::int64_t start = 0;
  std::string_view group;
};
/// @throws corrupt_state
entry_name read_name(std::string_view key);

/// The windows of a plan, those next to each other that share panes in one.
struct placed_windows {
  std::unique_ptr<window_set> set;
  std::size_t group = 0; ///< which group_plan
};
struct all_windows {
  std::vector<placed_windows> sets;
  struct entry {
    std::size_t set = 0;
    std::size_t within = 0;
  };
  std::vector<entry> entries; ///< by place in the plan
};
/// @param groups by group_plan; the keys of a window's state begin with w/PLACE/
all_windows make_windows(const std::vector<window_plan>& plans, const task_identity& who,
                         std::deque<group_table>& groups);

} // namespace throng::analytics
