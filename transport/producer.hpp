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

class producer {
public:
  struct callbacks {
    /// From the producer's own thread: messages of this partition have been delivered; `bytes` of room are free again.
    std::function<void(const topic_partition&, std::size_t messages, std::size_t bytes)> delivered;
    /// From the producer's own thread: a delivery error; nothing later of this partition will be sent.
    std::function<void(const topic_partition&, const error&)> failed;
  };

  /// @param cluster where settings.brokers is `embedded`; else null
  static expected<std::unique_ptr<producer>> make(const config::kafka_settings& settings, const embedded_cluster* cluster,
                                                  callbacks on);
  virtual ~producer() = default;

  /// Hands over the first n messages and returns n; fewer than given when the queue of the partition is full (4 MiB by
  /// default) or the partition has failed. `owner` keeps the bytes alive.
  virtual std::size_t produce(const topic_partition& to, std::span<const outgoing> messages,
                              const std::shared_ptr<const void>& owner) = 0;

  /// Waits until all has been delivered or has failed, at most `limit`. timed_out: something is still under way.
  virtual expected<void> flush(std::chrono::milliseconds limit) = 0;
};

} // namespace throng::transport
