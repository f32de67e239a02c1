// Where a run reads, writes and stores: what `kafka`, `store` and `topics` say in a scenario or a --settings file.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace throng::config {

struct kafka_settings {
  /// `host:port,…`, or `embedded` for librdkafka's in-process cluster.
  std::string brokers = "embedded";
  /// Every other property, passed to librdkafka by its own name. May hold secrets: never log the values.
  std::map<std::string, std::string> properties;

  bool embedded() const {
    return brokers == "embedded";
  }

  friend bool operator==(const kafka_settings&, const kafka_settings&) = default;
};

struct topic_settings {
  std::string prefix;
  std::int32_t partitions = 4;
  std::int16_t replication = 1;
  std::int64_t retention_bytes = -1; ///< `retention.bytes` of topics that Throng makes; their `retention.ms` is -1

  friend bool operator==(const topic_settings&, const topic_settings&) = default;
};

struct settings {
  kafka_settings kafka;
  /// `sqlite:FILE`, `mongodb://…` (may hold a password: print only through `redacted_store`), or `none`.
  std::string store = "sqlite:throng.db";
  topic_settings topics;

  friend bool operator==(const settings&, const settings&) = default;
};

/// The store's URI without user and password, for logs, errors and reports.
std::string redacted_store(const std::string& uri);

} // namespace throng::config
