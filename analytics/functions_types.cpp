// Types: what a value is, and a value as another type.
#include <charconv>
#include <cmath>
#include <optional>

#include "analytics/expression_functions.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

value type_name(call& in) {
  static constexpr std::string_view names[] = {"missing", "null", "bool", "int", "double", "string", "array", "object"};
  const auto& x = in[0];
  if (x.kind() == value_kind::integer && (x.integer() < INT32_MIN || x.integer() > INT32_MAX))
    return value::of(std::string_view{"long"});
  return value::of(names[static_cast<std::size_t>(x.kind())]);
}

value is_number(call& in) {
  return value::of(in[0].is_number());
}
value is_array(call& in) {
  return value::of(in[0].kind() == value_kind::array);
}

/// All of the text as a number; a sign of either kind may stand before it.
template <class T>
std::optional<T> parsed(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-')
    text.remove_prefix(1);
  T made{};
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), made);
  if (wrong != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return made;
}

/// Decimals are cut off; what does not fit is refused.
template <class Int>
value to_integer(call& in) {
  const auto& x = in[0];
  std::optional<std::int64_t> made;
  switch (x.kind()) {
  case value_kind::missing:
  case value_kind::null:
    return value::null();
  case value_kind::boolean:
    made = x.boolean() ? 1 : 0;
    break;
  case value_kind::integer:
    made = x.integer();
    break;
  case value_kind::real:
    // Two to the 63rd is no number of 64 bits any more, and exactly a double.
    if (auto cut = std::trunc(x.number()); cut >= -0x1p63 && cut < 0x1p63)
      made = static_cast<std::int64_t>(cut);
    break;
  case value_kind::text:
    made = parsed<std::int64_t>(x.text());
    break;
  default:
    break;
  }
  return made && *made >= std::numeric_limits<Int>::min() && *made <= std::numeric_limits<Int>::max() ? value::of(*made)
                                                                                                      : in.fault();
}

value to_double(call& in) {
  const auto& x = in[0];
  if (x.is_nothing())
    return value::null();
  if (x.is_number())
    return value::of(x.number());
  if (x.kind() == value_kind::boolean)
    return value::of(x.boolean() ? 1.0 : 0.0);
  auto made = x.kind() == value_kind::text ? parsed<double>(x.text()) : std::nullopt;
  return made ? value::of(*made) : in.fault();
}

value to_boolean(call& in) {
  const auto& x = in[0];
  if (x.is_nothing())
    return value::null();
  if (x.kind() == value_kind::boolean)
    return x;
  return value::of(!x.is_number() || x.number() != 0);
}

value to_text(call& in) {
  const auto& x = in[0];
  if (x.is_nothing())
    return value::null();
  if (x.kind() == value_kind::text)
    return x;
  if (x.kind() == value_kind::boolean)
    return value::of(x.boolean() ? std::string_view{"true"} : std::string_view{"false"});
  return x.is_number() ? in.text(canonical_text{x}.view()) : in.fault();
}

constexpr function functions[] = {
    {"$type", 1, 1, type_name},
    {"$isNumber", 1, 1, is_number},
    {"$isArray", 1, 1, is_array},
    {"$toInt", 1, 1, to_integer<std::int32_t>},
    {"$toLong", 1, 1, to_integer<std::int64_t>},
    {"$toDouble", 1, 1, to_double},
    {"$toBool", 1, 1, to_boolean},
    {"$toString", 1, 1, to_text},
};

} // namespace

std::span<const function> type_functions() {
  return functions;
}

} // namespace throng::analytics
