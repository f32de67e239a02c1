// Fields of a stored body, or of a result as it is shown, by name: nothing where one is absent or of another type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "config/time.hpp"

namespace throng::query {

/// Empty where there is no text.
inline std::string text_at(const boost::json::object& from, std::string_view field) {
  const auto* found = from.if_contains(field);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string{};
}

/// A time or another whole number.
inline std::optional<std::int64_t> integer_at(const boost::json::object& from, std::string_view field) {
  const auto* found = from.if_contains(field);
  return found != nullptr && found->is_int64() ? std::optional(found->get_int64()) : std::nullopt;
}

inline std::optional<double> number_at(const boost::json::object& from, std::string_view field) {
  const auto* found = from.if_contains(field);
  return found != nullptr && found->is_number() ? std::optional(found->to_number<double>()) : std::nullopt;
}

inline boost::json::string_view in_json(std::string_view text) {
  return {text.data(), text.size()};
}

/// A time as results show it, ISO 8601.
inline std::optional<timestamp> shown_time_at(const boost::json::object& from, std::string_view field) {
  const auto read = parse_iso8601(text_at(from, field));
  return read ? std::optional{*read} : std::nullopt;
}

} // namespace throng::query
