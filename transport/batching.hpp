// How messages become batches: bounds of size, and the copy into one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "transport/message.hpp"

namespace throng::transport {

/// A batch is handed on when it holds so much: enough that its hops between threads cost nothing a message.
inline constexpr std::size_t most_batch_messages = 4096;
inline constexpr std::size_t most_batch_bytes = 1U << 20U;

/// Copies messages into a block of their own. The copy (some 20 ns) is worth it: librdkafka's message is an operation of its queue of half a
/// kilobyte, and a batch may be kept for long (a processor that may have to be fed again) and is freed by another thread.
class batch_builder {
public:
  /// @param bytes of all keys and values to come
  batch_builder(topic_partition from, std::size_t messages, std::size_t bytes)
      : batch_{std::make_shared<batch>()}
      , block_{new char[bytes > 0 ? bytes : 1]}
      , end_{block_.get()} {
    batch_->from = std::move(from);
    batch_->messages.reserve(messages);
    batch_->bytes = bytes;
  }

  void add(std::int64_t offset, std::int64_t timestamp_ms, std::optional<std::string_view> key,
           std::optional<std::string_view> value) {
    batch_->messages.push_back({offset, timestamp_ms, copy(key), copy(value)});
  }

  /// The message at this offset is for one task.
  void mark(std::int64_t offset, std::string only_for) {
    batch_->only_for.emplace(offset, std::move(only_for));
  }

  batch_ptr finish() {
    batch_->memory = std::shared_ptr<const char[]>{std::move(block_)};
    return std::move(batch_);
  }

private:
  std::optional<std::string_view> copy(std::optional<std::string_view> text) {
    if (!text)
      return std::nullopt;
    const std::string_view copied{end_, text->size()};
    end_ += text->copy(end_, text->size());
    return copied;
  }

  std::shared_ptr<batch> batch_;
  std::unique_ptr<char[]> block_;
  char* end_;
};

} // namespace throng::transport
