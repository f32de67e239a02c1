// The world's messages into Kafka, real or embedded, through one producer handle. On the embedded cluster, which keeps 5 MiB
// a partition, what is in flight is bounded: produced less taken in by the processors.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/message_sink.hpp"
#include "simulation/world.hpp"
#include "transport/embedded.hpp"
#include "transport/message.hpp"

namespace throng::actors {

class kafka_sink : public message_sink {
public:
  /// Where each partition of the world's topics ends now (exclusive). After finish().
  virtual expected<std::map<transport::topic_partition, std::int64_t>> ends() = 0;

  /// Whether everything that was handed over has been taken in by its processors. On the embedded cluster only.
  virtual bool all_taken_in() const = 0;

  /// Bytes of a partition have been taken in by its processors: on the embedded cluster there is room for as many more.
  /// From any thread.
  virtual void taken_in(const transport::topic_partition& which, std::size_t bytes) = 0;
};

/// @param cluster where the settings name the embedded one; else null
expected<std::shared_ptr<kafka_sink>> make_kafka_sink(const simulation::world& world,
                                                      const transport::embedded_cluster* cluster);

/// Where each partition of the world's topics ends on a real cluster, by run; 0 where there is no such topic.
/// @param settled asks until the ends don't move any more: a killed producer's last messages may still be under way (seconds)
expected<std::vector<std::int64_t>> topic_ends(const simulation::world& world, bool settled = false);

} // namespace throng::actors
