// Answers as text: a table for people, JSON, NDJSON and CSV for programs.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analytics/json_text.hpp"
#include "query/csv_table.hpp"
#include "query/document_fields.hpp"
#include "query/query.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

constexpr std::string_view column_gap = "  ";
// A table's cell is cut here, so that one long text does not push everything else out of the window.
constexpr std::size_t widest_cell = 48;

std::vector<std::string> columns_of(const std::vector<flat_document>& rows) {
  column_names names;
  for (const auto& row : rows)
    names.learn(row);
  return names.all();
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The first so many characters of UTF-8.
std::string_view first_characters(std::string_view text, std::size_t many) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && many-- == 0)
      break;
  return text.substr(0, at);
}

/// What stands in a table: six digits of a fraction are enough for people, and a control character must not reach their terminal.
std::string table_text(const json::value* x) {
  if (x != nullptr && x->is_double())
    return fmt::format("{:.6g}", x->get_double());
  auto text = plain_text(x);
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';
  if (characters(text) > widest_cell)
    text = std::string(first_characters(text, widest_cell - 1)) + "…";
  return text;
}

struct table_column {
  std::string name;
  std::vector<std::string> cells;
  std::size_t width = 0;
  bool numbers = true;
};

table_column make_column(const std::string& name, const std::vector<flat_document>& rows) {
  table_column out{name, {}, characters(name), true};
  for (const auto& row : rows) {
    const auto* x = leaf_of(row, name);
    out.numbers = out.numbers && (x == nullptr || x->is_null() || x->is_number());
    out.width = std::max(out.width, characters(out.cells.emplace_back(table_text(x))));
  }
  return out;
}

void append_cell(std::string& line, const table_column& column, const std::string& text) {
  std::string padding(column.width - std::min(column.width, characters(text)), ' ');
  line += column.numbers ? padding + text : text + padding;
}

std::string table(const std::vector<flat_document>& rows, std::size_t width) {
  std::vector<table_column> shown;
  std::vector<std::string> left_out;
  std::size_t used = 0;
  for (const auto& name : columns_of(rows)) {
    auto column = make_column(name, rows);
    auto takes = column.width + (shown.empty() ? 0 : column_gap.size());
    // From the first that does not fit: a later narrow one would stand where nobody looks for it.
    if (!left_out.empty() || (width > 0 && !shown.empty() && used + takes > width)) {
      left_out.push_back(name);
      continue;
    }
    used += takes;
    shown.push_back(std::move(column));
  }
  std::string out;
  auto append_line = [&](auto text_of) {
    std::string line;
    for (const auto& column : shown) {
      if (!line.empty())
        line += column_gap;
      append_cell(line, column, text_of(column));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  append_line([](const table_column& column) { return column.name; });
  for (std::size_t i = 0; i < rows.size(); ++i)
    append_line([&](const table_column& column) { return column.cells[i]; });
  if (!left_out.empty())
    out += fmt::format("(not shown: {}; --format json or csv shows all)\n", fmt::join(left_out, ", "));
  return out;
}

std::string csv(const std::vector<flat_document>& rows) {
  const auto columns = columns_of(rows);
  auto out = csv_head(columns) + "\r\n";
  for (const auto& row : rows)
    out += csv_row(columns, row) + "\r\n";
  return out;
}

std::string as_json(const std::vector<json::object>& items, bool lines) {
  std::string out = lines ? "" : "[";
  std::string_view separator = lines ? "" : "\n  ";
  for (const auto& item : items) {
    out += separator;
    analytics::append_json_text(out, item);
    if (lines)
      out += '\n';
    else
      separator = ",\n  ";
  }
  if (!lines)
    out += items.empty() ? "]\n" : "\n]\n";
  return out;
}

const std::vector<std::pair<std::string, format>> formats{
    {"table", format::table}, {"json", format::json}, {"ndjson", format::ndjson}, {"csv", format::csv}};

} // namespace

expected<format> parse_format(const std::string& name) {
  for (const auto& [known, value] : formats)
    if (known == name)
      return value;
  return fail(error_kind::invalid, fmt::format("there is no format '{}'; there are table, json, ndjson, csv", name));
}

std::string render(const answer& what, subject, format as, std::size_t width) {
  if (as == format::json || as == format::ndjson)
    return as_json(what.items, as == format::ndjson);
  if (what.items.empty())
    return as == format::table && !what.why_empty.empty() ? what.why_empty + "\n" : std::string{};
  std::vector<flat_document> rows;
  for (const auto& item : what.items)
    rows.push_back(flatten(item));
  return as == format::table ? table(rows, width) : csv(rows);
}

} // namespace throng::query
