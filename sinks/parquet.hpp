// Parquet, by a module of its own that is loaded when it is first asked for: Apache Arrow is large, not everybody has it, and no other command
// should wait for it.
#pragma once

#include <string>

#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "sinks/column_table.hpp"

namespace throng::sinks {

/// invalid: this program has no module; the sentence says what to do. From any thread.
expected<void> check_parquet();

/// A whole file, with statistics of each column.
expected<std::string> to_parquet(const column_table& table, config::sink_compression how);

} // namespace throng::sinks
