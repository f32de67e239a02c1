// The world's messages into Kafka, real or embedded, through one producer handle. On the embedded cluster, which keeps 5 MiB a
// partition, what is in flight is bounded: produced less taken in by the processors.
#pragma once

#include <map>
#include <memory>

#include "actors/message_sink.hpp"
#include "simulation/world.hpp"
#include "transport/embedded.hpp"
#include "transport/flow_budget.hpp"
#include "transport/message.hpp"

namespace throng::actors {

/// Topics of the world, prefix included, by their number in simulation::all_topics.
std::string topic_name(const simulation::world& world, simulation::topic which);

/// @param cluster where the settings name the embedded one; else null
/// @param budget what bounds the bytes in flight there; else null
expected<std::shared_ptr<message_sink>> make_kafka_sink(const simulation::world& world,
                                                        const transport::embedded_cluster* cluster,
                                                        std::shared_ptr<transport::flow_budget> budget);

} // namespace throng::actors
