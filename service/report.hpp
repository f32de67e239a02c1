// What --report writes: one JSON object about the run (commands.md).
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "config/error.hpp"

namespace throng::service {

/// Adds wall_seconds (since the process began), cpu_seconds, peak_rss_bytes and events_per_second (of `events`, or else of `consumed`).
void add_process_figures(boost::json::object& report);

/// @param to a path, or `-` for standard output
expected<void> write_report(const boost::json::object& report, const std::string& to);

} // namespace throng::service
