// result_store in one SQLite file: the embedded default. A table a collection, whose queryable fields are real columns with indexes,
// and whose bodies are JSON text.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "storage/result_store.hpp"

namespace throng::storage {

struct sqlite_options {
  bool read_only = false;
  std::chrono::milliseconds busy{5'000}; ///< how long a call waits for another program's lock
};

/// @param file made if it is not there, in a folder that is. A database of something else is refused.
/// Read only, it also opens where neither file nor folder can be written, as long as no other program left anything in the WAL.
expected<std::unique_ptr<result_store>> open_sqlite_store(const std::string& file, const sqlite_options& options);

} // namespace throng::storage
