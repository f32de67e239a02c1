// Takes every message of a partition into files, as a task beside the pipeline's engine with a checkpoint of its own. Decides which messages
// go together (by hour of event time, in order, up to the sink's bounds) and when they go: at a checkpoint at the latest, so that a
// checkpoint covers whole files. Writing them is sinks/' affair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "analytics/partition_task.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// Whose checkpoints a sink of a pipeline has.
std::string sink_owner(const config::pipeline& of, const config::sink& which);

/// Event time is the pipeline's; of a message that it can't be read from, Kafka's. Tombstones and what is no JSON go too: each message is
/// a row. @pre `which` is among the pipeline's sinks
std::unique_ptr<partition_task> make_event_sink(std::shared_ptr<const config::pipeline> of, std::size_t which,
                                                std::string topic, std::int32_t partition);

} // namespace throng::analytics
