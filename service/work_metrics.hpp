// The figures of a world and of an analysis for Prometheus, from what both count anyway: read at each scrape, nothing is counted twice.
#pragma once

#include <functional>

#include <boost/json/object.hpp>

#include "actors/analysis_progress.hpp"
#include "actors/conductor.hpp"
#include "service/metrics.hpp"

namespace throng::service {

/// `throng_world_…`.
/// @param progress borrowed; outlives the metrics' last scrape
void add_world_metrics(metrics& to, const actors::world_progress& progress);

/// `throng_analysis_…`, and by topic and partition `throng_consumer_lag_messages` and `throng_watermark_timestamp_seconds`.
void add_analysis_metrics(metrics& to, std::function<actors::progress_snapshot()> progress);

/// The same for the event stream's `rates`: `{"lag","restarts"}` of an analysis and, where there is a world, its `events`.
/// @param world may be null
boost::json::object live_figures(const actors::world_progress* world, const actors::progress_snapshot& analysis);

} // namespace throng::service
