// One SQLite file as its users want it: opened with its tables, one connection that writes and one that reads, whole transactions,
// errors in our words. What lies in the tables is its users'.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include "config/error.hpp"
#include "storage/sqlite_connection.hpp"
#include "storage/sqlite_error.hpp"

namespace throng::storage {

/// Thread-safe.
class sqlite_database {
public:
  /// Errors as open_sqlite_store's.
  static expected<std::unique_ptr<sqlite_database>> open(const std::string& file, bool read_only,
                                                         std::chrono::milliseconds busy);

  /// @param writer null: read only
  sqlite_database(std::string file, std::unique_ptr<sqlite_connection> writer,
                  std::unique_ptr<sqlite_connection> reader)
      : file_(std::move(file))
      , writer_(std::move(writer))
      , reader_(std::move(reader)) {}

  /// As the user named it.
  const std::string& file() const {
    return file_;
  }

  /// A whole transaction, begun as a writer's: one that reads first and then wants to write fails at once when another program wrote
  /// in between, whatever the busy time-out. An error of `body` undoes it.
  /// @param body `expected<T>(sqlite_connection&)`, may throw SQLite::Exception
  template <class Body>
  auto writing(Body body) -> decltype(body(std::declval<sqlite_connection&>())) {
    if (!writer_)
      return fail(error_kind::denied, fmt::format("{}: the store is opened for reading only", file_));
    std::scoped_lock lock{writing_};
    try {
      SQLite::Transaction transaction{writer_->database(), SQLite::TransactionBehavior::IMMEDIATE};
      auto result = body(*writer_);
      if (result)
        transaction.commit();
      return result;
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(sqlite_error(e, file_));
    }
  }

  /// Reads go over a connection of their own: in WAL mode they see the last commit and wait for no batch.
  template <class Body>
  auto reading(Body body) -> decltype(body(std::declval<sqlite_connection&>())) {
    std::scoped_lock lock{reading_};
    try {
      return body(*reader_);
    } catch (const SQLite::Exception& e) {
      return tl::unexpected(sqlite_error(e, file_));
    }
  }

private:
  std::string file_;
  std::mutex writing_;
  std::mutex reading_;
  std::unique_ptr<sqlite_connection> writer_;
  std::unique_ptr<sqlite_connection> reader_;
};

} // namespace throng::storage
