// The one function of the module that knows Apache Arrow. Both sides are built together.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sinks/column_table.hpp"

namespace throng::sinks {

inline constexpr const char* parquet_module_file = "throng_parquet.so";
inline constexpr const char* parquet_module_function = "throng_open_parquet";

/// A file being written. What returns false says why not in `why`, unless it was the taker of its bytes.
class parquet_file {
public:
  virtual ~parquet_file() = default;
  virtual bool append(const column_table& rows, std::string& why) = 0;
  virtual bool finish(std::string& why) = 0;
};

/// The file's bytes go to `to`, in order; false from it ends the file. Null: `why` is why not. The caller deletes it.
using parquet_opener = parquet_file*(const column_table* shape, bool zstd,
                                     const std::function<bool(std::string_view)>* to, std::string* why);

} // namespace throng::sinks
