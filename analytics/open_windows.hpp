// The open windows of one `windows` entry whose edges are known beforehand (tumbling, hopping, a calendar's): which of them contain a moment, which are
// final, and what each is when it is written, put together from panes. Leaves the panes to pane_windows, which several entries may share.
//
// Behind a rekey an event is judged by its own partition's watermark, which may be ahead of ours: where it finds windows of its pane final
// that are open yet, it goes into cells of its own, beside the panes, of the windows that still take it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "analytics/window_cell.hpp"
#include "analytics/window_set.hpp"

namespace throng::analytics {

/// The events of one stretch of time, by group.
struct pane {
  struct cell {
    group_table::id group = 0;
    window_cell holds;
    std::uint64_t changed = 0; ///< the number of the event that changed it last
    bool unsaved = false;
    bool saved_before = false;
  };
  std::int64_t end = 0;
  boost::unordered_flat_map<group_table::id, std::uint32_t> places;
  std::vector<cell> cells;
};

struct pane_map {
  std::map<std::int64_t, pane> by_start;
  std::uint64_t events = 0; ///< that went into them, or beside them
};

class open_windows {
public:
  /// Where a pane lies, and which windows contain it.
  struct place {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t first_window = 0; ///< start of the earliest window that contains it
    std::int64_t first_end = 0;
    std::int64_t last_window = 0; ///< start of the latest
    std::int64_t last_end = 0;
  };

  open_windows(const window_plan& plan, const task_identity& who, group_table& groups, std::string state_prefix,
               pane_map& panes);

  /// Of the pane that contains the moment; valid until the next call.
  const place& around(std::int64_t time) {
    if (time < recent_.start || time >= recent_.end)
      recent_ = place_of(time);
    return recent_;
  }
  std::uint32_t windows_of(const place& lies) const;
  std::uint32_t final_ones(const place& lies, timestamp watermark) const;
  /// Whether all that contain the pane are.
  bool all_final(std::int64_t pane_start, timestamp watermark) const {
    return reached(watermark, timestamp{place_of(pane_start).last_end} + plan_->lateness);
  }

  /// All windows that contain the pane and are not final are there from now on.
  void open(const place& lies, timestamp watermark);
  /// Into the windows of the pane that are not final to the event, each by itself.
  void add_beside(const event& e, group_table::id group, const place& lies, timestamp watermark);
  /// Of windows that have ended but still take events.
  void count_late(const place& lies, group_table::id group, timestamp watermark);

  void settle(timestamp from, timestamp to, effects& out);
  void write_changed(bool only_ended, timestamp watermark, effects& out);
  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// What is no pane's: the key of an entry behind the prefix. @throws corrupt_state
  void restore(std::string_view key, std::string_view bytes);
  void restored(timestamp watermark);

  /// The least watermark at which there is anything to settle.
  std::int64_t next_due() const {
    return next_due_;
  }
  /// Cells beside the panes.
  std::size_t size() const {
    return size_;
  }
  const window_plan& plan() const {
    return *plan_;
  }
  const std::string& prefix() const {
    return prefix_;
  }

private:
  /// What a window of a group has beside its panes.
  struct extra {
    std::uint64_t late = 0;
    std::unique_ptr<window_cell> own; ///< events of this window alone; from a checkpoint of schema 1, all of them
    std::uint64_t changed = 0;        ///< the number of the event that changed `own` last
    bool unsaved = false;
    bool saved_before = false;
  };
  struct window {
    std::int64_t end = 0;
    std::uint64_t written = 0;               ///< the number of the last event that stands in what was last written
    std::map<group_table::id, extra> extras; ///< few: what comes late, or from before
  };
  /// A share of a window's group; no cell: what is its own.
  struct part {
    group_table::id group = 0;
    const pane::cell* from = nullptr;
  };

  place place_of(std::int64_t time) const;
  std::int64_t window_end(std::int64_t start) const;
  void find_next_due(timestamp watermark);
  window& open_window(std::int64_t start, std::int64_t end, timestamp watermark);
  extra& extra_at(window& in, group_table::id group);
  void mark_unsaved(std::int64_t start, group_table::id group, extra& what);
  void write(std::int64_t start, window& what, bool final, effects& out);
  void write_parts(std::int64_t start, window& what, bool final, effects& out);
  void drop(std::int64_t start, window& what);
  std::pair<const group_table::id, extra>& restored_extra(const entry_name& name);
  void restore_whole_window(std::string_view key, std::string_view bytes);
  std::string extra_key(std::int64_t start, group_table::id group) const;

  const window_plan* plan_;
  const task_identity* who_;
  group_table* groups_;
  std::string prefix_;
  pane_map* panes_;
  place recent_;                           // the pane that was asked for last
  std::map<std::int64_t, window> windows_; // by start: those with a pane, not final
  std::int64_t next_due_ = INT64_MAX;
  std::size_t size_ = 0;
  std::vector<std::pair<std::int64_t, group_table::id>>
      ended_changed_; // windows changed when their end had passed; may repeat
  std::vector<std::pair<std::int64_t, group_table::id>> unsaved_;
  std::vector<std::string> removed_;
  std::vector<part> parts_; // reused
};

} // namespace throng::analytics
