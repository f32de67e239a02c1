// The world's messages into Kafka, real or embedded, through one producer handle. On the embedded cluster, which keeps 5 MiB
// a partition, what is in flight is bounded: produced less taken in by the processors.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "actors/message_sink.hpp"
#include "simulation/world.hpp"
#include "transport/embedded.hpp"
#include "transport/flow_budget.hpp"
#include "transport/message.hpp"

namespace throng::actors {

class kafka_sink : public message_sink {
public:
  /// Where each partition of the world's topics ends now (exclusive). After finish().
  virtual expected<std::map<transport::topic_partition, std::int64_t>> ends() = 0;
};

/// @param cluster where the settings name the embedded one; else null
/// @param budget what bounds the bytes in flight there; else null
expected<std::shared_ptr<kafka_sink>> make_kafka_sink(const simulation::world& world,
                                                      const transport::embedded_cluster* cluster,
                                                      std::shared_ptr<transport::flow_budget> budget);

/// conflict where a topic of the world on a real cluster holds messages already: two worlds in one topic can't be told apart.
expected<void> refuse_used_topics(const simulation::world& world);

} // namespace throng::actors
