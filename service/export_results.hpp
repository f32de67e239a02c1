// `throng export windows|alerts|events`: results of a store as CSV, NDJSON or Parquet, as `throng query` shows them, in bounded memory.
#pragma once

#include <CLI/App.hpp>

#include "service/command_line.hpp"

namespace throng::service {

/// @param into the command `export`
void add_export_of_results(program& to, CLI::App& into);

} // namespace throng::service
