// Tries what a simulator and an analyser do with a real cluster, on a topic of its own that it deletes again. What `throng doctor` asks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/settings.hpp"

namespace throng::transport {

enum class probe_step { reach, create, write, read, remove };

struct probe_result {
  probe_step step = probe_step::reach;
  expected<std::string> outcome; ///< what was seen, or why not
};

/// Each step that could be tried, in order: after one that failed only the clearing up is. Seconds at most.
std::vector<probe_result> probe_cluster(const config::settings& settings);

} // namespace throng::transport
