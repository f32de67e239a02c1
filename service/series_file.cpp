#include "service/series_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/problem.hpp"

namespace throng::service {

namespace {

std::string lower(std::string_view text) {
  std::string made{text};
  for (auto& c : made)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return made;
}

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  double x = 0;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (wrong != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return x;
}

/// What stands in files where a value is missing.
bool is_missing(std::string_view text) {
  if (text.empty() || text == "-" || text == "?")
    return true;
  static constexpr std::array<std::string_view, 5> words{"na", "n/a", "null", "none", "#n/a"};
  return std::find(words.begin(), words.end(), lower(text)) != words.end();
}

/// The first of the names that a column has, whatever the case.
std::optional<std::size_t> named(const std::vector<std::string>& columns, const std::vector<std::string_view>& names) {
  for (auto name : names)
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (lower(columns[i]) == name)
        return i;
  return std::nullopt;
}

} // namespace

std::optional<timestamp> time_of_cell(std::string_view text) {
  if (auto x = number_of(text)) {
    auto size = std::fabs(*x);
    auto ms = size < 1e11 ? *x * 1000 : size < 1e14 ? *x : size < 1e17 ? *x / 1000 : *x / 1'000'000;
    if (!(size < 1e20))
      return std::nullopt;
    return timestamp{static_cast<std::int64_t>(std::llround(ms))};
  }
  if (text.size() > 4 && text[4] == '/') {
    std::string dashed{text};
    std::replace(dashed.begin(), dashed.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(10, dashed.size())),
                 '/', '-');
    return parse_iso8601(dashed);
  }
  return parse_iso8601(text);
}

tl::unexpected<error> series_file::wrong(int line, int column, const std::string& sentence) const {
  return fail(error_kind::invalid, fmt::format("{}:{}:{}: {}", name_, line, column, sentence));
}

expected<series_file> series_file::open(std::string name, std::string_view text, const std::string& timestamp,
                                        const std::string& field) {
  series_file made{std::move(name), text};
  if (!made.rows_.next(made.cells_)) {
    if (const auto& found = made.rows_.wrong())
      return made.wrong(found->line, found->column, found->sentence);
    return made.wrong(1, 1, "the file is empty; its first line names the columns");
  }
  made.header_ = made.rows_.row();
  made.header_end_ = made.rows_.line_end();
  std::vector<std::string> columns;
  for (const auto& cell : made.cells_)
    columns.emplace_back(trimmed(cell.text));
  made.columns_ = columns.size();
  auto all = fmt::format("the columns are: {}", fmt::join(columns, ", "));
  for (const auto* added : {"anomaly_score", "threshold", "alarm"})
    if (std::find(columns.begin(), columns.end(), added) != columns.end())
      return made.wrong(
          1, 1, fmt::format("there is a column {} already, which would be added; rename it or leave it out", added));

  auto find = [&](const std::string& wanted, const char* option) -> expected<std::size_t> {
    auto at = std::find(columns.begin(), columns.end(), wanted);
    if (at != columns.end())
      return static_cast<std::size_t>(at - columns.begin());
    auto nearest = config::nearest_name(wanted, columns);
    return made.wrong(1, 1,
                      fmt::format("there is no column {} ({}){}; {}", wanted, option,
                                  nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest), all));
  };
  std::optional<std::size_t> time_at;
  std::optional<std::size_t> value_at;
  if (!timestamp.empty()) {
    auto found = find(timestamp, "--timestamp");
    if (!found)
      return tl::unexpected(found.error());
    time_at = *found;
  }
  if (!field.empty()) {
    auto found = find(field, "--field");
    if (!found)
      return tl::unexpected(found.error());
    value_at = *found;
  }
  if (!time_at)
    time_at = named(columns, {"timestamp", "timestamps", "time", "datetime", "date", "ts"});
  if (!time_at)
    return made.wrong(1, 1,
                      fmt::format("no column is named timestamp: name the time's column with --timestamp; {}", all));
  if (!value_at)
    value_at = columns.size() == 2 ? 1 - *time_at : named(columns, {"value", "values"});
  if (!value_at)
    return made.wrong(1, 1, fmt::format("no column is named value: name the one to watch with --field; {}", all));
  if (*time_at == *value_at)
    return made.wrong(1, 1, fmt::format("{} can't be both the time and the value; {}", columns[*time_at], all));
  made.time_at_ = *time_at;
  made.value_at_ = *value_at;
  made.field_ = columns[*value_at];
  return made;
}

expected<std::optional<series_row>> series_file::next() {
  if (!rows_.next(cells_)) {
    if (const auto& found = rows_.wrong())
      return wrong(found->line, found->column, found->sentence);
    return std::optional<series_row>{};
  }
  if (cells_.size() != columns_)
    return wrong(cells_.front().line, cells_.front().column,
                 fmt::format("this row has {} cells, the header {}", cells_.size(), columns_));
  series_row row{rows_.row(), rows_.line_end(), {}, std::nullopt};
  const auto& time = cells_[time_at_];
  auto at = time_of_cell(trimmed(time.text));
  if (!at)
    return wrong(
        time.line, time.column,
        fmt::format(
            "\"{}\" is no time; times are ISO 8601 such as 2014-02-14 14:30:00, or seconds, ms, us or ns since 1970",
            time.text));
  row.time = *at;
  const auto& cell = cells_[value_at_];
  auto text = trimmed(cell.text);
  if (!is_missing(text)) {
    row.x = number_of(text);
    if (!row.x)
      return wrong(cell.line, cell.column,
                   fmt::format("{} is no number: \"{}\"; an empty cell or NaN is a missing one", field_, cell.text));
    if (!std::isfinite(*row.x))
      row.x.reset();
  }
  return std::optional{row};
}

} // namespace throng::service
