// Where a run reads, writes and stores, and who is told: what `kafka`, `store`, `topics` and `notify` say in a scenario or a --settings file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace throng::config {

struct kafka_settings {
  /// `host:port,…`, or `embedded` for librdkafka's in-process cluster.
  std::string brokers = "embedded";
  /// Every other property, passed to librdkafka by its own name. May hold secrets: never log the values.
  std::map<std::string, std::string> properties;

  bool embedded() const {
    return brokers == "embedded";
  }
  /// A property that is a number from 0 on; `otherwise`, librdkafka's default, where it is not set or none (which librdkafka tells).
  std::int64_t number(const std::string& property, std::int64_t otherwise) const;

  friend bool operator==(const kafka_settings&, const kafka_settings&) = default;
};

struct topic_settings {
  std::string prefix;
  std::int32_t partitions = 4;
  std::int16_t replication = 1;
  std::int64_t retention_bytes = -1; ///< `retention.bytes` of topics that Throng makes; their `retention.ms` is -1

  friend bool operator==(const topic_settings&, const topic_settings&) = default;
};

/// Somebody's server that is told of alerts by POST.
struct webhook_target {
  std::string url;               ///< may hold a password or a token: never log it
  std::string secret;            ///< of the signature; empty: none. Never log it
  std::string severity = "info"; ///< at least

  friend bool operator==(const webhook_target&, const webhook_target&) = default;
};

/// Who is told of alerts besides the store and the topic analytics.alerts.
struct notify_settings {
  bool log = false;
  std::vector<webhook_target> webhooks;

  friend bool operator==(const notify_settings&, const notify_settings&) = default;
};

struct settings {
  kafka_settings kafka;
  /// `sqlite:FILE`, `mongodb://…` (may hold a password: print only through `redacted_store`), or `none`.
  std::string store = "sqlite:throng.db";
  topic_settings topics;
  notify_settings notify;

  friend bool operator==(const settings&, const settings&) = default;
};

/// The store's URI without user and password, for logs, errors and reports.
std::string redacted_store(const std::string& uri);

} // namespace throng::config
