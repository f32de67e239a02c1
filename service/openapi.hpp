// The API's description, service/openapi.json, compiled in.
#pragma once

namespace throng::service {

extern const char* const openapi_text;

} // namespace throng::service
