// The API's description, service/openapi.json, compiled in.
#pragma once

#include <string>

#include "service/http/router.hpp"

namespace throng::service {

extern const char* const openapi_text;

/// Of all that is described, what these routes answer: a server without a world describes no /api/world.
std::string describe_api(const http::router& routes);

} // namespace throng::service
