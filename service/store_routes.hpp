// The HTTP API over a store: what `throng query` answers, under the same names. Thread-safe as the store is.
#pragma once

#include <memory>

#include "service/http/router.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// Adds /healthz, /readyz and /api/windows, alerts, labels, events, runs, entities, pipelines and score.
/// @param store borrowed; outlives the server
void add_store_routes(http::router& to, storage::result_store& store);

} // namespace throng::service
