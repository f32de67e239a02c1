// A producing client of librdkafka's: how it is configured so that nothing is lost or passes another, what must be gone before it, and whether its
// brokers know a partition. What goes through it, and when another takes its place, is left to producer.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <librdkafka/rdkafka.h>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/kafka_handle.hpp"

namespace throng::transport {

struct producer_connection {
  client_owner client;
  queue_owner queue;
  std::map<std::string, topic_owner> topics;

  /// invalid: properties that librdkafka refuses.
  static expected<std::shared_ptr<producer_connection>> make(const config::kafka_settings& settings,
                                                             const std::string& brokers);

  /// Made at the first call for a name.
  rd_kafka_topic_t* topic(const std::string& name);

  /// Whether the brokers know the partition; none: nobody answers within `limit`.
  std::optional<bool> knows(rd_kafka_topic_t* topic, std::int32_t partition, std::chrono::milliseconds limit) const;
};

} // namespace throng::transport
