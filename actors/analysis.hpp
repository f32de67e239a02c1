// An analysis that runs: the facade that the program starts, watches and stops. Puts consumer, supervisor, processors and store
// writer together and knows no more of them than that.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_plan.hpp"
#include "actors/analysis_progress.hpp"
#include "actors/consumer_supervisor.hpp"
#include "analytics/pipeline_plan.hpp"
#include "analytics/recorder.hpp"
#include "config/error.hpp"
#include "storage/result_store.hpp"
#include "transport/consumer.hpp"

namespace throng::actors {

struct watched_topic {
  std::string name;        ///< without the prefix, as pipelines and results know it
  std::string broker_name; ///< prefix included
  std::vector<std::shared_ptr<const analytics::pipeline_plan>> pipelines;
  std::optional<analytics::recorder_options> recorder; ///< none: no books, entities, labels or events of it
  /// Pipelines of which the sinks alone are run here. Those of `pipelines` are run beside them.
  std::vector<std::shared_ptr<const analytics::pipeline_plan>> sinks_of{};
};

struct analysis_options {
  std::vector<watched_topic> topics; ///< each with a pipeline, a recorder or a sink
  milliseconds checkpoint_every{5'000};
  bool until_end = false; ///< end where each partition ended when it was claimed, with open windows written
  wall_duration silent_member_kept = std::chrono::seconds{45}; ///< as in analysis_plan
  transport::start_offset start;                               ///< where there is no checkpoint
  /// The source can't seek back (the embedded cluster): what a restart could need is kept in memory.
  bool replay_from_memory = false;
  side_message_sink side_messages; ///< empty: counted only
  /// The internal topics of pipelines with `rekey`, where the source reads them from this process's memory; null: from its cluster, where
  /// `side_messages` puts them.
  std::shared_ptr<transport::memory_topics> memory;
  /// The newest versions of a pipeline's lookup files, in their order. From any thread. Asked only of pipelines with `enrich`.
  std::function<analytics::lookup_tables(const std::string& pipeline)> lookups;
  /// From the consumer's thread: bytes (keys and values) of a partition were taken in. What bounds the bytes in flight.
  std::function<void(const transport::topic_partition&, std::size_t)> taken_in;
  /// What writes the sinks that pipelines declare, by the owner of their checkpoints (analytics::sink_owner). One that is not
  /// here is left out.
  std::map<std::string, std::shared_ptr<row_sink>> sinks{};
  /// As in analysis_plan.
  std::function<void(const analytics::side_message&, timestamp)> raised{};
  analysis_bounds bounds;
  restart_limit restarts;
  restart_backoff backoff;
};

class analysis {
public:
  /// Starts to watch. `store` must outlive it; `source` subscribes to exactly the topics' broker names.
  /// Errors are the source's: a topic that is not there, a broker that does not answer.
  static expected<std::unique_ptr<analysis>> start(caf::actor_system& system,
                                                   std::unique_ptr<transport::consumer> source,
                                                   storage::result_store& store, analysis_options options);
  /// Ends at once, without saving, if it has not ended.
  ~analysis();
  analysis(const analysis&) = delete;
  analysis& operator=(const analysis&) = delete;

  /// When all partitions of all topics are assigned and fed: from then on nothing that is produced is missed.
  const std::shared_future<expected<void>>& ready() const;
  progress_snapshot progress() const;

  /// Nothing more will come: take in each partition up to its end (0 where none is given), write open windows, save, end.
  void finish_at(std::map<transport::topic_partition, std::int64_t> ends);
  /// Save every partition and end, within 30 s. From any thread, also repeatedly.
  void stop();
  /// The result if it ends within `limit`.
  std::optional<analysis_result> wait(std::chrono::milliseconds limit);

private:
  analysis() = default;

  std::shared_ptr<analysis_progress> progress_ = std::make_shared<analysis_progress>();
  std::shared_ptr<const store_counts> store_counts_;
  consumer_supervisor_actor supervisor_;
  std::shared_future<expected<void>> ready_;
  std::shared_future<analysis_result> ended_;
};

} // namespace throng::actors
