#include "service/row_message.hpp"

#include <algorithm>

#include "analytics/json_scanner.hpp"
#include "config/time.hpp"
#include "sinks/row_text.hpp"

namespace throng::service {

row_message::row_message(const std::vector<std::string>& columns) {
  const auto place_of = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end())
      return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
  };
  const bool of_sink = place_of("_partition") && place_of("_offset");
  if (of_sink) {
    raw_ = place_of("_raw");
    key_ = place_of("_key");
    time_ = place_of("_time");
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& places = sinks::place_names;
    if (of_sink && std::find(places.begin(), places.end(), columns[i]) != places.end())
      continue;
    std::string head = fields_.empty() ? "" : ",";
    analytics::append_json_string(head, columns[i]);
    fields_.push_back({i, head + ":"});
  }
}

std::optional<std::string> row_message::text_of(const std::string& json) {
  analytics::json_scanner in{json};
  if (in.peek() != '"') // a key of digits is a number in CSV
    return json == "null" ? std::nullopt : std::optional{json};
  analytics::json_string token;
  std::string text;
  if (in.take_string(token))
    analytics::append_unescaped(text, token);
  return text;
}

std::string row_message::bytes_of(std::string text) {
  return sinks::bytes_of_printable(std::move(text));
}

std::int64_t row_message::milliseconds_of(const std::string& time) {
  const auto read = parse_iso8601(time);
  return read ? read->ms : -1;
}

} // namespace throng::service
