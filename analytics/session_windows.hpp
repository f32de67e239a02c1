// Windows that events make: a session lasts as long as its group's events follow each other within a gap. An event may open one, prolong one
// at either end, or merge two; a document whose session got another start, or went into another, is superseded.
//
// With `gap` and `lateness` as in semantics.md 3: an event of time t is taken while the watermark is below t + gap + lateness, and late in
// it once the watermark has reached t + gap. A session with its last event at `last` ends at last + gap, and nothing can reach it once the
// watermark stands at last + 2 gap + lateness: then it is final.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "analytics/window_cell.hpp"
#include "analytics/window_set.hpp"

namespace throng::analytics {

class session_windows final : public window_set {
public:
  session_windows(const window_plan& plan, const task_identity& who, group_table& groups, std::string state_prefix);

  placing add(const event& e, group_table::id group, timestamp watermark, effects& out) override;
  void write_changed(bool only_ended, timestamp watermark, effects& out) override;
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override;
  void restore(std::size_t entry, std::string_view key, std::string_view bytes) override;
  void restored(timestamp watermark) override;
  std::size_t size() const override {
    return size_;
  }
  std::size_t results() const override {
    return size_;
  }

private:
  using number = std::uint32_t; ///< of a session; given again when it is gone

  struct session {
    group_table::id group = 0;
    std::int64_t start = 0;
    std::int64_t last = 0; ///< time of its last event
    std::uint64_t late = 0;
    window_cell holds;
    std::uint64_t serial = 0; ///< rises with each session made: tells a number's bearers apart; 0: nobody
    std::int64_t queued = 0;  ///< the least moment at which it stands in the queue
    bool unwritten = false;
    bool written = false; ///< under this start, or perhaps: then a document of it is to be superseded
    bool unsaved = false;
    bool saved_before = false; ///< under this start
  };
  struct turn {
    std::int64_t due = 0;
    number which = 0;
    std::uint64_t serial = 0;
    friend bool operator>(const turn& a, const turn& b) {
      return a.due > b.due;
    }
  };

  void settle(timestamp from, timestamp to, effects& out) override;
  std::int64_t end_of(const session& what) const {
    return what.last + plan_->size.count();
  }
  std::int64_t final_at(const session& what) const {
    return end_of(what) + plan_->size.count() + plan_->lateness.count();
  }
  number make(group_table::id group, std::int64_t time);
  void drop(number which);
  void merge(number into, number gone, effects& out, std::int64_t offset);
  void supersede(session& what, effects& out, std::int64_t offset);
  void forget_entry(session& what);
  void mark(number which);
  void queue(number which, std::int64_t due);
  void find_next_due(timestamp watermark);
  void write(const std::vector<number>& which, bool final, effects& out);
  std::string state_key(const session& what) const;

  const window_plan* plan_;
  const task_identity* who_;
  group_table* groups_;
  std::string prefix_;
  std::vector<session> sessions_; // by number
  std::vector<number> free_;
  std::vector<std::vector<number>> of_group_; // by group, by start
  std::vector<turn> queue_; // a heap, least first; turns of sessions that are gone or were prolonged are idle
  std::vector<std::pair<number, std::uint64_t>> unwritten_;
  std::vector<std::pair<number, std::uint64_t>> unsaved_;
  std::vector<std::string> removed_;
  std::uint64_t made_ = 0;
  std::size_t size_ = 0;
};

} // namespace throng::analytics
