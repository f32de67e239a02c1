// The messages of one file, whatever its format: a line each (NDJSON, records), or a row each (CSV, Parquet). Leaves to replay_source which field
// is the key and which the time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "service/replay_source.hpp"

namespace throng::service {

class message_rows {
public:
  virtual ~message_rows() = default;
  /// None at the end. An error names the place.
  virtual expected<std::optional<replayed>> next() = 0;
  /// Where the last one stands, as `FILE:LINE` or `FILE: row N`.
  virtual std::string place() const = 0;
};

/// By the file's name: `.parquet`, `.csv`, `.records.ndjson`, or else a message a line; all but Parquet also packed, `.gz` and `.zst`.
/// @param texts columns of CSV files that are text, whatever a cell looks like
/// not_found, denied or invalid, naming the path.
expected<std::unique_ptr<message_rows>> open_message_rows(const std::string& path,
                                                          const std::vector<std::string>& texts);

/// Longer lines and rows are no messages that a broker would take.
inline constexpr std::size_t longest_line = 256U << 20U;

expected<std::unique_ptr<message_rows>> open_csv_rows(const std::string& path, const std::vector<std::string>& texts);
expected<std::unique_ptr<message_rows>> open_parquet_rows(const std::string& path);

} // namespace throng::service
