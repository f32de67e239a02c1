// Takes a pipeline's final windows, or its alerts, of a partition into a sink. It runs the pipeline's engine once more, for itself: results are a
// function of the messages and their order, so it needs nobody's word for them, and holds nobody back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "analytics/partition_task.hpp"
#include "analytics/pipeline_plan.hpp"

namespace throng::analytics {

/// A row for each result: its key is the document's id, its value what queries show (with csv and parquet its leaves, by dotted names), its offset that of
/// the message by which it came. @pre `which` is among the pipeline's sinks, not of events; the plan does not re-key
std::unique_ptr<partition_task> make_result_sink(std::shared_ptr<const pipeline_plan> plan, std::size_t which,
                                                 const std::string& topic, std::int32_t partition);

} // namespace throng::analytics
