// The conversations of the analysis: consumer, consumer supervisor, partition processors, store writer. What an actor does
// with a message is in its own file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/all.hpp>

#include "analytics/results.hpp"
#include "config/error.hpp"
#include "storage/checkpoint_log.hpp"
#include "storage/result_store.hpp"
#include "transport/consumer.hpp"
#include "transport/message.hpp"

namespace throng::actors {

/// Which start of a partition's processor a message belongs to: rises with every start in the process, so that what an
/// earlier one left under way is told apart.
using life_number = std::uint64_t;

// Consumer and supervisor.

/// Partitions are ours from now on.
struct partitions_assigned {
  std::vector<transport::topic_partition> which;
};

/// Partitions to be given up; answered by release_partitions when their state is safe.
struct partitions_revoked {
  std::vector<transport::topic_partition> which;
  bool lost = false; ///< already somebody else's: nothing to save
};

/// The state of revoked partitions is safe: the group may have them.
struct release_partitions {
  std::vector<transport::topic_partition> which;
};

/// The source can't go on with a partition.
struct partition_failure {
  transport::topic_partition which;
  error why;
};

/// The source as a whole can't go on.
struct source_failure {
  error why;
};

/// A partition has no processor any more: nothing of it is to be read.
struct end_partition {
  transport::topic_partition which;
};

// Consumer and processor.

/// What stands at these offsets, and where does the partition begin and end?
struct facts_request {
  transport::topic_partition which;
  life_number life = 0;
  std::vector<std::int64_t> offsets;
};

struct partition_facts {
  life_number life = 0;
  std::optional<error> failure;
  std::int64_t first = 0;
  std::int64_t end = 0;        ///< exclusive; may be unknown_end where no offsets were asked for
  std::int64_t fresh_from = 0; ///< where what has no checkpoint begins
  /// By the offsets asked for; none: no message stands there.
  std::map<std::int64_t, storage::last_message> messages;
};

/// Feeds a partition to a processor from an offset on.
struct start_partition {
  transport::topic_partition which;
  life_number life = 0;
  std::int64_t offset = 0;
  std::uint32_t credit = 0; ///< batches that may be under way
};

struct delivery {
  life_number life = 0;
  transport::batch_ptr batch;
};

/// All messages that the partition had are delivered.
struct partition_end {
  life_number life = 0;
  std::int64_t offset = 0;
};

/// Batches up to `next_offset` are taken in; `batches` more may follow.
struct batch_credit {
  transport::topic_partition which;
  life_number life = 0;
  std::uint32_t batches = 0;
  std::int64_t next_offset = 0;
};

/// A checkpoint is durable.
struct checkpoint_made {
  transport::topic_partition which;
  life_number life = 0;
  std::int64_t next_offset = 0; ///< where a restart would go on
  std::int64_t oldest = 0;      ///< where a fall-back could go on
};

// Processor and store writer. Requests are sent, not requested, and sent again to a restarted writer; answers carry their id.

/// Results of one partition, in the order in which they were made.
struct result_batch {
  std::vector<analytics::document> documents;
  std::vector<storage::stamp> stamps; ///< one a document
  std::vector<analytics::side_message> messages;
  std::vector<storage::record> inputs;    ///< from outside, with the offset at which each takes effect
  std::vector<analytics::sink_rows> rows; ///< for sinks

  bool empty() const {
    return documents.empty() && messages.empty() && inputs.empty() && rows.empty();
  }
  /// Documents and messages: what a bound on what is under way counts.
  std::size_t size() const {
    return documents.size() + messages.size();
  }
  /// About the memory that it holds.
  std::size_t bytes() const;
};

struct write_request {
  std::uint64_t id = 0;
  std::shared_ptr<const result_batch> results;
};

/// Documents and side messages are durable, or the writer has given up.
struct write_reply {
  std::uint64_t id = 0;
  std::optional<error> failure;
  storage::write_summary summary;
};

/// The log is the writer's until it answers.
struct claim_request {
  std::uint64_t id = 0;
  std::shared_ptr<storage::checkpoint_log> log;
  std::function<expected<void>(const storage::claimed&)> then{}; ///< part of the claim; may come again
};

struct claim_reply {
  std::uint64_t id = 0;
  expected<storage::claimed> result;
};

/// The log is the writer's until it answers.
struct save_request {
  std::uint64_t id = 0;
  std::shared_ptr<storage::checkpoint_log> log;
  std::vector<storage::checkpoint_entry> entries;
  bool whole = false;
  std::int64_t next_offset = 0;
  storage::last_message last;
};

struct save_reply {
  std::uint64_t id = 0;
  std::optional<error> failure;
};

// Processor and supervisor.

/// The partition is claimed and being fed.
struct processor_started {
  transport::topic_partition which;
  life_number life = 0;
  std::int64_t fresh_from = 0; ///< where tasks without a checkpoint begin
  std::int64_t end = 0;        ///< the partition's end when it was claimed
};

/// A partition whose tasks write an internal topic has come to its end, and all that they wrote is there.
struct partition_drained {
  transport::topic_partition which;
  life_number life = 0;
};

/// A task threw on a message; the processor dies of it.
struct message_failure {
  transport::topic_partition which;
  std::string owner;
  std::int64_t offset = 0;
  std::string why;
};

/// The processor ends for good, by its own decision.
struct processor_end {
  enum class how { finished, fenced, failed, store_failed, conflict };
  transport::topic_partition which;
  life_number life = 0;
  how as = how::finished;
  std::optional<error> why;
};

/// Take in what comes before `at` (unknown_end: before the end, which the source will tell), write what is open, save and end; no `at`:
/// save and end now.
struct finish_partition {
  std::optional<std::int64_t> at;
};

// The facade and the supervisor.

/// The source gets nothing more: take in each partition up to its end, 0 where none is given, write what is open, save and end.
struct finish_request {
  std::map<transport::topic_partition, std::int64_t> ends;
};

/// The wait before a child's restart is over.
struct child_restart {
  std::string name;
};

} // namespace throng::actors

// These travel within one process only. Before any goes over the network it needs an inspect function: there an "unsafe"
// type arrives as zeros, without a word.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::partitions_assigned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::partitions_revoked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::release_partitions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::partition_failure)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::source_failure)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::end_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::facts_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::partition_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::start_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::partition_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::batch_credit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::checkpoint_made)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::write_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::write_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::claim_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::claim_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::save_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::save_reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::processor_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::partition_drained)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::message_failure)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::processor_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::finish_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::finish_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(throng::actors::child_restart)

// The world's block (world_messages.hpp) begins 100 further on.
CAF_BEGIN_TYPE_ID_BLOCK(throng_analysis, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::partitions_assigned))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::partitions_revoked))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::release_partitions))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::partition_failure))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::source_failure))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::end_partition))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::facts_request))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::partition_facts))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::start_partition))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::delivery))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::partition_end))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::batch_credit))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::checkpoint_made))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::write_request))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::write_reply))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::claim_request))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::claim_reply))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::save_request))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::save_reply))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::processor_started))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::partition_drained))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::message_failure))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::processor_end))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::finish_partition))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::finish_request))
CAF_ADD_TYPE_ID(throng_analysis, (throng::actors::child_restart))
CAF_ADD_ATOM(throng_analysis, throng, poll_atom, "poll")
CAF_ADD_ATOM(throng_analysis, throng, work_atom, "work")
CAF_ADD_ATOM(throng_analysis, throng, tick_atom, "tick")
CAF_ADD_ATOM(throng_analysis, throng, save_atom, "save")
CAF_ADD_ATOM(throng_analysis, throng, open_atom, "open")
CAF_ADD_ATOM(throng_analysis, throng, close_atom, "close")
CAF_ADD_ATOM(throng_analysis, throng, stop_atom, "stop")
CAF_ADD_ATOM(throng_analysis, throng, abandon_atom, "abandon")
CAF_ADD_ATOM(throng_analysis, throng, writer_atom, "writer")
CAF_END_TYPE_ID_BLOCK(throng_analysis)

namespace throng::actors {

/// Owns the calls into the store. Answers when things are durable, or when it has given up after repeated tries.
using store_writer_actor =
    caf::typed_actor<caf::replies_to<write_request>::with<write_reply>,
                     caf::replies_to<claim_request>::with<claim_reply>, caf::replies_to<save_request>::with<save_reply>,
                     /// The next piece of what is queued.
                     caf::reacts_to<work_atom>>;

/// Owns all state of one partition.
using partition_processor_actor =
    caf::typed_actor<caf::reacts_to<claim_reply>, caf::reacts_to<partition_facts>, caf::reacts_to<delivery>,
                     caf::reacts_to<partition_end>, caf::reacts_to<write_reply>, caf::reacts_to<save_reply>,
                     /// A checkpoint is wanted now: what is kept to feed it again has grown.
                     caf::reacts_to<save_atom>,
                     /// Wall time has gone on.
                     caf::reacts_to<tick_atom>,
                     /// The writer was restarted: whatever it has not answered goes to the new one.
                     caf::reacts_to<writer_atom, store_writer_actor>, caf::reacts_to<finish_partition>>;

/// Owns the handle on the source: the only one that calls it.
using consumer_actor =
    caf::typed_actor<caf::replies_to<facts_request>::with<partition_facts>,
                     caf::reacts_to<start_partition, partition_processor_actor>, caf::reacts_to<batch_credit>,
                     caf::reacts_to<checkpoint_made>, caf::reacts_to<end_partition>, caf::reacts_to<release_partitions>,
                     /// Asks the source for what has come, hands it on, and sends itself the next.
                     caf::reacts_to<poll_atom>,
                     /// Closes the source and ends.
                     caf::reacts_to<close_atom>>;

/// Starts, watches, restarts and ends the others.
using consumer_supervisor_actor = caf::typed_actor<
    /// Starts consumer and writer.
    caf::reacts_to<open_atom>, caf::reacts_to<partitions_assigned>, caf::reacts_to<partitions_revoked>,
    caf::reacts_to<partition_failure>, caf::reacts_to<source_failure>, caf::reacts_to<processor_started>,
    caf::reacts_to<partition_drained>, caf::reacts_to<message_failure>, caf::reacts_to<processor_end>,
    caf::reacts_to<child_restart>, caf::reacts_to<tick_atom>, caf::reacts_to<finish_request>,
    /// Save every partition and end.
    caf::reacts_to<stop_atom>,
    /// End at once, without saving.
    caf::reacts_to<abandon_atom>>;

} // namespace throng::actors
