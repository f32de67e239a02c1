// librdkafka's in-process cluster: real protocol, no server. It keeps 5 MiB a partition, so whoever fills it must bound what is in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/error.hpp"

struct rd_kafka_mock_cluster_s;

namespace throng::transport {

/// What the source identities of every embedded cluster begin with.
inline constexpr std::string_view embedded_source_prefix = "embedded:";

/// May be asked by several threads. Must outlive its producers and consumers.
class embedded_cluster {
public:
  static expected<std::unique_ptr<embedded_cluster>> start(int brokers = 1);
  ~embedded_cluster();

  std::string bootstrap_servers() const;
  /// conflict: it is there already.
  expected<void> create_topic(const std::string& name, std::int32_t partitions);
  std::int32_t partitions(const std::string& topic) const; ///< 0: no such topic
  /// Unique to this cluster: it is gone with the process.
  const std::string& id() const;

  /// For tests that make it fail (rdkafka_mock.h).
  rd_kafka_mock_cluster_s* native() const;

private:
  embedded_cluster();
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::transport
