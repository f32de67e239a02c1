// The target of a request line, `/api/entities/sensor-000042?limit=5`, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"
#include "service/http/message.hpp"

namespace throng::service::http {

struct target {
  std::vector<std::string> path;
  text_pairs query;
};

/// @returns invalid where it is no absolute path, an escape is broken, a segment is empty, `.` or `..` (also where they
/// hide behind escapes), text is no UTF-8, or holds a control character
expected<target> parse_target(std::string_view text);

} // namespace throng::service::http
