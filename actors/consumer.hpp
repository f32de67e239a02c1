// The actor that owns the handle on the source: asks it for what has come, keeps each partition's feed, hands batches to
// the processors that have credit, and never waits for one. Spawned detached where the source is a real one, because poll() blocks.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_plan.hpp"
#include "actors/analysis_progress.hpp"
#include "actors/partition_feed.hpp"
#include "actors/supervision.hpp"
#include "transport/consumer.hpp"

namespace throng::actors {

class consumer_state {
public:
  static inline const char* name = "throng.consumer";

  explicit consumer_state(consumer_actor::pointer self);
  void begin(std::unique_ptr<transport::consumer> source, std::shared_ptr<const analysis_plan> plan,
             std::shared_ptr<analysis_progress> progress, consumer_supervisor_actor supervisor);

  void poll();
  partition_facts facts(const facts_request& what);
  void start(const start_partition& what, partition_processor_actor to);
  void credit(const batch_credit& what);
  void saved(const checkpoint_made& what);
  void end(const transport::topic_partition& which);
  void release(const std::vector<transport::topic_partition>& which);
  void close();

private:
  expected<std::int64_t> fresh_start(const transport::topic_partition& which,
                                     const std::pair<std::int64_t, std::int64_t>& bounds);
  struct fed_partition {
    partition_feed feed;
    life_number life = 0;
    partition_processor_actor to; ///< none: its processor is gone for good
    bool paused = false;
  };

  void on(const transport::batch_ptr& batch);
  void on(const transport::assigned& event);
  void on(const transport::revoked& event);
  void on(const transport::reached_end& event);
  void on(const transport::partition_failed& event);
  void on(const transport::consumer_failed& event);
  /// Hands over what there is credit for, then rests or wakes the source.
  void serve(const transport::topic_partition& which, fed_partition& partition);
  void note_end(const transport::topic_partition& which, std::int64_t end);
  void report_taken(const transport::topic_partition& which, std::size_t bytes);
  bool is_internal(const transport::topic_partition& which) const;
  feed_limits limits_of(const transport::topic_partition& which) const;
  fed_partition* find(const transport::topic_partition& which, life_number life);

  consumer_actor::pointer self_;
  std::unique_ptr<transport::consumer> source_;
  std::shared_ptr<const analysis_plan> plan_;
  std::shared_ptr<analysis_progress> progress_;
  consumer_supervisor_actor supervisor_;
  std::map<transport::topic_partition, fed_partition> partitions_;
};

consumer_actor::behavior_type consumer(consumer_actor::stateful_pointer<consumer_state> self,
                                       const std::shared_ptr<std::unique_ptr<transport::consumer>>& source,
                                       std::shared_ptr<const analysis_plan> plan,
                                       std::shared_ptr<analysis_progress> progress,
                                       consumer_supervisor_actor supervisor);

} // namespace throng::actors
