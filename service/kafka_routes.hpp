// What people open a broker's own page for, over HTTP: topics with their offsets, messages, groups and their lag. Reads only; in no group, and
// commits nothing.
#pragma once

#include "config/settings.hpp"
#include "service/http/router.hpp"

namespace throng::service {

/// Adds /api/topics, /api/topics/{topic}/messages and /api/groups over a real cluster. Each request asks it anew, within seconds.
void add_kafka_routes(http::router& to, config::kafka_settings cluster);

} // namespace throng::service
