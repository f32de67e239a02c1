#include "sinks/postgres_rows.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "analytics/json_scanner.hpp"
#include "config/time.hpp"
#include "sinks/column_table.hpp"
#include "sinks/row_text.hpp"

namespace throng::sinks {

namespace {

using analytics::json_scanner;
using analytics::sink_row;

/// numeric has 131,072 digits before its point and 16,383 behind it (PostgreSQL's documentation, 8.1.2); nobody means more than this.
constexpr std::size_t most_places = 16'000;

bool fits_numeric(std::string_view token) {
  const auto e = token.find_first_of("eE");
  const auto digits = token.substr(0, e).size();
  if (e == std::string_view::npos)
    return digits <= most_places;
  auto exponent = token.substr(e + 1);
  exponent.remove_prefix(exponent.starts_with('-') || exponent.starts_with('+') ? 1 : 0);
  std::size_t places = 0;
  const auto [end, code] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), places);
  return code == std::errc{} && places <= most_places && digits + places <= most_places;
}

/// @param text between its quotes, of valid JSON
bool has_nul(std::string_view text) {
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 2))
    if (text.substr(at + 1, 5) == "u0000")
      return true;
  return false;
}

/// @pre valid JSON stands there
bool fits_at(json_scanner& in, int depth) {
  const auto next = in.peek();
  analytics::json_string text;
  if (next == '"')
    return in.take_string(text) && !has_nul(text.raw);
  if (next == '-' || (next >= '0' && next <= '9')) {
    analytics::json_number number;
    return in.take_number(number) && fits_numeric(number.text);
  }
  if (next != '{' && next != '[')
    return in.skip_value(depth);
  const auto close = next == '{' ? '}' : ']';
  in.open(depth);
  for (bool first = true; in.next_element(close, first); first = false) {
    if (next == '{' && (!in.take_name(text) || has_nul(text.raw)))
      return false;
    if (!fits_at(in, depth + 1))
      return false;
  }
  return true;
}

std::optional<std::string> time_text(std::int64_t ms) {
  return ms >= least_timestamp.ms && ms <= greatest_timestamp.ms ? std::optional{to_iso8601(timestamp{ms})}
                                                                 : std::nullopt;
}

/// None: null, or a text with a NUL, which `lost` then says.
std::optional<std::string> cell_of(const column& from, std::size_t row, bool& lost) {
  if (!from.has(row))
    return std::nullopt;
  switch (from.kind) {
  case column_kind::boolean:
    return from.flag(row) ? "t" : "f";
  case column_kind::integer:
    return std::to_string(from.numbers[row]);
  case column_kind::number:
    return fmt::format("{}", from.doubles[row]);
  case column_kind::time:
    return time_text(from.numbers[row]);
  case column_kind::text:
    if (const auto text = from.text_of(row); text.find('\0') == std::string_view::npos)
      return std::string{text};
    lost = true;
  }
  return std::nullopt;
}

/// Where it stood, with room for what follows.
postgres_row place_of(const analytics::sink_rows& rows, const sink_row& row, std::size_t columns) {
  postgres_row made;
  made.reserve(columns);
  made.emplace_back(rows.topic);
  made.emplace_back(std::to_string(rows.partition));
  made.emplace_back(std::to_string(row.offset));
  made.push_back(time_text(row.timestamp_ms));
  made.push_back(row.key ? std::optional{printable_without_nul(*row.key)} : std::nullopt);
  return made;
}

std::vector<postgres_row> documents_of(const analytics::sink_rows& rows) {
  std::vector<postgres_row> made;
  made.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    auto& cells = made.emplace_back(place_of(rows, row, place_names.size() + 2));
    const auto fits = row.value && fits_jsonb(*row.value);
    cells.push_back(fits ? std::optional{std::string{*row.value}} : std::nullopt);
    cells.push_back(row.value && !fits ? std::optional{printable_without_nul(*row.value)} : std::nullopt);
  }
  return made;
}

std::vector<postgres_row> columns_of(const analytics::sink_rows& rows, const config::sink& of) {
  // With columns given there is a column for what does not fit, which comes last.
  const auto table = make_table(rows, {{}, of.columns});
  const auto fields = table.columns.size() - of.columns.size() - 1;
  std::vector<postgres_row> made;
  made.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    auto& cells = made.emplace_back(place_of(rows, row, place_names.size() + of.columns.size() + 1));
    auto lost = table.columns.back().has(i);
    for (std::size_t field = 0; field < of.columns.size(); ++field)
      cells.push_back(cell_of(table.columns[fields + field], i, lost));
    cells.push_back(lost ? std::optional{printable_without_nul(*row.value)} : std::nullopt);
  }
  return made;
}

} // namespace

bool fits_jsonb(std::string_view message) {
  json_scanner in{message};
  return in.peek() == '{' && analytics::valid_json(message) && fits_at(in, 0);
}

void append_copy_line(std::string& out, const postgres_row& row) {
  auto first = true;
  for (const auto& cell : row) {
    if (!std::exchange(first, false))
      out += '\t';
    if (!cell) {
      out += "\\N";
      continue;
    }
    for (const auto c : *cell)
      switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
      }
  }
  out += '\n';
}

std::vector<postgres_row> postgres_rows(const analytics::sink_rows& rows, const std::vector<std::size_t>& which,
                                        const config::sink& of) {
  std::set<std::string_view> later;
  std::vector<std::size_t> kept;
  for (auto place = which.rbegin(); place != which.rend(); ++place)
    if (of.of == config::sink_content::events || later.insert(rows[*place].key.value_or(std::string_view{})).second)
      kept.push_back(*place);
  std::reverse(kept.begin(), kept.end());
  analytics::sink_rows part;
  part.topic = rows.topic;
  part.partition = rows.partition;
  for (const auto place : kept)
    part.add(rows[place]);
  return of.columns.empty() ? documents_of(part) : columns_of(part, of);
}

} // namespace throng::sinks
