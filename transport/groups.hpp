// Consumer groups of a real cluster: who is in them, and how far each partition's reading lags behind. What `throng groups` asks.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/message.hpp"
#include "transport/topics.hpp"

namespace throng::transport {

struct group_partition {
  topic_partition which;
  std::optional<std::int64_t> committed; ///< the offset to be read next; none: nothing was committed yet
  std::int64_t first = 0;                ///< what the partition holds now: first and end offset (exclusive)
  std::int64_t end = 0;
  std::string member; ///< `CLIENT at HOST`; empty: nobody reads it now

  /// Messages in the partition that the group has not committed.
  std::int64_t lag() const {
    return end - std::max(committed.value_or(first), first);
  }
};

struct group_description {
  std::string name;
  std::string state; ///< Kafka's word: Stable, Empty, PreparingRebalance, …
  std::size_t members = 0;
  std::vector<group_partition> partitions; ///< committed or read now, by topic and partition
};

/// @param names of groups, or empty: all that the cluster knows; by name
/// not_found: one of `names` that nobody is in and that has committed nothing.
expected<std::vector<group_description>> describe_groups(const config::kafka_settings& settings,
                                                         const std::vector<std::string>& names,
                                                         std::chrono::milliseconds limit = change_limit);

} // namespace throng::transport
