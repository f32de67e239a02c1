// What a partition processor runs: a pipeline's engine or the recorder, over the messages of one partition in order.
// Pure: messages and moments in, effects and state out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/results.hpp"
#include "config/error.hpp"

namespace throng::analytics {

/// Where a re-keyed event stood before it was re-keyed.
struct rekeyed_origin {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint32_t index = 0;
  timestamp watermark;     ///< what it is judged by
  std::int32_t source = 0; ///< orders as (topic, partition) does
};

/// A message as it came from a partition. Everything is borrowed.
struct raw_message {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1; ///< Kafka's; -1: none
  std::optional<std::string_view> key;
  std::optional<std::string_view> value; ///< none: a tombstone
  const rekeyed_origin* from = nullptr;  ///< of a re-keyed event; `offset` is then that of the message that let it in
};

/// A part of a task's state by its key; no value: it is gone.
struct state_entry {
  std::string key;
  std::optional<std::string> value;
};

/// Something from outside of the topic that a task uses from now on: a version of a lookup file, or of a topic that is a table.
struct input_change {
  std::string name; ///< as the pipeline has it
  std::string version;
  std::string content; ///< empty of a topic
};

class lookup_table;

class partition_task {
public:
  virtual ~partition_task() = default;

  /// The checkpoint's owner: the pipeline's name, or `recorder:GROUP`.
  virtual const std::string& owner() const = 0;
  /// Hash of the definition, in hex: a checkpoint of another one is refused.
  virtual const std::string& definition() const = 0;

  /// Takes in one message; its offset must be at least next_offset(). An error ends the partition (a Kafka key that is not
  /// the pipeline's key where that is needed).
  virtual expected<void> take(const raw_message& message, effects& out) = 0;
  /// Puts a message that take() threw on three times among the dead letters, and goes on behind it.
  virtual void skip_poison(const raw_message& message, std::string_view why, effects& out) = 0;

  /// Writes everything that is open as it stands: an idle partition, or --until-end. Discards nothing.
  virtual void emit_open(effects& out) = 0;
  /// The partition has nothing more for now: whoever waits to hear how far it is may be told.
  virtual void caught_up(effects& /*out*/) {}
  /// All that the source had, and other tasks put in, is taken in: emit_open(), and what waits for more is shown as if none
  /// came.
  virtual void emit_at_end(effects& out) {
    emit_open(out);
  }
  /// How many windows of a group are open, and so stored as not final when emit_open() or emit_at_end() has written them.
  virtual std::uint64_t open_results() const {
    return 0;
  }
  /// Writes what late events have changed since it was last written. Call before save().
  virtual void before_checkpoint(effects& out) = 0;

  /// Uses these versions of the pipeline's lookups, in their order, from the next message on. They are part of the state:
  /// before a message is taken in with them, save() must have made them durable, so that results repeat.
  /// @returns what differs from what was in use
  virtual std::vector<input_change> use(const std::vector<std::shared_ptr<const lookup_table>>& /*latest*/) {
    return {};
  }

  /// The offset behind the last message taken in (0 before the first).
  virtual std::int64_t next_offset() const = 0;
  virtual timestamp watermark() const = 0;
  virtual const task_counters& counters() const = 0;

  /// The state, entry by entry: all of it, or what changed since the last save that was whole or a delta.
  virtual void save(bool only_changes, const std::function<void(state_entry&&)>& put) = 0;
  /// Into a task that has taken nothing in: entries of base and deltas, older ones first. Throws corrupt_state.
  virtual void restore(const std::vector<state_entry>& entries) = 0;
};

} // namespace throng::analytics
