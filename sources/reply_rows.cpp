#include "sources/reply_rows.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "analytics/json_element.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/path_tree.hpp"

namespace throng::sources {

namespace {

using analytics::value;
using analytics::value_kind;

std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string made;
  for (const char c : text.substr(0, most))
    made += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f ? ' ' : c;
  return made + (text.size() > most ? "…" : "");
}

value value_of(std::string_view json, std::string& made) {
  analytics::json_scanner in{json};
  return analytics::take_element(in, made);
}

tl::unexpected<error> no_rows(const config::ingest& how, std::string_view what) {
  return fail(error_kind::invalid, fmt::format("{} of the reply is {}: rows.at and rows.as say what it should be",
                                               how.rows.at.empty() ? "the whole" : how.rows.at, what));
}

std::string_view kind_name(value_kind kind) {
  switch (kind) {
  case value_kind::array:
    return "an array";
  case value_kind::object:
    return "an object";
  case value_kind::missing:
    return "not there";
  default:
    return "a plain value";
  }
}

expected<std::vector<std::string>> objects_of(const value& found, const config::ingest& how) {
  std::vector<std::string> rows;
  if (found.kind() == value_kind::object) {
    rows.emplace_back(found.text());
    return rows;
  }
  if (found.kind() != value_kind::array)
    return no_rows(how, kind_name(found.kind()));
  for (analytics::element_text_walk walk{found}; walk.next();) {
    if (!walk.text().starts_with('{'))
      return no_rows(how, "an array of something that is no object");
    rows.emplace_back(walk.text());
  }
  return rows;
}

void append_member(std::string& row, std::string_view name, std::string_view json) {
  row += row.empty() ? '{' : ',';
  analytics::append_json_string(row, name);
  row += ':';
  row += json;
}

expected<std::vector<std::string>> arrays_of(const value& found, const config::ingest& how) {
  if (found.kind() != value_kind::array)
    return no_rows(how, kind_name(found.kind()));
  std::vector<std::string> rows;
  for (analytics::element_text_walk walk{found}; walk.next();) {
    if (!walk.text().starts_with('['))
      return no_rows(how, "an array of something that is no array");
    std::string row;
    std::size_t i = 0;
    for (analytics::element_text_walk inner{value::array(walk.text())}; inner.next() && i < how.rows.names.size(); ++i)
      append_member(row, how.rows.names[i], inner.text());
    rows.push_back(row.empty() ? "{}" : row + "}");
  }
  return rows;
}

expected<std::vector<std::string>> columns_of(const value& found, const config::ingest& how) {
  if (found.kind() != value_kind::object)
    return no_rows(how, kind_name(found.kind()));
  std::vector<std::string> rows;
  std::string made;
  std::string name;
  analytics::json_string token;
  analytics::json_scanner in{found.text()};
  in.peek();
  in.open(0);
  for (bool first = true; in.next_element('}', first); first = false) {
    in.peek();
    in.take_name(token);
    name.clear();
    analytics::append_unescaped(name, token);
    const auto column = analytics::take_element(in, made);
    if (column.kind() != value_kind::array)
      continue;
    std::size_t i = 0;
    for (analytics::element_text_walk walk{column}; walk.next(); ++i) {
      if (i == rows.size())
        rows.emplace_back();
      append_member(rows[i], name, walk.text());
    }
  }
  for (auto& row : rows)
    row += '}';
  return rows;
}

/// A cursor or link in the body: a text, or a number's own text.
std::string text_at(const std::string& body, const std::string& path) {
  std::string collected;
  std::string made;
  const auto found = analytics::find_path(body, path, collected);
  if (!found)
    return {};
  const auto x = value_of(*found, made);
  if (x.kind() == value_kind::text)
    return std::string{x.text()};
  return x.is_number() ? std::string{*found} : std::string{};
}

} // namespace

expected<reply_rows> read_reply(const http_reply& reply, const config::ingest& how) {
  if (!analytics::valid_json(reply.body) || !analytics::valid_utf8(reply.body))
    return fail(error_kind::corrupt,
                reply.body.empty()
                    ? std::string{"the reply is empty"}
                    : fmt::format("the reply is no JSON, or not all of it; it begins: {}", shown(reply.body)),
                true);
  std::string collected;
  std::string made;
  value found;
  if (how.rows.at.empty())
    found = value_of(reply.body, made);
  else if (const auto text = analytics::find_path(reply.body, how.rows.at, collected))
    found = value_of(*text, made);
  auto rows = how.rows.as == config::ingest_rows::shape::columns  ? columns_of(found, how)
              : how.rows.as == config::ingest_rows::shape::arrays ? arrays_of(found, how)
                                                                  : objects_of(found, how);
  if (!rows)
    return tl::unexpected{rows.error()};
  reply_rows result{std::move(*rows), {}};
  if (how.paging.by == config::paging_kind::cursor ||
      (how.paging.by == config::paging_kind::link && !how.paging.at.empty()))
    result.next = text_at(reply.body, how.paging.at);
  else if (how.paging.by == config::paging_kind::link)
    result.next = next_of_link_header(reply.link);
  return result;
}

} // namespace throng::sources
