// Messages as rows of a table of PostgreSQL. What it can't hold is null, and the message then in _raw. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/sink_rows.hpp"
#include "config/pipeline.hpp"
#include "sinks/postgres_module.hpp"

namespace throng::sinks {

/// Whether a message is one JSON object that jsonb takes: no text with a NUL, no number of more places than `numeric` has.
bool fits_jsonb(std::string_view message);

/// As COPY reads it, with its line end. @pre no text holds a NUL
void append_copy_line(std::string& out, const postgres_row& row);

/// Cells in the order of postgres_table's columns. @param which places of rows; of results with the same id only the last is among those that
/// come back, since one statement can replace a row only once
std::vector<postgres_row> postgres_rows(const analytics::sink_rows& rows, const std::vector<std::size_t>& which,
                                        const config::sink& of);

} // namespace throng::sinks
