// What an analysis is to do, as its actors need it: which tasks a partition runs, where results and side messages go, and
// the bounds on what may be under way. A plain value, shared and immutable once made.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "actors/partition_feed.hpp"
#include "actors/store_counts.hpp"
#include "actors/supervision.hpp"
#include "analytics/lookup_table.hpp"
#include "analytics/partition_task.hpp"
#include "config/error.hpp"
#include "storage/checkpoint_log.hpp"
#include "storage/result_store.hpp"
#include "transport/consumer.hpp"
#include "transport/memory_topics.hpp"

namespace throng::actors {

/// Where messages to analytics.alerts, analytics.late, analytics.dead_letter and topics that pipelines name go. Called from the store writer's thread;
/// when it returns without error they are where they belong. After an error the same messages come again (at-least-once).
using side_message_sink = std::function<expected<void>(std::span<const analytics::side_message>)>;

/// Where the rows of a sink go. Called from store writers' threads, for each partition from one at a time.
class row_sink {
public:
  virtual ~row_sink() = default;
  /// When it returns without error the rows are durable. After an error the same rows come again.
  /// @param still_ours fenced: another generation has the partition
  virtual expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) = 0;
  /// Removes what no checkpoint covers. May come again. conflict: what is there is somebody else's
  virtual expected<void> take_over(const std::string& topic, std::int32_t partition, const storage::claimed& claim) = 0;
};

/// One checkpointed task of each partition of a topic.
struct task_plan {
  std::function<std::unique_ptr<analytics::partition_task>(std::int32_t partition)> make;
  milliseconds idle{10'000}; ///< wall time without news until what is open is written
  /// The newest versions of what the task reads besides its topic; called by every processor now and then. Empty: nothing.
  std::function<analytics::lookup_tables()> lookups{};
  /// Wall time between two checkpoints of it, at least; none: each of the partition's.
  milliseconds save_every{0};
  /// What a claim of the task has to do besides, on the writer's thread; may be done again. Empty: nothing.
  std::function<expected<void>(std::int32_t partition, const storage::claimed&)> claimed{};
  bool records = false; ///< keeps books of what is read for others: no reason to go on when they have ended
};

struct topic_plan {
  std::string name;   ///< as pipelines and results know it: without the prefix
  std::string source; ///< identity: consumer::source_identity
  /// By owner: the same source as its checkpoints name it, where that is not `source`: a file that has grown since.
  std::map<std::string, std::string> known_as;
  std::int32_t partitions = 1;
  std::vector<task_plan> tasks;
  /// Of an internal topic, between the halves of a pipeline: the topics whose tasks write it, as the broker knows them.
  std::set<std::string> written_by{};
  bool writes = false; ///< its tasks write an internal topic

  bool internal() const {
    return !written_by.empty();
  }
  /// What a pipeline takes in from outside.
  bool feeds_pipelines() const {
    return !internal() && std::any_of(tasks.begin(), tasks.end(), [](const task_plan& task) { return !task.records; });
  }
};

struct analysis_bounds {
  std::uint32_t batches_under_way = 4; ///< a partition
  // A partition's results that the store or a topic has not taken yet; above either no batch is asked for.
  std::size_t documents_under_way = 20'000; ///< documents and side messages
  std::size_t bytes_under_way = std::size_t{32} << 20U;
  std::size_t documents_a_write = 2'000; ///< and side messages, about; in one call of the store
  feed_limits feed;
  /// A store that does not answer, before the analysis fails: nothing is lost by waiting, and nothing grows.
  wall_duration retry_for = std::chrono::minutes{10};
  wall_duration stop_within = std::chrono::seconds{30};
  wall_duration tick = std::chrono::milliseconds{200};
  milliseconds poll{5}; ///< how long the source may wait for messages; 0: it is asked every 10 ms
};

struct analysis_plan {
  std::map<std::string, topic_plan> topics; ///< by the name that the broker knows
  storage::result_store* store = nullptr;
  std::string writer; ///< unique to this process: distinguishes its checkpoints
  milliseconds checkpoint_every{5'000};
  bool until_end = false; ///< end where each partition ended when it was claimed
  /// A member of the group that fell silent keeps its partitions so long.
  wall_duration silent_member_kept = std::chrono::seconds{45};
  transport::start_offset start;                            ///< where there is no checkpoint
  side_message_sink side_messages;                          ///< empty: they are counted only
  std::map<std::string, std::shared_ptr<row_sink>> sinks{}; ///< by the owner of their checkpoints
  /// Where internal topics lie in this process; none: the source's cluster keeps them.
  std::shared_ptr<transport::memory_topics> memory;
  /// From the consumer's thread: bytes of a partition have been taken in by its processor. Optional.
  std::function<void(const transport::topic_partition&, std::size_t)> taken_in;
  /// An alert came of a message with this Kafka timestamp; before the message counts as taken in, from any thread, perhaps again
  /// after a restart. Not told: what the wall clock caused.
  std::function<void(const analytics::side_message&, timestamp)> raised{};
  restart_limit restarts;
  restart_backoff backoff;
  analysis_bounds bounds;
  std::shared_ptr<store_counts> counts = std::make_shared<store_counts>(); ///< of its store's writers
};

} // namespace throng::actors
