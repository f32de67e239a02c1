// Reads partitions of a cluster through one librdkafka client, each from a queue of its own. Leaves to others which partitions
// those are: all of them (embedded_consumer.cpp) or what a group assigns (group_consumer.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/consumer.hpp"
#include "transport/kafka_handle.hpp"
#include "transport/topic_absence.hpp"
#include "transport/wake_signal.hpp"

namespace throng::transport {

/// Driven by one thread.
///
/// A partition has a queue of its own, so pausing it is not taking from its queue: librdkafka stops fetching when the queue holds
/// `queued.max.messages.kbytes`. (Its own pause would throw the queue away and fetch it again.)
class kafka_reader {
public:
  /// How long a question to the broker may take (bounds, metadata, one message).
  static constexpr std::chrono::milliseconds answer_limit{5'000};

  struct options {
    std::string brokers;
    properties defaults;
    /// Offsets must follow each other without a gap: true of the embedded cluster, not of compacted or transactional topics.
    bool gapless = false;
    /// Told of the group's rebalances, within poll(); may be null.
    void (*rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void* opaque) = nullptr;
    void* opaque = nullptr;
    /// How long a topic may be said not to be there until that is believed.
    std::chrono::milliseconds absence = absence_limit;
  };

  static expected<std::unique_ptr<kafka_reader>> make(const config::kafka_settings& settings, options with);
  ~kafka_reader();
  kafka_reader(const kafka_reader&) = delete;
  kafka_reader& operator=(const kafka_reader&) = delete;

  rd_kafka_t* client() const {
    return client_.get();
  }

  const std::string& brokers() const {
    return options_.brokers;
  }

  /// What has come; waits at most `limit` for the first of it, but not if `pending` holds something already, which it goes after.
  std::vector<consumer_event> poll(std::vector<consumer_event>& pending, std::chrono::milliseconds limit);

  /// Reads a partition from there on; anew if it is read already.
  expected<void> open(const topic_partition& which, start_offset from);
  /// As consumer::offset_at.
  expected<std::int64_t> offset_at(const topic_partition& which, std::int64_t time_ms);
  bool is_open(const topic_partition& which) const {
    return lanes_.contains(which);
  }
  /// Reads it no more. What had come of it is dropped.
  void close(const topic_partition& which);
  /// The same of several; also the answer that librdkafka waits for after a revocation, so it is given even if none is open.
  void close(const std::vector<topic_partition>& which);
  /// Closes all and leaves the group. Nothing may be called after it.
  void leave();
  void pause(const topic_partition& which);
  void resume(const topic_partition& which);

  expected<std::int32_t> partitions(const std::string& topic, std::chrono::milliseconds limit = answer_limit);
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which);
  /// As consumer::known_end.
  std::int64_t known_end(const topic_partition& which) const;
  expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset);

private:
  struct lane {
    queue_owner queue;
    bool paused = false;
    bool failed = false;   ///< said so, or in doubt; silent until opened anew
    std::int64_t next = 0; ///< the offset to come; where gapless, it must
  };

  /// A topic that was said not to be there.
  struct doubt {
    doubt(std::chrono::milliseconds limit, rd_kafka_resp_err_t code)
        : absence{limit}
        , said{code} {}
    topic_absence absence;
    rd_kafka_resp_err_t said;
    std::set<topic_partition> silent; ///< those that are not read until it is found
  };

  kafka_reader(const config::kafka_settings& settings, options with);
  doubt& doubt_of(const std::string& topic, rd_kafka_resp_err_t said);
  std::vector<topic_partition> open_of(const std::string& topic) const;
  void settle_doubts(std::vector<consumer_event>& events);
  /// Asks for it where it is time to; whether it was found or given up.
  bool is_settled(const std::string& topic, doubt& what, std::vector<consumer_event>& events);
  /// Reads its partitions on.
  void dispel(const std::string& topic, const doubt& what, std::vector<consumer_event>& events);
  static void note_trouble(rd_kafka_t* client, int code, const char* reason, void* opaque);
  void serve_client(std::vector<consumer_event>& events);
  void drain(std::vector<consumer_event>& events);
  void drain(const topic_partition& which, lane& from, std::vector<consumer_event>& events);
  bool seek(const topic_partition& which, std::int64_t offset);
  std::optional<error> failure_of(const topic_partition& which, const rd_kafka_message_t& message, std::int64_t wanted);
  void get_ready(const std::string& topic);
  void wake_brokers();

  config::kafka_settings settings_;
  options options_;
  last_trouble trouble_;
  std::optional<error> fatal_;
  wake_signal wake_;
  client_owner client_;
  queue_owner client_queue_;
  std::map<std::string, topic_owner> topics_;
  std::map<topic_partition, lane> lanes_;
  std::map<std::string, doubt> doubts_;         ///< by topic
  bool gone_ = false;                           ///< a topic that was read has been given up
  bool rebalanced_ = false;                     ///< the group has said what is ours
  bool subscribed_ = false;                     ///< a member of a group, when it left
  std::optional<rd_kafka_resp_err_t> absence_;  ///< told of some partition: librdkafka does not say which
  std::optional<topic_partition> drained_last_; ///< the next round begins after it
  std::vector<rd_kafka_message_t*> taken_;      ///< reused
  std::chrono::steady_clock::time_point woken_;
  std::chrono::steady_clock::time_point fresh_until_;
  std::unique_ptr<kafka_reader> single_; ///< for read_one, made when first needed
};

} // namespace throng::transport
