// The sinks that pipelines declare, opened for an analysis.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/analysis_plan.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/error.hpp"

namespace throng::service {

/// By the owner of their checkpoints. invalid: one wants what this program was not built with.
expected<std::map<std::string, std::shared_ptr<actors::row_sink>>>
open_sinks(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans);

} // namespace throng::service
