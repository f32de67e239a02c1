// What goes to standard error: the log and what commands say, as text or as JSON, a line each.
#pragma once

#include <string>

#include "service/command_line.hpp"

namespace throng::service {

void set_up_logging(const global_options& options);

/// Whether every line of standard error is to be a JSON object.
bool log_is_json();

/// A line to standard error whatever the log's level: as it is, or as `{"time","level","message"}`. Never throws: there may be nobody
/// left who reads it.
void say(const std::string& line, const char* level = "info");

} // namespace throng::service
