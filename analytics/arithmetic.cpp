#include "analytics/arithmetic.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace throng::analytics {

namespace {

bool whole(const value& x) {
  return x.kind() == value_kind::integer;
}

/// 10^n. @pre 0 <= n <= 18
std::int64_t power(std::int64_t n) {
  std::int64_t result = 1;
  for (; n > 0; --n)
    result *= 10;
  return result;
}

std::optional<value> rounded_integer(std::int64_t x, std::int64_t zeros) {
  if (zeros > 18) {
    // The nearest multiple is 0, or one that no integer is; half of 10^20 is more than any.
    constexpr std::int64_t half = 5'000'000'000'000'000'000;
    bool fits = zeros > 19 || (x >= -half && x <= half);
    return fits ? std::optional{value::of(std::int64_t{0})} : std::nullopt;
  }
  auto unit = power(zeros);
  auto rest = x % unit;
  auto base = x - rest;
  auto doubled = 2 * (rest < 0 ? -rest : rest); // at most 2 * 10^18
  bool away = doubled > unit || (doubled == unit && (base / unit) % 2 != 0);
  if (!away)
    return value::of(base);
  std::int64_t result = 0;
  if (__builtin_add_overflow(base, x < 0 ? -unit : unit, &result))
    return std::nullopt;
  return value::of(result);
}

double rounded_double(double x, std::int64_t places) {
  if (!std::isfinite(x))
    return x;
  if (places == 0)
    return std::nearbyint(x);
  if (places < 0) {
    double unit = static_cast<double>(power(std::min<std::int64_t>(-places, 18))) *
                  (places == -19 ? 10 : (places == -20 ? 100 : 1));
    return std::nearbyint(x / unit) * unit;
  }
  char digits[std::numeric_limits<double>::max_exponent10 + greatest_places + 8];
  auto end = std::to_chars(digits, digits + sizeof(digits), x, std::chars_format::fixed, static_cast<int>(places)).ptr;
  double result = 0;
  std::from_chars(digits, end, result);
  return result;
}

double truncated_double(double x, std::int64_t places) {
  if (!std::isfinite(x) || places == 0)
    return std::trunc(x);
  char digits[std::numeric_limits<double>::max_exponent10 + 32];
  auto* const begin = digits;
  char* end = std::to_chars(digits, digits + sizeof(digits), x, std::chars_format::fixed).ptr;
  char* point = std::find(begin, end, '.');
  if (places > 0) {
    if (end - point > places + 1)
      end = point + 1 + places;
  } else {
    char* first = begin + (x < 0 ? 1 : 0);
    for (char* at = point; at != first && places < 0; ++places)
      *--at = '0';
    end = point;
    if (places < 0)
      return 0;
  }
  double result = 0;
  std::from_chars(begin, end, result);
  return result;
}

} // namespace

value add(const value& a, const value& b) {
  std::int64_t sum = 0;
  if (whole(a) && whole(b) && !__builtin_add_overflow(a.integer(), b.integer(), &sum))
    return value::of(sum);
  return value::of(a.number() + b.number());
}

value subtract(const value& a, const value& b) {
  std::int64_t difference = 0;
  if (whole(a) && whole(b) && !__builtin_sub_overflow(a.integer(), b.integer(), &difference))
    return value::of(difference);
  return value::of(a.number() - b.number());
}

value multiply(const value& a, const value& b) {
  std::int64_t product = 0;
  if (whole(a) && whole(b) && !__builtin_mul_overflow(a.integer(), b.integer(), &product))
    return value::of(product);
  return value::of(a.number() * b.number());
}

std::optional<value> divide(const value& a, const value& b) {
  if (b.number() == 0)
    return std::nullopt;
  return value::of(a.number() / b.number());
}

std::optional<value> remainder(const value& a, const value& b) {
  if (b.number() == 0)
    return std::nullopt;
  if (!whole(a) || !whole(b))
    return value::of(std::fmod(a.number(), b.number()));
  // The least integer by -1 is the one that overflows.
  return value::of(b.integer() == -1 ? std::int64_t{0} : a.integer() % b.integer());
}

std::optional<value> absolute(const value& x) {
  if (!whole(x))
    return value::of(std::abs(x.number()));
  if (x.integer() == std::numeric_limits<std::int64_t>::min())
    return std::nullopt;
  return value::of(x.integer() < 0 ? -x.integer() : x.integer());
}

value floored(const value& x) {
  return whole(x) ? x : value::of(std::floor(x.number()));
}

value ceiled(const value& x) {
  return whole(x) ? x : value::of(std::ceil(x.number()));
}

std::optional<value> rounded(const value& x, std::int64_t places) {
  if (!whole(x))
    return value::of(rounded_double(x.number(), places));
  return places >= 0 ? x : rounded_integer(x.integer(), -places);
}

std::optional<value> truncated(const value& x, std::int64_t places) {
  if (!whole(x))
    return value::of(truncated_double(x.number(), places));
  if (places >= 0)
    return x;
  return value::of(places < -18 ? std::int64_t{0} : x.integer() - x.integer() % power(-places));
}

} // namespace throng::analytics
