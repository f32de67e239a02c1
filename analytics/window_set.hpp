// The open windows of one `windows` entry in one partition: which an event falls into, when each is written, when it is final and dropped.
// Semantics.md 3 and 4 say when; this leaves to the engine what the watermark is and where documents go.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "analytics/aggregate.hpp"
#include "analytics/alert.hpp"
#include "analytics/event.hpp"
#include "analytics/group_table.hpp"
#include "analytics/partial_state.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/results.hpp"

namespace throng::analytics {

struct window_plan {
  std::string name;
  milliseconds size{0};
  milliseconds every{0}; ///< equals size where it tumbles
  milliseconds offset{0};
  milliseconds lateness{0};
  milliseconds emit_every{0}; ///< 0: not
  std::size_t group = 0;      ///< which group_plan
  struct field {
    std::string name;
    slot from = 0;
    aggregate_plan plan;
  };
  std::vector<field> fields;
  std::string state_header;
};

/// The greatest start of a window that is not after `t`: windows start at offset + n * every.
std::int64_t last_start(const window_plan& plan, std::int64_t t);

class window_set {
public:
  /// @param state_prefix of its entries' keys, ends with '/'; `START/GROUP_KEY` follows
  window_set(const window_plan& plan, const task_identity& who, group_table& groups, std::string state_prefix);

  /// In how many windows that contain the event it was left out, and in how many it was counted.
  struct placing {
    std::uint32_t left_out = 0;
    std::uint32_t taken = 0;
  };
  /// @param watermark as it stood before the event
  placing add(const event& e, group_table::id group, timestamp watermark);

  /// The watermark has moved: writes windows whose end it has reached, those that are due by `emit.every`, and those that are final, which
  /// are dropped. In order of (start, group key).
  void advance(timestamp from, timestamp to, effects& out) {
    if (to.ms >= next_due_)
      settle(from, to, out);
  }

  /// Writes what has changed since it was last written: all of it, or only where the watermark has passed the end.
  void write_changed(bool only_ended, timestamp watermark, effects& out);

  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// One entry of a checkpoint; the key behind the prefix. It counts as not yet written. @throws corrupt_state
  void restore(std::string_view key, std::string_view bytes);
  /// After the last restore(). @param watermark of the checkpoint
  void restored(timestamp watermark);

  /// How many cells (window and group) are open.
  std::size_t size() const {
    return size_;
  }

private:
  struct cell {
    group_table::id group = 0;
    std::uint64_t events = 0;
    std::uint64_t late = 0;
    std::int64_t offset = -1;
    bool unwritten = false;
    bool unsaved = false;
    bool saved_before = false;
    std::vector<aggregate_cell> fields;
  };
  /// The cells of one start.
  struct bucket {
    boost::unordered_flat_map<group_table::id, std::uint32_t> places;
    std::vector<cell> cells;
  };

  void settle(timestamp from, timestamp to, effects& out);
  void find_next_due(timestamp watermark);
  bucket& bucket_at(std::int64_t start, timestamp watermark);
  cell& cell_at(bucket& in, group_table::id group);
  void write(std::int64_t start, bucket& in, bool final, effects& out);
  void write_one(std::int64_t start, cell& what, bool final, effects& out);
  std::string state_key(std::int64_t start, const cell& what) const;
  std::string state_bytes(const cell& what) const;

  const window_plan* plan_;
  const task_identity* who_;
  group_table* groups_;
  std::string prefix_;
  std::map<std::int64_t, bucket> open_; // by start
  std::int64_t recent_start_ = 0;       // the bucket that was asked for last
  bucket* recent_ = nullptr;
  std::int64_t next_due_ = INT64_MAX; // the least watermark at which there is anything to do
  std::size_t size_ = 0;
  std::vector<std::pair<std::int64_t, group_table::id>> ended_changed_; // changed when their end had passed; may repeat
  std::vector<std::pair<std::int64_t, group_table::id>> unsaved_;
  std::vector<std::string> removed_;
};

} // namespace throng::analytics
