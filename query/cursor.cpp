#include "query/cursor.hpp"

#include <charconv>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "analytics/json_text.hpp"
#include "analytics/results.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

/// What must be the same for the next page: everything but the limit and the cursor.
std::string fingerprint(const request& of) {
  json::array group;
  for (const auto& [name, value] : of.group)
    group.push_back(json::array{name, value});
  std::string text;
  auto or_null = [](const auto& x, auto value) { return x ? json::value(value(*x)) : json::value(nullptr); };
  auto of_time = [](timestamp t) { return t.ms; };
  analytics::append_json_text(
      text, json::array{static_cast<std::int64_t>(of.subject), of.pipeline, of.window, group, of.entity,
                        or_null(of.from, of_time), or_null(of.to, of_time), of.sort,
                        or_null(of.rollup, [](milliseconds d) { return static_cast<std::int64_t>(d.count()); }),
                        or_null(of.gap, [](milliseconds d) { return static_cast<std::int64_t>(d.count()); }),
                        of.where ? json::value(*of.where) : json::value(nullptr)});
  return analytics::document_id({text});
}

} // namespace

std::string write_cursor(const request& of, const page_end& end) {
  std::string text;
  analytics::append_json_text(text, json::array{fingerprint(of), end.sorted_by, end.identity});
  std::string out;
  for (unsigned char c : text)
    fmt::format_to(std::back_inserter(out), "{:02x}", c);
  return out;
}

expected<page_end> read_cursor(const request& of) {
  auto wrong = fail(error_kind::invalid, "the cursor is not one that this query gave: begin again without it");
  std::string text;
  for (std::size_t i = 0; i + 1 < of.cursor.size(); i += 2) {
    unsigned byte = 0;
    const auto* from = of.cursor.data() + i;
    if (std::from_chars(from, from + 2, byte, 16).ptr != from + 2)
      return wrong;
    text.push_back(static_cast<char>(byte));
  }
  json::error_code ec;
  auto parsed = json::parse(text, ec);
  const auto* parts = ec ? nullptr : parsed.if_array();
  if (of.cursor.size() % 2 != 0 || parts == nullptr || parts->size() != 3 || !parts->at(0).is_string() ||
      !parts->at(2).is_string() || parts->at(0).get_string() != fingerprint(of))
    return wrong;
  return page_end{parts->at(1), std::string(parts->at(2).get_string())};
}

} // namespace throng::query
