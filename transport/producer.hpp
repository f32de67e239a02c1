// One producer handle a process. Never blocks and never drops: what does not fit is left with the caller, who is told when there is room.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/message.hpp"

namespace throng::transport {

class embedded_cluster;

/// Bytes (keys and values) of a partition that may be on their way. 4 MiB is some 20,000 readings of 200 bytes: many times what a
/// broker takes in one round trip, and still little memory for a hundred partitions.
inline constexpr std::size_t default_partition_queue_bytes = 4U << 20U;

/// How far the messages of a partition have come.
struct delivery_progress {
  std::size_t delivered = 0;     ///< messages acknowledged
  std::int64_t last_offset = -1; ///< of the last one acknowledged
  std::size_t bytes_in_flight = 0;
  bool failed = false;
};

/// produce() for different partitions may be called by different threads.
class producer {
public:
  /// Called by the producer's own thread, which must not be held up: hand the news on.
  struct callbacks {
    /// Messages of this partition have been delivered; `bytes` of room are free again. With 0 and 0: nothing was delivered, but a
    /// produce() that took less for want of memory may be tried again.
    std::function<void(const topic_partition&, std::size_t messages, std::size_t bytes)> delivered;
    /// Once a partition: a delivery error. Nothing later of this partition is sent, nor taken.
    std::function<void(const topic_partition&, const error&)> failed;
  };

  /// @param cluster where settings.brokers is `embedded`; else null
  /// @param absence how long a topic may be said not to be there until that is believed
  /// invalid: properties that librdkafka refuses. Whether a broker answers is not asked (topics.hpp does).
  static expected<std::unique_ptr<producer>> make(const config::kafka_settings& settings,
                                                  const embedded_cluster* cluster, callbacks on,
                                                  std::size_t partition_queue_bytes = default_partition_queue_bytes,
                                                  std::chrono::milliseconds absence = absence_limit);
  virtual ~producer() = default;

  /// Hands over the first n messages and returns n; fewer than given when the partition's queue is full (then `delivered` will be
  /// called) or the partition has failed. A partition's first message goes alone: until it is acknowledged the queue counts as full.
  /// A message larger than the whole queue is taken when the queue is empty. `owner` keeps the values alive until their delivery
  /// reports; keys and headers are copied. A timestamp of 0 means now, to librdkafka.
  virtual std::size_t produce(const topic_partition& to, std::span<const outgoing> messages,
                              const std::shared_ptr<const void>& owner) = 0;

  /// Waits until all has been delivered or has failed, at most `limit`. timed_out: something is still under way.
  virtual expected<void> flush(std::chrono::milliseconds limit) = 0;
  /// The same, and then the first delivery error that there has been of any partition: all that was handed over has arrived. Such an error is never
  /// retryable: the partition stays failed.
  virtual expected<void> settle(std::chrono::milliseconds limit) = 0;

  virtual delivery_progress progress(const topic_partition& of) const = 0;
};

} // namespace throng::transport
