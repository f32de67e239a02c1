// How the module that knows Apache Arrow hands over the rows of a file that it reads. Both sides are built together.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace throng::sinks {

inline constexpr const char* parquet_rows_function = "throng_read_parquet";

/// Takes a value, part by part.
class value_taker {
public:
  virtual ~value_taker() = default;
  virtual void null() = 0;
  virtual void flag(bool x) = 0;
  virtual void number(std::string_view text) = 0; ///< as JSON has it
  virtual void text(std::string_view bytes) = 0;
  virtual void time(std::int64_t ms) = 0;
  virtual void open_list() = 0;
  virtual void close_list() = 0;
  virtual void open_object() = 0;
  virtual void name(std::string_view field) = 0;
  virtual void close_object() = 0;
};

/// Rows of a file, one after another. What returns false says why not in `why`; at the end it stays empty.
class parquet_row_reader {
public:
  virtual ~parquet_row_reader() = default;
  virtual std::vector<std::string> columns() const = 0;
  virtual bool next(std::string& why) = 0;
  /// Of the row that next() came to.
  virtual void value(std::size_t column, value_taker& to) const = 0;
};

/// Null: `why` is why not. The caller deletes it.
using parquet_rows_opener = parquet_row_reader*(const char* path, std::string* why);

} // namespace throng::sinks
