// What people's verdicts have made of the detectors' thresholds, change by change: who, when, from what to what. Nothing is stored but the verdicts, so it
// is told of those that were given before a detector was taught as well, by the pipelines' last definitions. How a threshold follows from verdicts
// is analytics/taught_threshold's; from which message on an analysis counts them stands in its `inputs`.
#pragma once

#include <vector>

#include "config/error.hpp"
#include "query/presented.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

/// Those of the request's pipeline, entity and times (when the verdict was given), in no order:
/// `{"at","by","note","pipeline","detector","entity","alert","verdict","score","from","to"}`. `entity` is null where all entities are taught alike; `from`
/// and `to` are null where the detector's own threshold alone counts.
expected<std::vector<presented>> threshold_changes(storage::result_store& store, const request& what);

} // namespace throng::query
