// Fields of a stored body, by name: nothing where it is absent or of another type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

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

} // namespace throng::query
