#include "query/csv_table.hpp"

#include <algorithm>

#include "analytics/json_text.hpp"
#include "config/csv_cell.hpp"

namespace throng::query {

namespace {

template <class TextOf>
std::string line_of(const std::vector<std::string>& columns, TextOf text_of) {
  std::string out;
  for (const auto& column : columns) {
    if (&column != &columns.front())
      out += ',';
    append_csv_cell(out, text_of(column));
  }
  return out;
}

} // namespace

std::string plain_text(const boost::json::value* x) {
  if (x == nullptr || x->is_null())
    return {};
  if (x->is_string())
    return std::string(x->get_string());
  std::string out;
  analytics::append_json_text(out, *x);
  return out;
}

void column_names::learn(const flat_document& row) {
  std::size_t after = 0;
  for (const auto& [name, value] : row) {
    auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end())
      found = names_.insert(names_.begin() + static_cast<std::ptrdiff_t>(after), name);
    after = static_cast<std::size_t>(found - names_.begin()) + 1;
  }
}

std::string csv_head(const std::vector<std::string>& columns) {
  return line_of(columns, [](const std::string& column) { return column; });
}

std::string csv_row(const std::vector<std::string>& columns, const flat_document& row) {
  return line_of(columns, [&](const std::string& column) { return plain_text(leaf_of(row, column)); });
}

} // namespace throng::query
