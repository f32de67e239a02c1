// What `run` and `analyze` share: waiting for an analysis, its progress, its figures in the report.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "actors/analysis.hpp"
#include "config/error.hpp"
#include "config/time.hpp"

namespace throng::service {

/// --checkpoint-every.
struct checkpoint_options {
  std::string text = "5s";

  void add_to(CLI::App& command);
  /// invalid: no duration above 0.
  expected<milliseconds> every() const;
};

/// `lag 120  windows 40  alerts 2`: the progress line's second half.
std::string describe_progress(const actors::progress_snapshot& at);

/// Messages taken in from topics whose messages count as events: not truth.* and analytics.*.
std::uint64_t events_consumed(const actors::progress_snapshot& at, const std::string& topic_prefix);

/// Adds skipped, resumed_messages, windows, alerts, late, late_by_window, dead_letters, not_fed (events older than the watermark, kept from features, detectors
/// and rules), written (messages to topics that pipelines name), and the analysis' restarts to those there.
void add_analysis_figures(boost::json::object& report, const actors::progress_snapshot& at);

} // namespace throng::service
