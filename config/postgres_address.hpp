// Where a sink's PostgreSQL is: `postgresql://[USER@]HOST[:PORT]/DATABASE?OPTION=…`, as libpq takes it, without what is a secret: a password comes
// from the environment or a file, as libpq looks for it.
#pragma once

#include <string_view>

#include "config/error.hpp"

namespace throng::config {

inline bool is_postgres(std::string_view to) {
  return to.starts_with("postgresql://") || to.starts_with("postgres://");
}

/// invalid: the sentence says what is allowed, and shows nothing that may be a secret. @pre is_postgres(to)
expected<void> check_postgres(std::string_view to);

} // namespace throng::config
