// A source of messages in memory in the place of a transport::consumer. poll() never waits; what it was told is kept for the test.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "transport/consumer.hpp"

namespace throng::actors::test {

/// What stands in the topics, and what was asked of the source. Shared by the test and the consumer that owns the source.
struct memory_topics {
  struct partition {
    std::vector<std::string> values; ///< by offset
    std::int64_t first = 0;          ///< offsets before are gone
    std::vector<std::string> keys{}; ///< by offset; where there are any, messages have no time of Kafka's
  };
  std::map<transport::topic_partition, partition> partitions;
  std::size_t batch_size = 7;
  std::vector<transport::consumer_event> events; ///< to be given with the next poll
  std::set<transport::topic_partition> withheld; ///< another member of the group has them at first

  // Seen by the source.
  struct reader {
    std::int64_t next = 0;
    bool paused = false;
    bool end_told = false;
  };
  std::map<transport::topic_partition, reader> readers;
  std::vector<std::pair<transport::topic_partition, std::int64_t>> starts;
  std::map<transport::topic_partition, std::int64_t> committed;
  std::size_t pauses = 0;
  std::size_t batches = 0;
  std::function<void(const std::vector<transport::topic_partition>&)> on_revoked_done;
  std::function<void()> before_poll; ///< may add events, or throw
  bool open = false;

  /// @param count messages with the values 0, 1, 2, …
  void fill(const std::string& topic, std::int32_t partition, int count) {
    auto& values = partitions[{topic, partition}].values;
    for (int i = 0; i < count; ++i)
      values.push_back(std::to_string(values.size()));
  }
  std::size_t bytes(const transport::topic_partition& which) {
    std::size_t sum = 0;
    for (const auto& x : partitions[which].values)
      sum += x.size();
    return sum;
  }
};

/// Messages [first, last) of a partition.
inline transport::batch_ptr make_batch(const transport::topic_partition& from, const memory_topics::partition& what,
                                       std::int64_t first, std::int64_t last) {
  auto cut = [&](const std::vector<std::string>& all) {
    return std::vector<std::string>(all.begin() + first, all.begin() + last);
  };
  auto memory = std::make_shared<std::pair<std::vector<std::string>, std::vector<std::string>>>();
  auto& [values, keys] = *memory;
  values = cut(what.values);
  if (!what.keys.empty())
    keys = cut(what.keys);
  auto batch = std::make_shared<transport::batch>();
  batch->from = from;
  for (std::size_t i = 0; i < values.size(); ++i) {
    transport::incoming message;
    message.offset = first + static_cast<std::int64_t>(i);
    if (keys.empty())
      message.timestamp_ms = message.offset;
    else
      message.key = keys[i];
    if (values[i] != "tombstone")
      message.value = values[i];
    batch->bytes += values[i].size();
    batch->messages.push_back(message);
  }
  batch->memory = memory;
  return batch;
}

inline transport::batch_ptr make_batch(const transport::topic_partition& from, const std::vector<std::string>& values,
                                       std::int64_t first, std::int64_t last) {
  return make_batch(from, memory_topics::partition{values}, first, last);
}

class memory_source : public transport::consumer {
public:
  explicit memory_source(std::shared_ptr<memory_topics> topics)
      : topics_(std::move(topics)) {
    topics_->open = true;
    topics_->readers.clear();
    transport::assigned all;
    for (const auto& [which, x] : topics_->partitions)
      if (!topics_->withheld.contains(which))
        all.partitions.push_back(which);
    topics_->events.insert(topics_->events.begin(), all);
  }
  ~memory_source() override {
    topics_->open = false;
  }

  std::vector<transport::consumer_event> poll(std::chrono::milliseconds) override {
    if (topics_->before_poll)
      topics_->before_poll();
    auto events = std::exchange(topics_->events, {});
    for (auto& [which, reader] : topics_->readers) {
      if (reader.paused)
        continue;
      const auto& partition = topics_->partitions[which];
      auto end = static_cast<std::int64_t>(partition.values.size());
      if (reader.next < end) {
        auto last = std::min(end, reader.next + static_cast<std::int64_t>(topics_->batch_size));
        events.emplace_back(make_batch(which, partition, std::exchange(reader.next, last), last));
        ++topics_->batches;
        reader.end_told = false;
      } else if (!std::exchange(reader.end_told, true)) {
        events.emplace_back(transport::reached_end{which, end});
      }
    }
    return events;
  }

  expected<void> start(const transport::topic_partition& which, transport::start_offset from) override {
    topics_->starts.emplace_back(which, from.offset);
    topics_->readers[which] = {from.offset, false, false};
    return {};
  }
  void pause(const transport::topic_partition& which) override {
    ++topics_->pauses;
    topics_->readers[which].paused = true;
  }
  void resume(const transport::topic_partition& which) override {
    topics_->readers[which].paused = false;
  }
  void revoked_done(const std::vector<transport::topic_partition>& which) override {
    if (topics_->on_revoked_done)
      topics_->on_revoked_done(which);
    for (const auto& x : which)
      topics_->readers.erase(x);
  }
  void commit(const transport::topic_partition& which, std::int64_t next_offset) override {
    topics_->committed[which] = next_offset;
  }
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const transport::topic_partition& which) override {
    const auto& x = topics_->partitions[which];
    return std::pair{x.first, static_cast<std::int64_t>(x.values.size())};
  }
  std::int64_t known_end(const transport::topic_partition& which) const override {
    return static_cast<std::int64_t>(topics_->partitions[which].values.size());
  }
  expected<std::optional<transport::batch_ptr>> read_one(const transport::topic_partition& which,
                                                         std::int64_t offset) override {
    const auto& x = topics_->partitions[which];
    if (offset < x.first || offset >= static_cast<std::int64_t>(x.values.size()))
      return std::nullopt;
    return make_batch(which, x, offset, offset + 1);
  }
  std::string source_identity(const std::string& topic) const override {
    return "memory " + topic;
  }
  expected<std::int32_t> partitions(const std::string& topic) const override {
    std::int32_t count = 0;
    for (const auto& [which, x] : topics_->partitions)
      count += which.topic == topic ? 1 : 0;
    return count;
  }

private:
  std::shared_ptr<memory_topics> topics_;
};

} // namespace throng::actors::test
