// One cell of a CSV row, by RFC 4180. Rows, columns and line ends are their writers' affair.
#pragma once

#include <string>
#include <string_view>

namespace throng {

/// Appends `text`, in quotes where it holds a quote, a comma or a line's end.
void append_csv_cell(std::string& out, std::string_view text);

} // namespace throng
