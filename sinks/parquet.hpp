// Parquet, by a module of its own that is loaded when it is first asked for: Apache Arrow is large, not everybody has it, and no other command
// should wait for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "sinks/column_table.hpp"

namespace throng::sinks {

/// invalid: this program has no module; the sentence says what to do. From any thread.
expected<void> check_parquet();

/// A file of several tables, one after another: as many groups of rows, each with statistics of its columns.
class parquet_writer {
public:
  using taker = std::function<expected<void>(std::string_view)>;

  /// @param shape a table with the file's columns; its rows are not looked at @param to takes the file's bytes, in order
  static expected<parquet_writer> open(const column_table& shape, config::sink_compression how, taker to);
  parquet_writer(parquet_writer&&) noexcept;
  parquet_writer& operator=(parquet_writer&&) noexcept;
  ~parquet_writer();

  /// @pre the columns are those of the shape
  expected<void> append(const column_table& rows);
  expected<void> finish();

private:
  struct implementation;
  explicit parquet_writer(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> impl_;
};

/// A whole file.
expected<std::string> to_parquet(const column_table& table, config::sink_compression how);

} // namespace throng::sinks
