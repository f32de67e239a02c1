// A sink that is a table of PostgreSQL: each batch is copied into a table of its transaction's own and from there into the sink's, where a row of the same
// place, or a result of the same id, is replaced. So a repeat changes nothing, whoever sends it. Decides what an error means for the rows; who talks
// to the server is a module's affair, by libpqxx.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "analytics/sink_rows.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "sinks/postgres_module.hpp"
#include "sinks/postgres_table.hpp"
#include "sinks/row_batches.hpp"

namespace throng::sinks {

/// Thread-safe: one caller after the other.
class postgres_sink {
public:
  postgres_sink(config::sink what, std::unique_ptr<postgres_session> session, row_batches::refuser refuse,
                row_batches::bounds most = {10'000, std::size_t{8} << 20U});

  /// As row_batches has it.
  expected<void> put(const analytics::sink_rows& rows);
  /// Makes the table where there is none. conflict: one is there that does not take the rows, and how it differs
  expected<void> take_over(const std::string& topic, std::int32_t partition);

private:
  expected<batch_answer> send(const analytics::sink_rows& rows, const row_places& which);
  error said(const postgres_failure& why) const;

  config::sink what_;
  postgres_table table_;
  std::string server_; ///< for people
  std::unique_ptr<postgres_session> session_;
  row_batches batches_;
  std::mutex mutex_; ///< of the session
};

/// invalid: this program has no module; the sentence says what to do. No server is asked yet.
expected<std::unique_ptr<postgres_session>> open_postgres(const config::sink& what);

/// What libpq is given: the address, and limits that it does not have itself.
std::string postgres_uri(const config::sink& what);

} // namespace throng::sinks
