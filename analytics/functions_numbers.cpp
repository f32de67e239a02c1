// Numbers: roots, powers, logarithms, rounding.
#include <cmath>
#include <optional>

#include "analytics/arithmetic.hpp"
#include "analytics/expression_functions.hpp"

namespace throng::analytics {

namespace {

/// A function of one number; null of nothing. None: MongoDB refuses that number.
template <class F>
value of_number(call& in, F f) {
  if (in[0].is_nothing())
    return value::null();
  if (!in[0].is_number())
    return in.fault();
  std::optional<double> made = f(in[0].number());
  return made ? value::of(*made) : in.fault();
}

value square_root(call& in) {
  return of_number(in, [](double x) { return x < 0 ? std::nullopt : std::optional{std::sqrt(x)}; });
}
value exponential(call& in) {
  return of_number(in, [](double x) { return std::optional{std::exp(x)}; });
}
value natural_log(call& in) {
  return of_number(in, [](double x) { return x <= 0 ? std::nullopt : std::optional{std::log(x)}; });
}
value decimal_log(call& in) {
  return of_number(in, [](double x) { return x <= 0 ? std::nullopt : std::optional{std::log10(x)}; });
}

value log_to_base(call& in) {
  if (in[0].is_nothing() || in[1].is_nothing())
    return value::null();
  if (!in[0].is_number() || !in[1].is_number())
    return in.fault();
  auto x = in[0].number();
  auto base = in[1].number();
  if (x <= 0 || base <= 0 || base == 1)
    return in.fault();
  return value::of(std::log(x) / std::log(base));
}

/// Integers stay integers while they fit; none where they don't.
std::optional<std::int64_t> whole_power(std::int64_t base, std::int64_t exponent) {
  if (base == 1 || exponent == 0)
    return 1;
  if (base == -1)
    return exponent % 2 == 0 ? 1 : -1;
  if (exponent < 0)
    return std::nullopt;
  std::int64_t result = 1;
  for (; exponent > 0; --exponent)
    if (__builtin_mul_overflow(result, base, &result))
      return std::nullopt; // after 63 steps at the latest
    else if (result == 0)
      return 0;
  return result;
}

value power(call& in) {
  const auto& base = in[0];
  const auto& exponent = in[1];
  if (base.is_nothing() || exponent.is_nothing())
    return value::null();
  if (!base.is_number() || !exponent.is_number() || (base.number() == 0 && exponent.number() < 0))
    return in.fault();
  if (base.kind() == value_kind::integer && exponent.kind() == value_kind::integer)
    if (auto whole = whole_power(base.integer(), exponent.integer()))
      return value::of(*whole);
  return value::of(std::pow(base.number(), exponent.number()));
}

template <std::optional<value> (*To)(const value&, std::int64_t)>
value to_places(call& in) {
  if (in[0].is_nothing() || (in.has(1) && in[1].is_nothing()))
    return value::null();
  if (!in[0].is_number() || (in.has(1) && !in[1].is_number()))
    return in.fault();
  auto places = in.has(1) ? in[1].number() : 0;
  if (places != std::trunc(places) || places < least_places || places > greatest_places)
    return in.fault();
  auto made = To(in[0], static_cast<std::int64_t>(places));
  return made ? *made : in.fault();
}

constexpr function functions[] = {
    {"$sqrt", 1, 1, square_root},         {"$exp", 1, 1, exponential},
    {"$ln", 1, 1, natural_log},           {"$log10", 1, 1, decimal_log},
    {"$log", 2, 2, log_to_base},          {"$pow", 2, 2, power},
    {"$round", 1, 2, to_places<rounded>}, {"$trunc", 1, 2, to_places<truncated>},
};

} // namespace

std::span<const function> number_functions() {
  return functions;
}

} // namespace throng::analytics
