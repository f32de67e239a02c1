#include "service/peek_options.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "analytics/json_text.hpp"
#include "config/json_bytes.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  auto [at, code] = std::from_chars(text.data(), end, number);
  if (text.empty() || text.front() == '-' || code != std::errc{} || at != end)
    return std::nullopt;
  return number;
}

/// The code point of a character of UTF-8 that is known to be right.
std::uint32_t code_point(std::string_view character) {
  auto lead = static_cast<unsigned char>(character.front());
  std::uint32_t point = character.size() == 1 ? lead : lead & (0xffU >> (character.size() + 1));
  for (auto c : character.substr(1))
    point = point << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return point;
}

bool may_be_shown(std::uint32_t point) {
  auto control = point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029;
  auto turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0x200e ||
               point == 0x200f || point == 0x061c;
  return !control && !turns;
}

std::string quoted(std::string_view text) {
  return json::serialize(json::string{text});
}

/// JSON as it is, in one line; everything else as a string.
std::string as_json(std::string_view value) {
  json::error_code failed;
  json::parse_options options;
  options.max_depth = 64;
  auto parsed = json::parse({value.data(), value.size()}, failed, {}, options);
  if (failed)
    return quoted(shown_safely(value));
  if (std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; }))
    return std::string{value};
  std::string line;
  analytics::append_json_text(line, parsed);
  return line;
}

std::string text_line(const transport::record& of) {
  auto line = fmt::format("{}:{}  {}  {}  {}", of.partition, of.offset,
                          of.timestamp_ms < 0 ? "-" : to_iso8601({of.timestamp_ms}),
                          of.key ? shown_safely(*of.key) : "(null)", of.value ? shown_safely(*of.value) : "(null)");
  for (const auto& [name, value] : of.headers)
    line += fmt::format("  [{}: {}]", shown_safely(name), shown_safely(value));
  return line;
}

std::string json_line(const transport::record& of) {
  std::string headers;
  for (const auto& [name, value] : of.headers)
    headers +=
        fmt::format("{}[{},{}]", headers.empty() ? "" : ",", quoted(shown_safely(name)), quoted(shown_safely(value)));
  return fmt::format(R"({{"partition":{},"offset":{},"time":{},"key":{},"headers":[{}],"value":{}}})", of.partition,
                     of.offset, of.timestamp_ms < 0 ? "null" : quoted(to_iso8601({of.timestamp_ms})),
                     of.key ? quoted(shown_safely(*of.key)) : "null", headers, of.value ? as_json(*of.value) : "null");
}

} // namespace

expected<void> read_position(const std::string& text, timestamp now, transport::topic_reader::choice& into) {
  using where = transport::start_offset::where;
  if (text == "earliest" || text == "latest") {
    into.from = {text == "latest" ? where::latest : where::earliest, 0};
    return {};
  }
  if (auto offset = whole_number(text)) {
    into.from = {where::at, *offset};
    return {};
  }
  if (auto before = text.starts_with("-") ? whole_number(std::string_view{text}.substr(1)) : std::nullopt) {
    into.last = *before;
    return {};
  }
  auto time = parse_time(text, now);
  if (!time)
    return fail(
        error_kind::invalid,
        fmt::format("--start {}: must be earliest, latest, an offset, -N (so many before the end) or a time: {}", text,
                    time.error().message));
  into.from = {where::time, time->ms};
  return {};
}

expected<peek_format> parse_peek_format(const std::string& name) {
  if (name == "text")
    return peek_format::text;
  if (name == "ndjson")
    return peek_format::ndjson;
  if (name == "records")
    return peek_format::records;
  return fail(error_kind::invalid, fmt::format("--format {}: must be text, ndjson or records", name));
}

std::string shown_safely(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  const auto* end = bytes.data() + bytes.size();
  for (const auto* at = bytes.data(); at < end;) {
    auto plain = static_cast<unsigned char>(*at) < 0x80;
    auto length = plain ? std::size_t{1} : utf8_length(at, end);
    std::string_view character{at, std::max<std::size_t>(length, 1)};
    if (length > 0 && may_be_shown(code_point(character)))
      out += character;
    else
      for (auto c : character)
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    at += character.size();
  }
  return out;
}

std::string message_line(const transport::record& of, peek_format as) {
  switch (as) {
  case peek_format::ndjson:
    return json_line(of);
  case peek_format::records:
    return transport::record_line(of);
  default:
    return text_line(of);
  }
}

} // namespace throng::service
