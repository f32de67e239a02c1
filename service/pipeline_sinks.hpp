// The sinks that pipelines declare, opened for an analysis.
#pragma once

#include <memory>
#include <vector>

#include "actors/analysis_plan.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/error.hpp"
#include "service/sink_metrics.hpp"

namespace throng::service {

/// invalid: one wants what this program was not built with, or what is not in the environment.
/// @param dead_letters where rows go that a server refuses; from any thread
expected<counted_sinks> open_sinks(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans,
                                   const actors::side_message_sink& dead_letters);

} // namespace throng::service
