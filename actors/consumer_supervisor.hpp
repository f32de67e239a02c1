// The actor over an analysis: starts consumer and store writer, a processor for each partition that is assigned, restarts
// what fails, decides when all is done, and says so. What a processor goes on from is its checkpoint's affair.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_plan.hpp"
#include "actors/analysis_progress.hpp"
#include "actors/partition_core.hpp"
#include "actors/supervision.hpp"

namespace throng::actors {

/// How an analysis has ended.
struct analysis_result {
  std::optional<error> failure; ///< the first; none: all that was to be done is done and saved
};

/// Who plays the parts that have threads of their own, and who hears how it goes.
struct analysis_cast {
  std::function<consumer_actor(const consumer_supervisor_actor&)> consumer;
  std::function<store_writer_actor()> writer;
  /// Once: all partitions of all topics are assigned and fed, or the analysis has failed before.
  std::function<void(const expected<void>&)> ready;
  /// Once, when consumer, writer and processors are gone.
  std::function<void(const analysis_result&)> ended;
};

class consumer_supervisor_state {
public:
  static inline const char* name = "throng.consumer_supervisor";

  explicit consumer_supervisor_state(consumer_supervisor_actor::pointer self);
  ~consumer_supervisor_state();
  void begin(std::shared_ptr<const analysis_plan> plan, std::shared_ptr<analysis_progress> progress,
             analysis_cast cast);

  void open();
  void assigned(const partitions_assigned& what);
  void revoked(const partitions_revoked& what);
  void failed(const partition_failure& what);
  void failed(const source_failure& what);
  void started(const processor_started& what);
  void drained(const partition_drained& what);
  void failed(const message_failure& what);
  void ended(const processor_end& what);
  void restart(const child_restart& what);
  void tick();
  void finish(const finish_request& what);
  void stop();
  void abandon();

private:
  struct watched_partition {
    enum class phase { working, finished, fenced, failed };
    phase now = phase::working;
    life_number life = 0;
    partition_processor_actor processor;
    bool fed = false;                       ///< has been, in some life
    bool drained = false;                   ///< all that it writes to an internal topic is there
    bool end_asked = false;                 ///< of an internal one: where it ends
    std::optional<std::int64_t> fresh_from; ///< as its first life found it
    std::optional<finish_partition> finish;
    poison_watch poison;
    std::optional<error> why; ///< of fenced or failed
  };

  /// Also where what is done ends partitions: with the last of those given up, they are removed.
  void for_each_partition(const std::function<void(const transport::topic_partition&, watched_partition&)>& what);
  void start_processor(const transport::topic_partition& which);
  void child_ended(const std::string& name, const caf::error& reason);
  void child_escalated(const std::string& name, const caf::error& reason);
  void finish_partition_with(const transport::topic_partition& which, watched_partition& partition,
                             finish_partition how);
  void drop_processor(const transport::topic_partition& which, watched_partition& partition);
  /// The partition has no processor any more.
  void settle(const transport::topic_partition& which, watched_partition& partition, watched_partition::phase as,
              std::optional<error> why);
  /// Remembers the first failure of the whole, and ends it: orderly where `save`, else at once.
  void fail_all(error why, bool save);
  bool is_internal(const transport::topic_partition& which) const;
  /// Finishes internal partitions once nothing more is written to them.
  void check_drained();
  void ask_end(const transport::topic_partition& which, watched_partition& partition);
  const std::string& writer_of(const transport::topic_partition& which) const;
  void start_writer(const std::string& name, store_writer_actor& made);
  void check_ready();
  void check_revocations();
  void check_end();
  /// Of what the pipelines read here, every partition has failed.
  bool nothing_left_to_analyse() const;
  void close();
  void closed();

  consumer_supervisor_actor::pointer self_;
  std::shared_ptr<const analysis_plan> plan_;
  std::shared_ptr<analysis_progress> progress_;
  analysis_cast cast_;
  std::unique_ptr<one_for_one> children_;
  consumer_actor consumer_;
  store_writer_actor writer_;
  store_writer_actor forwarder_; ///< of topics whose tasks write internal ones: it may have to wait for their readers
  std::optional<wall_time> drained_since_;
  std::map<transport::topic_partition, watched_partition> partitions_;
  std::vector<std::set<transport::topic_partition>> revocations_; ///< each answered when all of it is settled
  life_number last_life_ = 0;
  bool assigned_ = false; ///< by the source, and not lost since
  bool ready_told_ = false;
  std::optional<finish_request> finish_;
  bool stopping_ = false;
  std::optional<wall_time> stop_by_;
  bool closing_ = false;
  bool closed_ = false;
  std::optional<error> failure_;
};

consumer_supervisor_actor::behavior_type
consumer_supervisor(consumer_supervisor_actor::stateful_pointer<consumer_supervisor_state> self,
                    std::shared_ptr<const analysis_plan> plan, std::shared_ptr<analysis_progress> progress,
                    analysis_cast cast);

} // namespace throng::actors
