// Flat JSON messages as rows of a table, by RFC 4180: a header, then a cell a field. Numbers keep their own text; null and absent are empty.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace throng::transport {

/// One table. Not for several threads.
class csv_rows {
public:
  explicit csv_rows(std::span<const std::string_view> columns);
  ~csv_rows();
  csv_rows(csv_rows&&) noexcept;
  csv_rows& operator=(csv_rows&&) noexcept;

  /// Without the line's end.
  std::string header() const;

  /// Valid until the next call, without the line's end. No text (data() is null): the message is no flat JSON object with fields among the
  /// columns, and so no row.
  std::string_view row(std::string_view message);

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::transport
