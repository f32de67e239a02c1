// The open windows of one `windows` entry in one partition: which an event falls into, when each is written, when it is final and dropped.
// Semantics.md 3 and 4 say when; this leaves to the engine what the watermark is and where documents go. Windows whose edges are known
// beforehand (tumbling, hopping, calendar) are pane_windows; those that events make are session_windows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

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
  /// One entry of a checkpoint; the key behind the prefix. It counts as not yet written: whoever claimed the partition may have deleted what
  /// was written behind the checkpoint. @throws corrupt_state
  virtual void restore(std::string_view key, std::string_view bytes) = 0;
  /// After the last restore(). @param watermark of the checkpoint. @throws corrupt_state
  virtual void restored(timestamp watermark) = 0;

  /// How many cells (window, pane or session, and group) are open.
  virtual std::size_t size() const = 0;

protected:
  window_set(const window_plan& plan, const task_identity& who, group_table& groups, std::string state_prefix)
      : plan_(&plan)
      , who_(&who)
      , groups_(&groups)
      , prefix_(std::move(state_prefix)) {}

  virtual void settle(timestamp from, timestamp to, effects& out) = 0;

  /// The first moment of `emit.every` after a watermark; never where there is none.
  std::int64_t next_tick(timestamp watermark) const;
  /// Whether the watermark has passed such a moment on its way.
  bool ticked(timestamp from, timestamp to) const;

  /// `12345/["group"]` without what stands before it.
  struct entry_name {
    std::int64_t start = 0;
    std::string_view group;
  };
  /// @throws corrupt_state
  static entry_name read_name(std::string_view key);

  const window_plan* plan_;
  const task_identity* who_;
  group_table* groups_;
  std::string prefix_;
  timestamp now_ = watermark::none;   // where the watermark stands
  std::int64_t next_due_ = INT64_MAX; // the least watermark at which there is anything to do
};

/// @param state_prefix of its entries' keys, ends with '/'
std::unique_ptr<window_set> make_window_set(const window_plan& plan, const task_identity& who, group_table& groups,
                                            std::string state_prefix);

} // namespace throng::analytics
