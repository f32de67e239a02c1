// What the module that knows libpqxx does for the sink of PostgreSQL, and the function by which it is had. Both sides are built together.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace throng::sinks {

inline constexpr const char* postgres_module_file = "throng_postgres.so";
inline constexpr const char* postgres_module_function = "throng_open_postgres";

/// A row as text; none is null.
using postgres_row = std::vector<std::optional<std::string>>;

struct postgres_server {
  std::string uri;                         ///< for libpq; never shown
  std::chrono::milliseconds limit{30'000}; ///< a transaction
};

struct postgres_failure {
  std::string state;   ///< SQLSTATE; empty: there is no connection, or nobody knows what became of the transaction
  std::string message; ///< without the values that the server quotes behind its first line
};

/// One transaction.
struct postgres_copy {
  std::string before;               ///< SQL, such as that which makes the table that rows are copied into
  std::string table;                ///< that one, as SQL names it
  std::vector<std::string> columns; ///< of it, as SQL names them
  std::string lines;                ///< as COPY reads them: append_copy_line
  std::string behind;               ///< SQL
};

/// A connection, made when it is first needed and again after a failure. From one thread at a time.
class postgres_session {
public:
  virtual ~postgres_session() = default;
  /// What one statement answers. False: `why` says why not.
  virtual bool ask(const std::string& sql, std::vector<postgres_row>& rows, postgres_failure& why) = 0;
  /// All of it or, on false, nothing, unless `why` has no state.
  virtual bool copy(const postgres_copy& what, postgres_failure& why) = 0;
};

/// The caller deletes it. Nothing is asked yet.
using postgres_opener = postgres_session*(const postgres_server* server);

} // namespace throng::sinks
