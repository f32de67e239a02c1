// From an entry of a pipeline's `windows` to its plan.
#pragma once

#include <string>
#include <vector>

#include "analytics/group_table.hpp"
#include "analytics/plan_findings.hpp"
#include "analytics/window_plan.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// @param key of the pipeline's events
/// @param groups of the windows so far: one more where its own is not among them
window_plan compile_window(const config::window& window, const std::string& path, const std::string& key,
                           std::vector<group_plan>& groups, field_table& fields, plan_findings& found);

} // namespace throng::analytics
