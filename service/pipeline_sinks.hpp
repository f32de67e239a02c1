// The sinks that pipelines declare, opened for an analysis.
#pragma once

#include <memory>
#include <vector>

#include "analytics/pipeline_plan.hpp"
#include "config/error.hpp"
#include "service/sink_metrics.hpp"

namespace throng::service {

/// invalid: one wants what this program was not built with.
expected<counted_sinks> open_sinks(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans);

} // namespace throng::service
