// The rows of a Parquet file as JSON, one after another, in bounded memory: what a file has in columns, a message has in fields.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "sinks/parquet_rows_module.hpp"

namespace throng::sinks {

class parquet_rows {
public:
  /// invalid: the file is no Parquet, has columns that JSON can't hold, or this program has no module for it.
  static expected<parquet_rows> open(const std::string& path);

  const std::vector<std::string>& columns() const {
    return columns_;
  }
  /// Goes to the next row; false at the end.
  expected<bool> next();
  /// Appends a column's value in this row: times as ISO 8601, bytes that are no UTF-8 as `base64:` and those.
  void append(std::size_t column, std::string& json) const;

private:
  parquet_rows(std::string path, std::unique_ptr<parquet_row_reader> from);

  std::string path_;
  std::unique_ptr<parquet_row_reader> from_;
  std::vector<std::string> columns_;
};

} // namespace throng::sinks
