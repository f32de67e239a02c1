// Exported rows as one Parquet file. Which columns there are, and of which types, is known only behind the last row: until then rows lie in a
// temporary file that nobody else sees, so that any number of them needs bounded memory and is asked for once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"
#include "query/document_fields.hpp"

namespace throng::service {

class parquet_output {
public:
  /// @param to a folder @param name of the file, without `.parquet`
  /// @param time_fields those that are times where all of their values are
  /// invalid: no folder, or this program can't write Parquet. conflict: there is such a file, and `force` is not given
  static expected<parquet_output> open(const std::string& to, const std::string& name,
                                       std::vector<std::string> time_fields, bool force);
  parquet_output(parquet_output&&) noexcept;
  parquet_output& operator=(parquet_output&&) noexcept;
  ~parquet_output();

  expected<void> append(const query::flat_document& row);
  /// @param packed is told how many rows are in the file; its error ends it
  expected<void> finish(const std::function<expected<void>(std::uint64_t)>& packed);

private:
  struct implementation;
  explicit parquet_output(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service
