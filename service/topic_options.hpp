// Options of `throng topics create`, as the topics that they ask for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "transport/topics.hpp"

namespace throng::service {

struct topic_options {
  std::vector<std::string> names;
  std::optional<std::int32_t> partitions;      ///< none: topics.partitions
  std::optional<std::int16_t> replication;     ///< none: topics.replication
  std::string retention;                       ///< a duration, or `forever`; empty: as the broker has it
  std::optional<std::int64_t> retention_bytes; ///< of a partition; -1: no limit
  bool compact = false;                        ///< only the newest message of a key is kept for ever
  std::vector<std::string> properties;         ///< NAME=VALUE, Kafka's own
};

/// One plan a name; what was said by an option and by a property too is the property's.
/// invalid: a text that can't be; the sentence names the option.
expected<std::vector<transport::topic_plan>> plan_topics(const topic_options& options,
                                                         const config::topic_settings& otherwise);

} // namespace throng::service
