// The accounts of a producer's partitions: what of each is under way, who keeps its bytes, and what the client gave back unsent. Whoever produces takes
// from a lane, the delivery thread gives back to it. When something is sent, and what a report means, is left to producer.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "transport/message.hpp"
#include "transport/producer_connection.hpp"

namespace throng::transport {

struct payload_block;

/// What a message's opaque pointer points to: whose it is, where in its call it stood, and what a failed one does not tell any more.
struct message_place {
  payload_block* block = nullptr;
  std::int64_t timestamp_ms = 0;
};

/// A message that librdkafka has given back, because it took the partition for gone before it had sent it.
struct unsent {
  message_place* place = nullptr;
  std::string key;
  bool has_key = false;
  std::string_view value; ///< the block keeps it
  header_list headers;

  /// A copy of all that the report keeps only until the next one.
  static unsent of(const rd_kafka_message_t& report);

  std::size_t bytes() const {
    return key.size() + value.size();
  }
};

/// One partition's account. Taken from by whoever produces, given back to by the delivery thread.
struct producer_lane {
  topic_partition id;
  std::mutex order; ///< one produce() at a time, so that a call's messages stay together
  // Changed under `order` only.
  rd_kafka_t* client = nullptr;
  rd_kafka_topic_t* topic = nullptr;
  std::uint64_t blocks = 0; ///< counts the calls of produce()
  std::atomic<std::size_t> bytes_in_flight{0};
  std::atomic<std::size_t> delivered{0};
  std::atomic<std::int64_t> last_offset{-1};
  std::atomic<bool> failed{false};
  std::atomic<bool> starved{false}; ///< librdkafka's own queue was full though ours was not
  /// The broker has taken a message of this producer. Until then only one is under way: a leader that knows nothing of a
  /// producer takes any sequence number as its first, so that of two requests to a partition that is just getting its leader
  /// the first may be refused and the second taken; sent again, the first then counts as delivered, and is lost (KAFKA-15591;
  /// seen here with Kafka 3.9.2 and librdkafka 2.0.2, once in 15 runs into topics made just before).
  std::atomic<bool> known{false};
  bool alone = false; ///< of what was given back, the first is on its way; the delivery thread's

  // The delivery thread's alone.
  bool told = false; ///< of its failure
  /// What the reports at hand add up to.
  std::size_t reported_messages = 0;
  std::size_t reported_bytes = 0;
  std::deque<unsent> given_back; ///< in their order once all are reported

  /// Hands one message to the client, under `order`. The block of `place` keeps the value until the report; key and headers are copied.
  rd_kafka_resp_err_t hand_over(const outgoing& message, message_place* place) const;
};

/// The values of one produce() call, until the last of their delivery reports.
struct payload_block {
  std::shared_ptr<const void> owner;
  producer_lane* of = nullptr;
  std::uint64_t number = 0; ///< of the lane's calls
  std::vector<message_place> places;
  std::atomic<std::size_t> remaining{0};

  /// Under the lane's `order`. The last drop() deletes it.
  static payload_block& begin(std::shared_ptr<const void> owner, producer_lane& of, std::span<const outgoing> messages);

  /// So many messages have been reported, or were never handed over.
  void drop(std::size_t messages) {
    if (messages > 0 && remaining.fetch_sub(messages, std::memory_order_acq_rel) == messages)
      delete this;
  }
};

/// All lanes of a producer, and the client that they lead to.
class producer_lanes {
public:
  /// A partition's lane, made at the first call.
  producer_lane& of(const topic_partition& id);
  /// Null: nothing was produced to it.
  const producer_lane* find(const topic_partition& id) const;
  std::vector<producer_lane*> all() const;

  /// The client now, kept until the caller is done with it.
  std::shared_ptr<producer_connection> connection() const;
  /// The same for the delivery thread, which alone changes it: no lock, no count. Null before the first move_to().
  const producer_connection* connected() const {
    return connection_.get();
  }
  /// All lanes lead to `next` from now on, and what was given back stands in its order. The client before ends here, or with whoever still asks
  /// it. Nothing may be under way but what was given back.
  void move_to(std::shared_ptr<producer_connection> next);

  // What the client gave back; the delivery thread's.

  /// Messages of all lanes that wait to be sent again.
  std::size_t given_back() const {
    return given_back_;
  }
  void take_back(producer_lane& to, const rd_kafka_message_t& report);
  /// Frees what a lane was given back. @return messages
  std::size_t give_up(producer_lane& which);
  /// True: all that was given back is on its way again.
  bool send_given_back();

private:
  mutable std::mutex mutex_; ///< guards the map, not the lanes, and who is connected
  std::shared_ptr<producer_connection> connection_;
  std::map<topic_partition, std::unique_ptr<producer_lane>> lanes_;
  std::size_t given_back_ = 0;
};

} // namespace throng::transport
