#include "analytics/expression_functions.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

#include "analytics/arithmetic.hpp"
#include "analytics/json_element.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

using values = std::span<const value>;

value fault(bool& wrong) {
  wrong = true;
  return value::null();
}

/// A function of one number; null of nothing. None: MongoDB refuses that number.
template <class F>
value of_number(values of, bool& wrong, F f) {
  if (of[0].is_nothing())
    return value::null();
  if (!of[0].is_number())
    return fault(wrong);
  std::optional<double> made = f(of[0].number());
  return made ? value::of(*made) : fault(wrong);
}

value square_root(values of, text_arena&, bool& wrong) {
  return of_number(of, wrong, [](double x) { return x < 0 ? std::nullopt : std::optional{std::sqrt(x)}; });
}
value exponential(values of, text_arena&, bool& wrong) {
  return of_number(of, wrong, [](double x) { return std::optional{std::exp(x)}; });
}
value natural_log(values of, text_arena&, bool& wrong) {
  return of_number(of, wrong, [](double x) { return x <= 0 ? std::nullopt : std::optional{std::log(x)}; });
}
value decimal_log(values of, text_arena&, bool& wrong) {
  return of_number(of, wrong, [](double x) { return x <= 0 ? std::nullopt : std::optional{std::log10(x)}; });
}

value truncated(values of, text_arena&, bool& wrong) {
  if (of[0].kind() == value_kind::integer)
    return of[0];
  return of_number(of, wrong, [](double x) { return std::optional{std::trunc(x)}; });
}

value power(values of, text_arena&, bool& wrong) {
  if (of[0].is_nothing() || of[1].is_nothing())
    return value::null();
  if (!of[0].is_number() || !of[1].is_number() || (of[0].number() == 0 && of[1].number() < 0))
    return fault(wrong);
  auto made = std::pow(of[0].number(), of[1].number());
  auto whole = of[0].kind() == value_kind::integer && of[1].kind() == value_kind::integer && of[1].integer() >= 0;
  constexpr double exact = 9007199254740992.0;
  return whole && std::abs(made) < exact ? value::of(static_cast<std::int64_t>(made)) : value::of(made);
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

value length_in_bytes(values of, text_arena&, bool& wrong) {
  if (of[0].kind() != value_kind::text)
    return fault(wrong);
  return value::of(static_cast<std::int64_t>(of[0].text().size()));
}

value length_in_characters(values of, text_arena&, bool& wrong) {
  if (of[0].kind() != value_kind::text)
    return fault(wrong);
  auto text = of[0].text();
  return value::of(static_cast<std::int64_t>(std::count_if(text.begin(), text.end(), begins_character)));
}

value type_name(values of, text_arena&, bool&) {
  static constexpr std::string_view names[] = {"missing", "null", "bool", "int", "double", "string", "array", "object"};
  const auto& x = of[0];
  if (x.kind() == value_kind::integer && (x.integer() < INT32_MIN || x.integer() > INT32_MAX))
    return value::of(std::string_view{"long"});
  return value::of(names[static_cast<std::size_t>(x.kind())]);
}

value is_number(values of, text_arena&, bool&) {
  return value::of(of[0].is_number());
}
value is_array(values of, text_arena&, bool&) {
  return value::of(of[0].kind() == value_kind::array);
}

std::int64_t size_of(const value& array) {
  std::int64_t n = 0;
  for (element_walk walk{array}; walk.next();)
    ++n;
  return n;
}

/// Absent where there is none. Text is kept: its escapes were resolved into the walk's own.
value element_at(const value& array, std::int64_t at, text_arena& arena) {
  if (at < 0)
    at += size_of(array);
  for (element_walk walk{array}; at >= 0 && walk.next(); --at)
    if (at == 0)
      return walk.element().kind() == value_kind::text ? value::of(arena.keep(walk.element().text())) : walk.element();
  return {};
}

value array_size(values of, text_arena&, bool& wrong) {
  return of[0].kind() == value_kind::array ? value::of(size_of(of[0])) : fault(wrong);
}

value array_element(values of, text_arena& arena, bool& wrong) {
  if (of[0].is_nothing() || of[1].is_nothing())
    return value::null();
  if (of[0].kind() != value_kind::array || !of[1].is_number() || of[1].number() != std::trunc(of[1].number()) ||
      std::abs(of[1].number()) > INT32_MAX)
    return fault(wrong);
  return element_at(of[0], static_cast<std::int64_t>(of[1].number()), arena);
}

/// Over the numbers among the values, or in the only value if it is an array; all else is left out.
template <class F>
void each_number(values of, F f) {
  if (of.size() == 1 && of[0].kind() == value_kind::array) {
    for (element_walk walk{of[0]}; walk.next();)
      if (walk.element().is_number())
        f(walk.element());
    return;
  }
  for (const auto& x : of)
    if (x.is_number())
      f(x);
}

value sum(values of, text_arena&, bool&) {
  auto total = value::of(std::int64_t{0});
  each_number(of, [&](const value& x) { total = add(total, x); });
  return total;
}

value average(values of, text_arena&, bool&) {
  double total = 0;
  double n = 0;
  each_number(of, [&](const value& x) {
    total += x.number();
    ++n;
  });
  return n == 0 ? value::null() : value::of(total / n);
}

using std::chrono::sys_days;
using std::chrono::year_month_day;

template <class F>
value of_date(values of, bool& wrong, F f) {
  if (of[0].is_nothing())
    return value::null();
  std::optional<std::int64_t> at;
  if (of[0].kind() == value_kind::integer)
    at = of[0].integer();
  else if (of[0].kind() == value_kind::text)
    if (auto parsed = parse_iso8601(of[0].text()))
      at = parsed->ms;
  if (!at || *at < -62'135'596'800'000 || *at > 253'402'300'799'999) // the years 1 to 9999
    return fault(wrong);
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{*at}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return value::of(static_cast<std::int64_t>(f(day, (time - day).count())));
}

value year(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days d, std::int64_t) { return static_cast<int>(year_month_day{d}.year()); });
}
value month(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days d, std::int64_t) { return static_cast<unsigned>(year_month_day{d}.month()); });
}
value day_of_month(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days d, std::int64_t) { return static_cast<unsigned>(year_month_day{d}.day()); });
}
value day_of_week(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days d, std::int64_t) { return std::chrono::weekday{d}.c_encoding() + 1; });
}
value hour(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days, std::int64_t t) { return t / 3'600'000; });
}
value minute(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days, std::int64_t t) { return t / 60'000 % 60; });
}
value second(values of, text_arena&, bool& wrong) {
  return of_date(of, wrong, [](sys_days, std::int64_t t) { return t / 1'000 % 60; });
}

constexpr function functions[] = {
    {"$sqrt", 1, 1, square_root},
    {"$exp", 1, 1, exponential},
    {"$ln", 1, 1, natural_log},
    {"$log10", 1, 1, decimal_log},
    {"$trunc", 1, 1, truncated},
    {"$pow", 2, 2, power},
    {"$strLenBytes", 1, 1, length_in_bytes},
    {"$strLenCP", 1, 1, length_in_characters},
    {"$type", 1, 1, type_name},
    {"$isNumber", 1, 1, is_number},
    {"$isArray", 1, 1, is_array},
    {"$size", 1, 1, array_size},
    {"$arrayElemAt", 2, 2, array_element},
    {"$sum", 1, most_arguments, sum},
    {"$avg", 1, most_arguments, average},
    {"$year", 1, 1, year},
    {"$month", 1, 1, month},
    {"$dayOfMonth", 1, 1, day_of_month},
    {"$dayOfWeek", 1, 1, day_of_week},
    {"$hour", 1, 1, hour},
    {"$minute", 1, 1, minute},
    {"$second", 1, 1, second},
};

} // namespace

const function* find_function(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(functions), std::end(functions), [&](const auto& x) { return x.name == name; });
  return found == std::end(functions) ? nullptr : found;
}

} // namespace throng::analytics
