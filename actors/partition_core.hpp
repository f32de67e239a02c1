// The tasks of one partition, fed in step: which message each still needs, what they want stored under which stamp, what a
// checkpoint holds. Pure; moving batches, documents and checkpoints is partition_processor's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_plan.hpp"
#include "analytics/partition_task.hpp"
#include "config/error.hpp"
#include "storage/checkpoint_log.hpp"
#include "transport/message.hpp"

namespace throng::actors {

/// A task threw on a message. Its state is worth nothing now: whoever catches this ends the processor.
class task_failure : public std::runtime_error {
public:
  task_failure(std::string owner, std::int64_t offset, const std::string& why);
  std::string owner;
  std::int64_t offset = 0;
  std::string why;
};

/// What a checkpoint remembers of the last message of a batch.
storage::last_message last_message_of(const transport::batch& batch);

/// How often tasks have thrown on messages of a partition, over the lives of its processor. The third time condemns a message
/// to the dead letters.
class poison_watch {
public:
  static constexpr int lives = 3;
  void note(const std::string& owner, std::int64_t offset, std::string why);
  /// By offset, why; of messages that `owner` is not to be given again.
  std::map<std::int64_t, std::string> condemned(const std::string& owner) const;

private:
  struct throws {
    int times = 0;
    std::string why; ///< the last
  };
  std::map<std::pair<std::string, std::int64_t>, throws> seen_;
};

/// Where the partition begins for its tasks, decided from what they claimed and what the source says.
struct starting_point {
  std::int64_t fresh_from = 0; ///< for tasks without a checkpoint
  std::int64_t offset = 0;     ///< the least that a task needs
};

/// Holds claims against the partition as it is now (semantics.md 6).
/// conflict: the topic was made anew since a checkpoint, or what follows a checkpoint is gone; the sentence names --reset.
expected<starting_point> find_start(const transport::topic_partition& which,
                                    const std::vector<storage::claimed>& claims, const partition_facts& facts);

struct task_snapshot {
  std::size_t task = 0; ///< its place
  std::vector<storage::checkpoint_entry> entries;
  bool whole = false;
  std::int64_t next_offset = 0;
  storage::last_message last;
};

/// Totals of a batch, each message once.
struct intake {
  std::uint64_t messages = 0;
  std::uint64_t tombstones = 0;
};

class partition_core {
public:
  /// In the order of the plan. Entries are restored. Throws corrupt_state.
  void add(std::unique_ptr<analytics::partition_task> task, milliseconds idle, const storage::claimed& claim,
           std::map<std::int64_t, std::string> condemned, wall_duration save_every = wall_duration{0});
  /// Where tasks without a checkpoint begin. Once, before the first take().
  void begin_fresh_at(std::int64_t offset);

  /// Gives each task the messages before `end` that it does not have. An error of a task ends the partition; an exception comes
  /// out as task_failure.
  expected<void> take(const transport::batch& batch, std::int64_t end = INT64_MAX);
  /// Messages of a batch from `counted_to` on and before `end`.
  static intake count(const transport::batch& batch, std::int64_t counted_to, std::int64_t end = INT64_MAX);

  /// Tasks that have had no news for their idle time write what is open, once until there is news. @return whether any did
  bool emit_idle(milliseconds without_news);
  /// Offers a task other versions of its inputs: see partition_task::use. Those that differ are unsaved until the next snapshot, and
  /// are among what collect() gives. @returns whether any did
  bool use(std::size_t place, const std::string& topic, std::int32_t partition, const analytics::lookup_tables& latest);
  /// The partition has nothing more for now.
  void caught_up();
  /// Nothing more comes: what is open, or waits, is written as it stands.
  void emit_at_end();
  /// For those that the next snapshot is to hold: whose own time between two has gone by, or `all`.
  /// @param now wall time, from any beginning
  void before_checkpoint(wall_duration now = wall_duration{0}, bool all = true);

  /// What tasks have wanted stored and sent since the last call: stamped, and the last of each id only.
  result_batch collect();

  /// Whether a task has taken something in that no snapshot holds.
  bool unsaved() const;
  /// Of each task that is due and has something unsaved (of all, if `all`). `whole` by the task's place.
  std::vector<task_snapshot> snapshot(const std::vector<bool>& whole, bool all);

  /// The least offset that a task still needs.
  std::int64_t next_offset() const;
  /// The least offset that a task would need again from its last snapshot.
  std::int64_t saved_to() const;
  /// The least of the tasks' watermarks.
  timestamp watermark() const;
  std::size_t size() const;
  const analytics::partition_task& task(std::size_t place) const;

private:
  struct entry {
    std::unique_ptr<analytics::partition_task> task;
    milliseconds idle{0};
    std::uint64_t generation = 0;
    std::uint64_t writes = 0;
    bool fresh = true;
    std::int64_t from = 0;     ///< the next offset to take in
    std::int64_t saved_to = 0; ///< `from` at the last snapshot or claim
    storage::last_message last;
    std::map<std::int64_t, std::string> condemned;
    bool emitted_idle = false;
    bool inputs_unsaved = false;
    wall_duration save_every{0};
    wall_duration last_due{0};
    bool due = true; ///< the next snapshot holds it
    bool unsaved() const {
      return from != saved_to || inputs_unsaved;
    }
  };
  void stamp_new(entry& of);

  std::vector<entry> tasks_;
  analytics::effects effects_;
  result_batch collected_;
};

} // namespace throng::actors
