// What people do to alerts, over HTTP: as `throng alerts` does it.
#pragma once

#include "service/http/router.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// Adds POST /api/alerts/{id}/DEED for each of query::deed_words, POST /api/mutes and /api/mutes/{id}/end; who may ask is http/access.hpp's.
/// @param store borrowed; outlives the server
void add_alert_routes(http::router& to, storage::result_store& store);

} // namespace throng::service
