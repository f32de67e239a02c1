// What SQLite says went wrong, as an error of ours. The one place that knows its codes.
#pragma once

#include <string>

#include <SQLiteCpp/Exception.h>

#include "config/error.hpp"

namespace throng::storage {

/// @param file as the user named it
/// @param system_errno of the connection's last failed call to the operating system; 0 where there is no connection
error sqlite_error(const SQLite::Exception& what, const std::string& file, int system_errno);

} // namespace throng::storage
