// Messages on their way in and out of topics, as producers and consumers of every kind (Kafka, embedded, files) handle them.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace throng::transport {

struct topic_partition {
  std::string topic; ///< as the broker knows it, prefix included
  std::int32_t partition = 0;
  friend auto operator<=>(const topic_partition&, const topic_partition&) = default;
};

/// As errors name it.
inline std::string place_of(const topic_partition& which) {
  return "topic " + which.topic + ", partition " + std::to_string(which.partition);
}

/// How long a topic may be said not to be there until that is believed: a broker that has just started may say so of any. As long as librdkafka
/// grants a new topic (topic.metadata.propagation.max.ms).
inline constexpr std::chrono::milliseconds absence_limit{30'000};

using header_list = std::vector<std::pair<std::string, std::string>>;

/// To be sent. Bytes are borrowed: the `owner` given with them keeps them alive until the delivery report. A key or value
/// without data() is null, not empty.
struct outgoing {
  std::string_view key;
  std::string_view value;
  std::int64_t timestamp_ms = 0;
  const header_list* headers = nullptr; ///< may be null
};

/// Received. Bytes are borrowed from the batch.
struct incoming {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
};

/// Messages of one partition in the order of their offsets, and the memory that they stand in. Immutable once made.
struct batch {
  topic_partition from;
  std::vector<incoming> messages;
  std::size_t bytes = 0; ///< keys and values
  std::shared_ptr<const void> memory;
  /// Messages that were sent again for one task only (header `replay_for`), by offset. Nearly always empty.
  std::map<std::int64_t, std::string> only_for = {};

  std::int64_t next_offset() const {
    return messages.empty() ? -1 : messages.back().offset + 1;
  }
};
using batch_ptr = std::shared_ptr<const batch>;

} // namespace throng::transport
