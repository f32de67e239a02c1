// One consumer handle, driven by one thread: what a source of partitions looks like to the actors, be it Kafka, the embedded cluster or files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/message.hpp"

namespace throng::transport {

class embedded_cluster;

/// Partitions that are ours from now on. Nothing is read from one until start() says where.
struct assigned {
  std::vector<topic_partition> partitions;
};
/// To be given up: call revoked_done() when their state is safe (the group waits for it, within the session's time).
struct revoked {
  std::vector<topic_partition> partitions;
  bool lost = false; ///< already somebody else's: save nothing
};
/// A partition that can't go on: its offset is gone, the topic was deleted, access was refused.
struct partition_failed {
  topic_partition which;
  error why;
};
/// The handle as a whole can't go on.
struct consumer_failed {
  error why;
};
/// The end that a partition has at this moment has been reached.
struct reached_end {
  topic_partition which;
  std::int64_t offset = 0;
};
using consumer_event = std::variant<batch_ptr, assigned, revoked, reached_end, partition_failed, consumer_failed>;

/// An end that nobody knows yet: past all offsets.
inline constexpr std::int64_t unknown_end = INT64_MAX;

/// Where to start a partition.
struct start_offset {
  enum class where { at, earliest, latest, time } from = where::earliest;
  std::int64_t offset =
      0; ///< `at`: this offset; `time`: the first message at or past these milliseconds of the Kafka timestamp
};

/// Every call from the same thread.
class consumer {
public:
  virtual ~consumer() = default;

  /// What has come, after at most `limit` without anything. Batches hold at most some thousands of messages and 1 MiB.
  virtual std::vector<consumer_event> poll(std::chrono::milliseconds limit) = 0;

  virtual expected<void> start(const topic_partition& which, start_offset from) = 0;
  virtual void pause(const topic_partition& which) = 0;
  virtual void resume(const topic_partition& which) = 0;
  virtual void revoked_done(const std::vector<topic_partition>& which) = 0;

  /// For monitoring only: where the group's processing stands.
  virtual void commit(const topic_partition& which, std::int64_t next_offset) = 0;

  /// First and end offset (exclusive) of a partition now.
  virtual expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which) = 0;
  /// The same, with `unknown_end` where only a pass over the whole source would tell the end: reached_end will.
  virtual expected<std::pair<std::int64_t, std::int64_t>> bounds_at_hand(const topic_partition& which) {
    return bounds(which);
  }

  /// Where a partition that is being read ends, as the source has heard with its messages: nobody is asked, so that it never waits. `unknown_end`
  /// where it has heard nothing.
  virtual std::int64_t known_end(const topic_partition& /*which*/) const {
    return unknown_end;
  }

  /// The message at an offset: how a claim tells whether the topic was made anew. None: it is not there (any more).
  virtual expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset) = 0;

  /// Offset of the first message whose Kafka timestamp is at or past `time_ms`; the end where there is none.
  /// invalid: messages here have no such timestamp.
  virtual expected<std::int64_t> offset_at(const topic_partition& which, std::int64_t /*time_ms*/) {
    return fail(error_kind::invalid, which.topic + ": its messages have no Kafka timestamp to start at");
  }

  /// What identifies the source of a topic: cluster id and topic; for a file its path, the hash of its head and that length.
  virtual std::string source_identity(const std::string& topic) const = 0;
  /// Whether what source_identity() said earlier still is this source: a file may have grown since.
  virtual bool is_same_source(const std::string& topic, const std::string& earlier) const {
    return source_identity(topic) == earlier;
  }
  virtual expected<std::int32_t> partitions(const std::string& topic) const = 0;
};

struct consumer_options {
  std::string group;
  std::vector<std::string> topics; ///< prefix included
};

/// A member of a consumer group of a real cluster (cooperative).
/// unavailable or denied within `limit` where no broker answers; not_found: a topic that is not there.
expected<std::unique_ptr<consumer>> make_group_consumer(const config::kafka_settings& settings,
                                                        consumer_options options,
                                                        std::chrono::milliseconds limit = std::chrono::seconds{5});
/// All partitions of the topics of the embedded cluster, by assign(): no group (semantics.md 7).
expected<std::unique_ptr<consumer>> make_embedded_consumer(const embedded_cluster& cluster,
                                                           const consumer_options& options);
struct file_topic {
  std::string topic;
  std::string key_field; ///< dotted path; empty: partition 0
  /// A longer line comes as its first longest_message + 1 bytes, for the decoder to refuse.
  std::size_t longest_message = 16U << 20U;
};
/// `DIR/TOPIC.ndjson[.gz|.zst]` of a folder, each split over `partitions` by murmur2 of its key field, which is also its key; or
/// `.records.ndjson[.gz|.zst]`, with its own partitions (at least `partitions` of them) and offsets. Each partition says
/// reached_end once.
/// not_found, naming the path; conflict: a topic in two forms; corrupt: a records file that is none.
expected<std::unique_ptr<consumer>> make_file_consumer(const std::string& folder, std::vector<file_topic> topics,
                                                       std::int32_t partitions);

/// What a stream asks of, and tells, whoever had it opened; from the consumer's thread.
struct stream_watch {
  std::function<bool()> stopped; ///< true: no more is to be read, as if it had ended
  std::function<void(std::map<topic_partition, std::int64_t> ends)> ended; ///< once, with what each partition holds
};
/// The lines of a descriptor (standard input), which can be read only once: no identity that another process could go on with, and nothing
/// to seek back to. Split as a file is. @param fd borrowed
expected<std::unique_ptr<consumer>> make_stream_consumer(int fd, file_topic topic, std::int32_t partitions,
                                                         stream_watch watch);

} // namespace throng::transport
