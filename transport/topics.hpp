// Topics of a real cluster: what `throng topics`, `run` and `doctor` ask its admin interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/settings.hpp"

namespace throng::transport {

struct topic_description {
  std::string name;
  std::int32_t partitions = 0;
  std::int16_t replication = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> bounds; ///< first and end offset by partition; empty if not asked
};

/// unavailable within `limit` where no broker answers: the sentence names the brokers.
expected<std::vector<topic_description>> list_topics(const config::kafka_settings& settings, bool with_bounds,
                                                     std::chrono::milliseconds limit = std::chrono::seconds{5});

/// Makes what is missing (retention.ms=-1, retention.bytes as set) and returns the names it made. conflict: one exists with another partition count.
expected<std::vector<std::string>> create_missing(const config::kafka_settings& settings,
                                                  const config::topic_settings& topics,
                                                  const std::vector<std::string>& names,
                                                  std::chrono::milliseconds limit = std::chrono::seconds{10});

} // namespace throng::transport
