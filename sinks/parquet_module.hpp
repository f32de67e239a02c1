// The one function of the module that knows Apache Arrow. Both sides are built together.
#pragma once

#include <string>

#include "sinks/column_table.hpp"

namespace throng::sinks {

inline constexpr const char* parquet_module_file = "throng_parquet.so";
inline constexpr const char* parquet_module_function = "throng_write_parquet";

/// Writes a file into `out`. False: `out` is why not.
using parquet_writer = bool(const column_table* table, bool zstd, std::string* out);

} // namespace throng::sinks
