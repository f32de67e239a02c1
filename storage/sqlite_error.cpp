#include "storage/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace throng::storage {

error sqlite_error(const SQLite::Exception& what, const std::string& file) {
  auto say = [&](error_kind kind, std::string_view sentence, bool retryable = false) {
    return error{kind, fmt::format("{}: {}", file, sentence), retryable};
  };
  constexpr std::string_view no_space =
      "the disk is full or over its quota; what was being written is rolled back: make room and start again";
  switch (what.getErrorCode()) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return say(error_kind::unavailable, "another program holds the database's lock", true);
  case SQLITE_FULL:
    return say(error_kind::exhausted, no_space);
  case SQLITE_TOOBIG:
  case SQLITE_NOMEM:
    return say(error_kind::exhausted, what.what());
  case SQLITE_IOERR:
    // A quota or a limit on files shows as this; a disk without room as SQLITE_FULL.
    if (what.getExtendedErrorCode() == SQLITE_IOERR_WRITE)
      return say(error_kind::exhausted, no_space);
    return say(error_kind::unavailable, fmt::format("it can't be read or written now ({})", what.what()), true);
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return say(error_kind::denied, "it can't be written: the file or its folder is read-only");
  case SQLITE_CANTOPEN:
    return say(error_kind::denied, "it can't be opened: look at the rights of the file and its folder");
  case SQLITE_NOTADB:
    return say(error_kind::corrupt, "it is not an SQLite database; give another file");
  case SQLITE_CORRUPT:
    return say(error_kind::corrupt, fmt::format("the database is damaged ({})", what.what()));
  default:
    return say(error_kind::internal, fmt::format("SQLite: {} ({})", what.what(), what.getExtendedErrorCode()));
  }
}

} // namespace throng::storage
