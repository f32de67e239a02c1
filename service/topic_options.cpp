#include "service/topic_options.hpp"

#include <map>

#include <fmt/format.h>

#include "config/time.hpp"

namespace throng::service {

expected<std::vector<transport::topic_plan>> plan_topics(const topic_options& options,
                                                         const config::topic_settings& otherwise) {
  std::map<std::string, std::string> properties;
  // As all topics that Throng makes: messages have the times of their events, and with a broker's own week those of last year are deleted
  // within minutes.
  const auto nothing_else = options.retention.empty() && (!options.compact || options.retention_bytes);
  if (options.retention == "forever" || nothing_else) {
    properties["retention.ms"] = "-1";
  } else if (!options.retention.empty()) {
    auto kept = parse_duration(options.retention);
    if (!kept || kept->count() == 0)
      return fail(error_kind::invalid,
                  fmt::format("--retention {}: must be a duration above 0, such as 7d, or forever", options.retention));
    properties["retention.ms"] = std::to_string(kept->count());
  }
  if (options.retention_bytes)
    properties["retention.bytes"] = std::to_string(*options.retention_bytes);
  if (options.compact) // with a retention too, Kafka does both
    properties["cleanup.policy"] = options.retention.empty() && !options.retention_bytes ? "compact" : "compact,delete";
  for (const auto& text : options.properties) {
    auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(error_kind::invalid,
                  fmt::format("--property {}: must be NAME=VALUE, as in min.insync.replicas=2", text));
    properties[text.substr(0, equals)] = text.substr(equals + 1);
  }
  std::vector<transport::topic_plan> plans;
  for (const auto& name : options.names)
    plans.push_back({name,
                     options.partitions.value_or(otherwise.partitions),
                     options.replication.value_or(otherwise.replication),
                     {properties.begin(), properties.end()}});
  return plans;
}

} // namespace throng::service
