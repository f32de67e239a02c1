// Windows whose edges are known beforehand: tumbling, hopping, and a calendar's. An event goes into one pane, whatever the number of
// windows that contain it; a window is put together from its panes when it is written.
//
// Panes are the stretches of time between two neighbouring edges of windows, at most two in each `every` (Krishnamurthy, Wu, Franklin,
// "On-the-fly sharing for streamed aggregation", SIGMOD 2006, paired windows). All events of a pane lie in the same windows, so a late one
// that finds some of them final changes exactly the others: the final ones are written and dropped already, and a pane stays until the
// last of its windows is final.
//
// Behind a rekey an event is judged by its own partition's watermark, which may be ahead of ours: where it finds windows of its pane final
// that are open yet, it goes into cells of its own, beside the panes, of the windows that still take it.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "analytics/window_cell.hpp"
#include "analytics/window_set.hpp"

namespace throng::analytics {

class pane_windows final : public window_set {
public:
  pane_windows(const window_plan& plan, const task_identity& who, group_table& groups, std::string state_prefix);

  placing add(const event& e, group_table::id group, timestamp watermark, effects& out) override;
  void write_changed(bool only_ended, timestamp watermark, effects& out) override;
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override;
  void restore(std::string_view key, std::string_view bytes) override;
  void restored(timestamp watermark) override;
  std::size_t size() const override {
    return size_;
  }

private:
  struct cell {
    group_table::id group = 0;
    window_cell holds;
    std::uint64_t changed = 0; ///< the number of the add() that changed it last
    bool unsaved = false;
    bool saved_before = false;
  };
  /// Where a pane lies, and which windows contain it.
  struct place {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t first_window = 0; ///< start of the earliest window that contains it
    std::int64_t first_end = 0;
    std::int64_t last_window = 0; ///< start of the latest
    std::int64_t last_end = 0;
  };
  struct pane {
    place lies;
    boost::unordered_flat_map<group_table::id, std::uint32_t> places;
    std::vector<cell> cells;
  };
  /// What a window of a group has beside its panes.
  struct extra {
    std::uint64_t late = 0;
    std::unique_ptr<window_cell> own; ///< events of this window alone; from a checkpoint of schema 1, all of them
    std::uint64_t changed = 0;        ///< the number of the add() that changed `own` last
    bool unsaved = false;
    bool saved_before = false;
  };
  struct window {
    std::int64_t end = 0;
    std::uint64_t written = 0;               ///< the number of the last add() that stands in what was last written
    std::map<group_table::id, extra> extras; ///< few: what comes late, or from before
  };
  /// A share of a window's group; no cell: what is its own.
  struct part {
    group_table::id group = 0;
    const cell* from = nullptr;
  };

  void settle(timestamp from, timestamp to, effects& out) override;
  void find_next_due(timestamp watermark);
  place place_of(std::int64_t time) const;
  std::int64_t window_end(std::int64_t start) const;
  std::uint32_t windows_of(const place& lies) const;
  std::uint32_t final_ones(const place& lies, timestamp watermark) const;
  pane& pane_at(const place& lies, timestamp watermark);
  void open_windows(const place& lies, timestamp watermark);
  window& open_window(std::int64_t start, std::int64_t end, timestamp watermark);
  void add_beside(const event& e, group_table::id group, const place& lies, timestamp watermark);
  cell& cell_at(pane& in, group_table::id group);
  extra& extra_at(window& in, group_table::id group);
  void mark_unsaved(std::int64_t start, group_table::id group, extra& what);
  void count_late(const place& lies, group_table::id group, timestamp watermark);
  void write(std::int64_t start, window& what, bool final, effects& out);
  void write_parts(std::int64_t start, window& what, bool final, effects& out);
  void drop(std::int64_t start, window& what);
  void restore_whole_window(std::string_view key, std::string_view bytes);

  std::string pane_key(std::int64_t start, group_table::id group) const;
  std::string extra_key(std::int64_t start, group_table::id group) const;

  std::map<std::int64_t, pane> panes_;     // by start
  std::map<std::int64_t, window> windows_; // by start: those with a pane, not final
  pane* recent_ = nullptr;                 // the pane that was asked for last
  std::uint64_t adds_ = 0;
  std::size_t size_ = 0;
  std::vector<std::pair<std::int64_t, group_table::id>>
      ended_changed_; // windows changed when their end had passed; may repeat
  std::vector<std::pair<std::int64_t, group_table::id>> unsaved_; // panes
  std::vector<std::pair<std::int64_t, group_table::id>> unsaved_extras_;
  std::vector<std::string> removed_;
  std::vector<part> parts_; // reused
};

} // namespace throng::analytics
