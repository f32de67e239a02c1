// The sinks that pipelines declare, opened for an analysis.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/analysis_plan.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/error.hpp"
#include "service/sink_metrics.hpp"

namespace throng::service {

struct opened_sinks {
  std::map<std::string, std::shared_ptr<actors::row_sink>> by_owner; ///< of their checkpoints
  std::shared_ptr<sink_figures> figures = std::make_shared<sink_figures>();
};

/// invalid: one wants what this program was not built with.
expected<opened_sinks> open_sinks(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans);

} // namespace throng::service
