// librdkafka's in-process cluster: real protocol, no server. It keeps 5 MiB a partition, so whoever fills it must bound what is in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/error.hpp"

namespace throng::transport {

class embedded_cluster {
public:
  static expected<std::unique_ptr<embedded_cluster>> start(int brokers = 1);
  ~embedded_cluster();

  std::string bootstrap_servers() const;
  expected<void> create_topic(const std::string& name, std::int32_t partitions);
  std::int32_t partitions(const std::string& topic) const; ///< 0: no such topic
  /// Unique to this cluster: it is gone with the process.
  const std::string& id() const;

private:
  embedded_cluster();
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::transport
