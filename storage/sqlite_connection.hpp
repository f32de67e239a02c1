// One SQLite connection with the pragmas that were measured, and its prepared statements, made once and reused.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "config/error.hpp"

namespace throng::storage {

/// Not thread-safe: whoever shares one locks.
class sqlite_connection {
public:
  enum class access { read_write, read, read_immutable };

  /// Throws SQLite::Exception.
  /// @param busy how long a call waits for another program's lock
  sqlite_connection(const std::string& file, access as, std::chrono::milliseconds busy);

  /// A prepared statement, reset when this goes: a statement left in the middle of its rows holds a lock.
  class use {
  public:
    explicit use(SQLite::Statement& statement)
        : statement_(statement) {}
    use(const use&) = delete;
    use& operator=(const use&) = delete;
    ~use() {
      statement_.tryReset();
      // Only throws for a statement that was moved from.
      statement_.clearBindings();
    }
    SQLite::Statement* operator->() {
      return &statement_;
    }
    SQLite::Statement& operator*() {
      return statement_;
    }

  private:
    SQLite::Statement& statement_;
  };
  /// Throws SQLite::Exception. One use of the same text at a time.
  use prepared(const std::string& sql);

  SQLite::Database& database() {
    return database_;
  }

private:
  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement> statements_; ///< after database_: they end first
};

} // namespace throng::storage
