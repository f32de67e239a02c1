// What the transport tests share: topics full of numbered messages, and reading with a limit instead of a sleep.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "transport/consumer.hpp"
#include "transport/producer.hpp"

namespace throng::transport::testing {

using std::chrono::milliseconds;

/// Calls `step` until `done`, at most 30 s. False: the limit.
inline bool until(const std::function<bool()>& done, const std::function<void()>& step) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    step();
  }
  return true;
}

/// Message `i`: key `k<i mod 7>`, value `<i> xxx…`, time 1,000,000 + i.
struct numbered {
  std::vector<std::string> keys;
  std::vector<std::string> values;
  std::vector<outgoing> messages;

  numbered(std::size_t first, std::size_t count, std::size_t size = 0) {
    for (auto i = first; i < first + count; ++i) {
      keys.push_back(fmt::format("k{}", i % 7));
      values.push_back(fmt::format("{} ", i));
      values.back().resize(std::max(size, values.back().size()), 'x');
    }
    for (std::size_t i = 0; i < count; ++i)
      messages.push_back({keys[i], values[i], static_cast<std::int64_t>(1'000'000 + first + i), nullptr});
  }
};

/// Everything that a consumer has said, by partition.
struct heard {
  std::map<topic_partition, std::vector<batch_ptr>> batches;
  std::map<topic_partition, std::size_t> counts;
  std::map<topic_partition, std::int64_t> ends;
  std::vector<assigned> assignments;
  std::vector<revoked> revocations;
  std::vector<partition_failed> failures;
  std::vector<consumer_failed> fatal;
  std::size_t total = 0;

  void take(std::vector<consumer_event> events) {
    for (auto& event : events)
      std::visit([this](auto& what) { add(what); }, event);
  }

  void add(batch_ptr& what) {
    counts[what->from] += what->messages.size();
    total += what->messages.size();
    batches[what->from].push_back(std::move(what));
  }
  void add(assigned& what) {
    assignments.push_back(std::move(what));
  }
  void add(revoked& what) {
    revocations.push_back(std::move(what));
  }
  void add(reached_end& what) {
    ends[what.which] = what.offset;
  }
  void add(partition_failed& what) {
    failures.push_back(std::move(what));
  }
  void add(consumer_failed& what) {
    fatal.push_back(std::move(what));
  }

  std::vector<incoming> messages(const topic_partition& of) const {
    std::vector<incoming> all;
    if (const auto found = batches.find(of); found != batches.end())
      for (const auto& batch : found->second)
        all.insert(all.end(), batch->messages.begin(), batch->messages.end());
    return all;
  }
};

} // namespace throng::transport::testing
