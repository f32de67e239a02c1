// Topics that live in this process, between tasks that write them and tasks that read them, where no cluster keeps them: what stands
// between the halves of a re-keyed pipeline over a file, a stream or the embedded cluster. Bounded; gone with the process, so that
// whoever writes must be able to write again what the readers' checkpoints do not hold: progress() says what they hold.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"
#include "transport/consumer.hpp"
#include "transport/message.hpp"
#include "transport/waiting_messages.hpp"

namespace throng::transport {

struct memory_topic {
  std::string topic;     ///< as a broker would know it
  std::string made_from; ///< the topic whose identity is this one's too
  std::int32_t partitions = 1;
};

/// Thread-safe.
class memory_topics {
public:
  static constexpr std::size_t most_waiting_bytes = 16U << 20U; ///< a partition

  explicit memory_topics(std::vector<memory_topic> topics, std::size_t waiting_bytes = most_waiting_bytes);

  const std::vector<memory_topic>& topics() const {
    return topics_;
  }
  bool has(const std::string& topic) const;

  struct addition {
    topic_partition to;
    std::int64_t timestamp_ms = -1;
    std::string_view key;
    std::string_view value;
  };
  /// All of them, in order, or none. exhausted, retryable: a reader has not begun yet, or has more than its bound before it, and that did
  /// not change within `limit`.
  expected<void> append(const std::vector<addition>& messages, std::chrono::milliseconds limit);

  /// Where each partition ends now.
  using mark = std::vector<std::int64_t>;
  mark now() const;
  /// Whether the readers' checkpoints hold all before a mark: yes, not yet, or never: a reader that lacks some of it has ended.
  enum class safety { yes, not_yet, never };
  safety safe(const mark& before) const;

  /// Nobody reads this partition any more: what is written to it is dropped.
  void abandon(const topic_partition& which);

private:
  friend class composite_consumer;
  struct partition {
    explicit partition(topic_partition which)
        : waiting(std::move(which)) {}
    waiting_messages waiting;
    bool begun = false;
    bool paused = false;
    bool abandoned = false;
    std::int64_t next = 0; ///< offset of the next message that is written
    std::int64_t saved = 0;
  };

  std::vector<memory_topic> topics_;
  std::size_t waiting_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::map<topic_partition, partition> partitions_;
};

/// Reads what `base` reads and, beside it, these topics.
std::unique_ptr<consumer> with_memory_topics(std::unique_ptr<consumer> base, std::shared_ptr<memory_topics> topics);

} // namespace throng::transport
