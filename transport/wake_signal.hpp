// What a reader waits for instead of asking each of its queues in turn.
#pragma once

#include <chrono>

#include <librdkafka/rdkafka.h>

namespace throng::transport {

/// A file descriptor that librdkafka writes to when a queue is no longer empty (eventfd(2)).
class wake_signal {
public:
  wake_signal();
  ~wake_signal();
  wake_signal(const wake_signal&) = delete;
  wake_signal& operator=(const wake_signal&) = delete;

  void listen_to(rd_kafka_queue_t* queue) const;
  /// Until it is written to, or `limit`.
  void wait(std::chrono::milliseconds limit) const;

private:
  int fd_;
};

} // namespace throng::transport
