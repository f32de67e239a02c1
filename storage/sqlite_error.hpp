// What SQLite says went wrong, as an error of ours. The one place that knows its codes.
#pragma once

#include <string>

#include <SQLiteCpp/Exception.h>

#include "config/error.hpp"

namespace throng::storage {

/// @param file as the user named it
error sqlite_error(const SQLite::Exception& what, const std::string& file);

} // namespace throng::storage
