// What the sinks of an analysis have put away, how far each is behind, and how often it failed, for Prometheus.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/analysis_plan.hpp"
#include "actors/analysis_progress.hpp"
#include "service/metrics.hpp"

namespace throng::service {

/// Written by the writers of an analysis, read by scrapes: thread-safe.
class sink_figures {
public:
  sink_figures();
  ~sink_figures();

  /// The sink, counted from now on.
  std::shared_ptr<actors::row_sink> counted(const std::string& pipeline, const std::string& sink,
                                            std::shared_ptr<actors::row_sink> of);

private:
  friend void add_sink_metrics(metrics&, const std::shared_ptr<const sink_figures>&,
                               std::function<actors::progress_snapshot()>, std::string);
  struct implementation;
  std::shared_ptr<implementation> impl_;
};

/// `throng_sink_rows_total` and `throng_sink_errors_total` by pipeline and sink, and `throng_sink_lag_messages` by topic and partition too.
/// @param prefix of topics in `progress`, which sinks do not know
void add_sink_metrics(metrics& to, const std::shared_ptr<const sink_figures>& of,
                      std::function<actors::progress_snapshot()> progress, std::string prefix);

} // namespace throng::service
