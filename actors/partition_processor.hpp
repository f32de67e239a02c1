// The actor around one partition's tasks: claims their checkpoints, takes batches with credit, hands results to the store
// writer, saves checkpoints when these are durable. A failure ends it; the supervisor starts it again from the checkpoint.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_plan.hpp"
#include "actors/analysis_progress.hpp"
#include "actors/partition_core.hpp"
#include "storage/checkpoint_log.hpp"

namespace throng::actors {

/// What a processor is started with.
struct processor_start {
  std::shared_ptr<const analysis_plan> plan;
  std::shared_ptr<analysis_progress> progress;
  transport::topic_partition which;
  life_number life = 0;
  std::optional<std::int64_t>
      fresh_from; ///< as an earlier life found it; none: the first since the partition was assigned
  std::optional<finish_partition> finish;
  poison_watch poison;
  consumer_actor consumer;
  store_writer_actor writer; ///< may be invalid while it is being restarted
  consumer_supervisor_actor supervisor;
};

class partition_processor_state {
public:
  static inline const char* name = "throng.partition_processor";

  explicit partition_processor_state(partition_processor_actor::pointer self);
  void begin(processor_start start);

  void claimed(const claim_reply& reply);
  void facts(const partition_facts& facts);
  void take(const delivery& what);
  void reached(const partition_end& what);
  void written(const write_reply& reply);
  void saved(const save_reply& reply);
  void save_now();
  void tick();
  void use(store_writer_actor writer);
  void finish(const finish_partition& how);

private:
  enum class phase { claiming, asking, running, finishing, ended };
  /// A snapshot on its way into the store.
  struct checkpoint {
    std::uint64_t barrier = 0; ///< write requests up to this one must be durable before
    std::vector<task_snapshot> parts;
    bool saving = false;
    std::size_t answers_left = 0;
    std::optional<transport::memory_topics::mark> sent{}; ///< to memory topics, when all up to the barrier was
  };

  void claim_missing();
  void run(std::int64_t fresh_from, std::int64_t offset, std::int64_t end);
  void restore();
  /// Sends what the tasks want stored. @return what was sent; none: there was nothing
  std::shared_ptr<const result_batch> hand_over();
  void grant();
  /// Starts a checkpoint of what has changed, or of all as new bases. Nothing happens while one is under way.
  void start_checkpoint(bool whole);
  void go_on_with_checkpoint();
  void checkpoint_done();
  /// Whether readers hold what the tasks wrote to memory topics before the checkpoint: with the process it is gone.
  transport::memory_topics::safety sent_is_safe();
  const topic_plan& topic() const;
  void know_end();
  void check_finish();
  void end(processor_end::how as, std::optional<error> why = std::nullopt);
  /// What an error of the store means for this partition.
  void end_by_store(const error& why);
  void count(const transport::batch& batch, std::int64_t end);
  /// Asks for other versions of what the tasks read besides the topic. If there are any, nothing is taken in until a checkpoint
  /// holds them: they are stored before they take effect.
  void look_for_inputs();
  void take_held();
  /// The partition was assigned: what its checkpoint holds is not this process's doing.
  void begin_counts(std::int64_t offset);
  void publish_counts();

  partition_processor_actor::pointer self_;
  processor_start start_;
  partition_counts* counts_ = nullptr;
  phase phase_ = phase::claiming;
  partition_core core_;
  std::vector<std::unique_ptr<analytics::partition_task>> unclaimed_;
  std::vector<std::shared_ptr<storage::checkpoint_log>>
      logs_; ///< one a task; the writer's while a request is under way
  std::vector<std::optional<storage::claimed>> claims_;
  std::map<std::uint64_t, std::shared_ptr<const result_batch>> outstanding_; ///< write requests without an answer
  std::size_t outstanding_documents_ = 0;                                    ///< and side messages
  std::size_t outstanding_bytes_ = 0;
  std::uint64_t last_request_ = 0;
  std::uint32_t owed_ = 0;                  ///< batches taken in whose credit is held back
  std::int64_t position_ = 0;               ///< all before is taken in, or stands nowhere
  std::optional<std::int64_t> end_reached_; ///< of the source, as it told last
  std::optional<checkpoint> checkpoint_;
  bool whole_wanted_ = false;
  bool drained_told_ = false;
  bool never_safe_ = false; ///< a reader of what the tasks wrote has ended without it
  enum class hold { none, until_checkpoint_begins, until_checkpoint_is_made };
  hold hold_ = hold::none; ///< what is delivered meanwhile waits in held_
  std::deque<std::variant<delivery, partition_end>> held_;
  wall_time last_checkpoint_;
  wall_time began_;
  wall_time last_news_;
};

partition_processor_actor::behavior_type
partition_processor(partition_processor_actor::stateful_pointer<partition_processor_state> self, processor_start start);

} // namespace throng::actors
