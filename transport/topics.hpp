// Topics of a real cluster: what `throng topics`, `run` and `doctor` ask its admin interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
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

struct partition_replicas {
  std::int32_t leader = -1; ///< a broker's id; -1: it has none now
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync;
};

using topic_properties = std::vector<std::pair<std::string, std::string>>;

struct topic_details {
  topic_description topic;
  std::vector<partition_replicas> replicas; ///< by partition
  topic_properties set;                     ///< what was set for this topic, by name
};

/// A topic to be made.
struct topic_plan {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replication = 1;
  topic_properties properties; ///< Kafka's own names and values, such as `cleanup.policy`, `compact`
};

inline constexpr std::chrono::milliseconds question_limit{5'000};
inline constexpr std::chrono::milliseconds change_limit{10'000};

/// unavailable within `limit` where no broker answers: the sentence names the brokers.
expected<std::vector<topic_description>> list_topics(const config::kafka_settings& settings, bool with_bounds,
                                                     std::chrono::milliseconds limit = question_limit);

/// Those of `names` that are there, with their bounds, by name.
expected<std::vector<topic_description>> find_topics(const config::kafka_settings& settings,
                                                     const std::vector<std::string>& names,
                                                     std::chrono::milliseconds limit = question_limit);

/// Those of `names`, in their order. not_found: the first that is not there.
expected<std::vector<topic_details>> describe_topics(const config::kafka_settings& settings,
                                                     const std::vector<std::string>& names,
                                                     std::chrono::milliseconds limit = question_limit);

/// The least value that a numeric property has for one of `names`, set for the topic or the cluster's; none where no topic tells us.
expected<std::optional<std::int64_t>> least_of_property(const config::kafka_settings& settings,
                                                        const std::vector<std::string>& names,
                                                        const std::string& property,
                                                        std::chrono::milliseconds limit = question_limit);

/// How long topics keep a message, by the message's own time. Those that keep it for ever, or of which nobody tells us, are left out.
expected<std::map<std::string, std::chrono::milliseconds>> kept_for(const config::kafka_settings& settings,
                                                                    const std::vector<std::string>& names,
                                                                    std::chrono::milliseconds limit = question_limit);

/// conflict: it has another partition count than `wanted`.
expected<void> check_partitions(const topic_description& topic, const config::topic_settings& wanted);

/// Makes what is missing (retention.ms=-1, retention.bytes as set) and returns the names it made. conflict: one exists with another partition count.
expected<std::vector<std::string>> create_missing(const config::kafka_settings& settings,
                                                  const config::topic_settings& topics,
                                                  const std::vector<std::string>& names,
                                                  std::chrono::milliseconds limit = change_limit);

/// conflict: one is there already; invalid: the broker refuses a name, a number or a property, in its words. Others may be made then.
expected<void> create_topics(const config::kafka_settings& settings, const std::vector<topic_plan>& topics,
                             std::chrono::milliseconds limit = change_limit);

/// With all that they hold. not_found: one is not there; others may be deleted then.
expected<void> delete_topics(const config::kafka_settings& settings, const std::vector<std::string>& names,
                             std::chrono::milliseconds limit = change_limit);

/// Deletes every message that stands in a topic; its offsets go on. not_found: there is no such topic.
expected<void> empty_topic(const config::kafka_settings& settings, const std::string& name,
                           std::chrono::milliseconds limit = change_limit);

} // namespace throng::transport
