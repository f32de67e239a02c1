// Messages of one partition that have been read and not handed out, put together into batches as they come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/batching.hpp"
#include "transport/message.hpp"
#include "transport/topic_file.hpp"

namespace throng::transport {

class waiting_messages {
public:
  explicit waiting_messages(topic_partition from)
      : from_{std::move(from)} {}

  void add(const file_message& message) {
    const auto size = message.key.value_or("").size() + message.value.value_or("").size();
    if (made_ && (made_->messages.size() == most_batch_messages || made_->bytes + size > most_batch_bytes))
      cut();
    if (!made_)
      begin();
    // Field by field: a whole message made here and then moved in would be read again before its stores have left the core, behind those of
    // the text, and wait for them. That was 9 % of the time of an analysis from a file.
    auto& added = made_->messages.emplace_back();
    added.offset = message.offset;
    added.timestamp_ms = message.timestamp_ms;
    if (message.key)
      added.key.emplace(copy(*message.key), message.key->size());
    if (message.value)
      added.value.emplace(copy(*message.value), message.value->size());
    made_->bytes += size;
    bytes_ += size;
  }

  bool empty() const {
    return !made_ && full_.empty();
  }
  std::size_t bytes() const {
    return bytes_;
  }

  bool has_full_batch() const {
    return !full_.empty();
  }

  std::vector<batch_ptr> take() {
    if (made_)
      cut();
    bytes_ = 0;
    return std::exchange(full_, {});
  }

private:
  /// Blocks grow with their batch: small enough to come from what was freed last, and so from the cache; a thousand quiet partitions
  /// cost little. Nothing that is written moves.
  static constexpr std::size_t least_block = 1U << 10U;
  static constexpr std::size_t most_block = 64U << 10U;
  using blocks = std::vector<std::unique_ptr<char[]>>;

  void begin() {
    made_ = std::make_shared<batch>();
    made_->from = from_;
    made_->messages.reserve(usual_);
    memory_ = std::make_shared<blocks>();
    at_ = nullptr;
    left_ = 0;
  }

  const char* copy(std::string_view text) {
    if (left_ < text.size() || at_ == nullptr) {
      left_ = std::max(std::clamp(made_->bytes, least_block, most_block), text.size());
      at_ = memory_->emplace_back(new char[left_]).get(); // make_unique would zero it
    }
    const char* copied = at_;
    text.copy(at_, text.size());
    at_ += text.size();
    left_ -= text.size();
    return copied;
  }

  void cut() {
    usual_ = std::max<std::size_t>(16, made_->messages.size());
    made_->memory = std::move(memory_);
    full_.push_back(std::exchange(made_, nullptr));
  }

  topic_partition from_;
  std::shared_ptr<batch> made_; ///< the one that is being filled
  std::shared_ptr<blocks> memory_;
  char* at_ = nullptr; ///< what is left of the last block
  std::size_t left_ = 0;
  std::size_t usual_ = 16; ///< messages in a batch
  std::vector<batch_ptr> full_;
  std::size_t bytes_ = 0;
};

} // namespace throng::transport
