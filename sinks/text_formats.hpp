// Messages as text: a line of JSON each, or a row of CSV.
#pragma once

#include <string>

#include "analytics/sink_rows.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "sinks/column_table.hpp"

namespace throng::sinks {

/// An event as it came, on one line, with _partition, _offset, _time and _key behind its own fields; what is no JSON object has its bytes in
/// _raw, a tombstone nothing more.
void append_ndjson(std::string& out, const analytics::sink_rows& rows, const analytics::sink_row& row);
/// All of them.
std::string to_ndjson(const analytics::sink_rows& rows);

/// A head, then a row each, by RFC 4180; null is the empty cell, and empty text is "".
std::string to_csv(const column_table& table);

expected<std::string> compress(std::string text, config::sink_compression how);

} // namespace throng::sinks
