// Dates: their parts and what they are cut down to, in a time zone.
#include <algorithm>
#include <cmath>
#include <optional>

#include <date/date.h>
#include <fmt/format.h>

#include "analytics/expression_functions.hpp"
#include "analytics/time_zone.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t first_moment = -62'135'596'800'000; // the year 1
constexpr std::int64_t last_moment = 253'402'300'799'999;  // the year 9999
constexpr std::int64_t day_ms = 86'400'000;

std::optional<std::int64_t> moment_of(const value& x) {
  std::optional<std::int64_t> at;
  if (x.kind() == value_kind::integer)
    at = x.integer();
  else if (x.kind() == value_kind::real && x.number() == std::trunc(x.number()) && std::abs(x.number()) < 0x1p53)
    at = static_cast<std::int64_t>(x.number());
  else if (x.kind() == value_kind::text)
    if (auto parsed = parse_iso8601(x.text()))
      at = parsed->ms;
  return at && *at >= first_moment && *at <= last_moment ? at : std::nullopt;
}

value date_text(call& in, std::int64_t moment) {
  if (moment < first_moment || moment > last_moment)
    return in.fault();
  auto& out = in.scratch();
  append_iso8601(out, {moment});
  return in.text(out);
}

/// Of an operator with a time zone: the zone, where it is a constant.
struct prepared_zone : preparation {
  std::optional<time_zone> zone;
};

bool find_zone(const value* constant, std::optional<time_zone>& into, std::string& wrong) {
  if (constant == nullptr || constant->is_nothing())
    return true;
  if (constant->kind() == value_kind::text)
    into = time_zone::find(constant->text());
  if (!into)
    wrong = fmt::format("{} is no time zone: tzdata's names, such as Europe/Paris, and offsets, such as +02:00, are.",
                        canonical_text{*constant}.view());
  return into.has_value();
}

template <std::size_t Argument>
std::unique_ptr<preparation> prepare_zone(std::span<const value* const> constants, std::string& wrong) {
  if (constants.size() <= Argument)
    return nullptr;
  auto made = std::make_unique<prepared_zone>();
  return find_zone(constants[Argument], made->zone, wrong) ? std::move(made) : nullptr;
}

/// The zone of this call; none: there is no such one.
std::optional<time_zone> zone_of(call& in, std::size_t argument, const std::optional<time_zone>* prepared) {
  if (!in.has(argument))
    return time_zone{};
  if (prepared != nullptr && *prepared)
    return *prepared;
  return in[argument].kind() == value_kind::text ? time_zone::find(in[argument].text()) : std::nullopt;
}

struct local_time {
  date::local_days day;
  std::int64_t ms; ///< since its midnight
};

local_time local_of(std::int64_t local_ms) {
  const date::local_time<milliseconds> at{milliseconds{local_ms}};
  auto day = date::floor<date::days>(at);
  return {day, (at - day).count()};
}

template <std::int64_t (*Of)(const local_time&)>
value part(call& in) {
  if (in[0].is_nothing() || (in.has(1) && in[1].is_nothing()))
    return value::null();
  const auto* prepared = static_cast<const prepared_zone*>(in.ready());
  auto at = moment_of(in[0]);
  auto zone = zone_of(in, 1, prepared != nullptr ? &prepared->zone : nullptr);
  if (!at || !zone)
    return in.fault();
  return value::of(Of(local_of(zone->to_local(*at))));
}

std::int64_t year(const local_time& t) {
  return static_cast<int>(date::year_month_day{t.day}.year());
}
std::int64_t month(const local_time& t) {
  return static_cast<unsigned>(date::year_month_day{t.day}.month());
}
std::int64_t day_of_month(const local_time& t) {
  return static_cast<unsigned>(date::year_month_day{t.day}.day());
}
std::int64_t day_of_year(const local_time& t) {
  return (t.day - date::local_days{date::year_month_day{t.day}.year() / 1 / 1}).count() + 1;
}
std::int64_t day_of_week(const local_time& t) {
  return date::weekday{t.day}.c_encoding() + 1;
}
std::int64_t iso_day_of_week(const local_time& t) {
  return date::weekday{t.day}.iso_encoding();
}
/// The Thursday of the same week from Monday to Sunday: its year is the week's.
date::local_days thursday_of(const local_time& t) {
  return t.day + date::days{4 - iso_day_of_week(t)};
}
std::int64_t iso_week_year(const local_time& t) {
  return static_cast<int>(date::year_month_day{thursday_of(t)}.year());
}
std::int64_t iso_week(const local_time& t) {
  return (day_of_year({thursday_of(t), 0}) - 1) / 7 + 1;
}
std::int64_t hour(const local_time& t) {
  return t.ms / 3'600'000;
}
std::int64_t minute(const local_time& t) {
  return t.ms / 60'000 % 60;
}
std::int64_t second(const local_time& t) {
  return t.ms / 1'000 % 60;
}
std::int64_t millisecond(const local_time& t) {
  return t.ms % 1'000;
}

value to_date(call& in) {
  if (in[0].is_nothing())
    return value::null();
  auto at = moment_of(in[0]);
  return at ? date_text(in, *at) : in.fault();
}

// $dateTrunc -------------------------------------------------------------------------------------------------------------------------

struct unit {
  std::string_view name;
  std::int64_t ms = 0;     ///< one whose length is fixed
  std::int64_t months = 0; ///< else
};

constexpr unit units[] = {
    {"year", 0, 12},        {"quarter", 0, 3},     {"month", 0, 1},      {"week", 7 * day_ms, 0}, {"day", day_ms, 0},
    {"hour", 3'600'000, 0}, {"minute", 60'000, 0}, {"second", 1'000, 0}, {"millisecond", 1, 0},
};

const unit* find_unit(std::string_view name) {
  const auto* found = std::find_if(std::begin(units), std::end(units), [&](const auto& x) { return x.name == name; });
  return found == std::end(units) ? nullptr : found;
}

/// How many days after Sunday: `monday`, `Mon`. None where it is no day.
std::optional<int> find_day(std::string_view name) {
  static constexpr std::string_view days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                              "thursday", "friday", "saturday"};
  auto same = [&](std::string_view day) {
    auto equal = [](char a, char b) { return (a | 0x20) == b; };
    return std::equal(name.begin(), name.end(), day.begin(), day.end(), equal) ||
           std::equal(name.begin(), name.end(), day.begin(), day.begin() + 3, equal);
  };
  const auto* found = std::find_if(std::begin(days), std::end(days), same);
  return found == std::end(days) ? std::nullopt : std::optional{static_cast<int>(found - std::begin(days))};
}

struct prepared_cut final : prepared_zone {
  const unit* of = nullptr;
  std::optional<int> first_day;
};

enum cut_argument : std::size_t { cut_date, cut_unit, cut_size, cut_zone, cut_first_day };

std::unique_ptr<preparation> prepare_cut(std::span<const value* const> constants, std::string& wrong) {
  auto made = std::make_unique<prepared_cut>();
  if (!find_zone(constants[cut_zone], made->zone, wrong))
    return nullptr;
  if (const auto* x = constants[cut_unit]; x != nullptr && !x->is_nothing()) {
    made->of = x->kind() == value_kind::text ? find_unit(x->text()) : nullptr;
    if (made->of == nullptr) {
      wrong =
          fmt::format("{} is no unit; there are year, quarter, month, week, day, hour, minute, second and millisecond.",
                      canonical_text{*x}.view());
      return nullptr;
    }
  }
  if (const auto* x = constants[cut_first_day]; x != nullptr && !x->is_nothing()) {
    made->first_day = x->kind() == value_kind::text ? find_day(x->text()) : std::nullopt;
    if (!made->first_day) {
      wrong = fmt::format("{} is no day of the week, such as monday or mon.", canonical_text{*x}.view());
      return nullptr;
    }
  }
  return made;
}

std::int64_t floor_to(std::int64_t x, std::int64_t step) {
  auto rest = x % step;
  return x - rest - (rest < 0 ? step : 0);
}

/// Bins are counted from 2000-01-01 in the zone; of weeks, from the first such day of the week from then on (MongoDB's reference of $dateTrunc).
std::int64_t cut(std::int64_t moment, const unit& of, std::int64_t size, const time_zone& zone, int first_day) {
  using namespace date::literals;
  constexpr auto reference_day = date::local_days{2000_y / 1 / 1}; // a Saturday
  const std::int64_t reference = milliseconds{reference_day.time_since_epoch()}.count();
  if (of.months == 0 && of.ms < day_ms) {
    // Elapsed time, not the clock's: hours of a day over a clock change are all as long.
    auto from = zone.to_moment(reference);
    return from + floor_to(moment - from, of.ms * size);
  }
  auto local = zone.to_local(moment);
  if (of.months == 0) {
    auto from = reference + (of.name == "week" ? (first_day + 1) % 7 * day_ms : 0);
    return zone.to_moment(from + floor_to(local - from, of.ms * size));
  }
  const date::year_month_day day{local_of(local).day};
  auto months = (static_cast<int>(day.year()) - 2000) * std::int64_t{12} + static_cast<unsigned>(day.month()) - 1;
  auto begin = floor_to(months, of.months * size);
  auto year_of = floor_to(begin, 12) / 12;
  const date::year_month_day first{date::year{static_cast<int>(2000 + year_of)},
                                   date::month{static_cast<unsigned>(begin - year_of * 12 + 1)}, date::day{1}};
  return zone.to_moment(milliseconds{date::local_days{first}.time_since_epoch()}.count());
}

value date_trunc(call& in) {
  const auto& ready = *static_cast<const prepared_cut*>(in.ready());
  if (in[cut_date].is_nothing() || in[cut_unit].is_nothing() || (in.has(cut_size) && in[cut_size].is_nothing()) ||
      (in.has(cut_zone) && in[cut_zone].is_nothing()))
    return value::null();
  const auto* of = ready.of != nullptr                       ? ready.of
                   : in[cut_unit].kind() == value_kind::text ? find_unit(in[cut_unit].text())
                                                             : nullptr;
  if (of == nullptr)
    return in.fault();
  auto first_day = ready.first_day;
  if (of->name == "week" && in.has(cut_first_day) && !first_day) {
    if (in[cut_first_day].is_nothing())
      return value::null();
    if (in[cut_first_day].kind() == value_kind::text)
      first_day = find_day(in[cut_first_day].text());
    if (!first_day)
      return in.fault();
  }
  double size = 1;
  if (in.has(cut_size))
    size = in[cut_size].is_number() ? in[cut_size].number() : 0;
  auto at = moment_of(in[cut_date]);
  auto zone = zone_of(in, cut_zone, &ready.zone);
  // A bin longer than all of time would only overflow.
  if (!at || !zone || size < 1 || size != std::trunc(size) || size > 100'000'000'000.0 ||
      size * static_cast<double>(of->ms) > 1e15 || size * static_cast<double>(of->months) > 1e6)
    return in.fault();
  return date_text(in, cut(*at, *of, static_cast<std::int64_t>(size), *zone, first_day.value_or(0)));
}

template <std::int64_t (*Of)(const local_time&)>
constexpr function part_named(std::string_view name) {
  return {name, 1, 1, part<Of>, {"date", "timezone"}, true, prepare_zone<1>};
}

constexpr function functions[] = {
    part_named<year>("$year"),
    part_named<month>("$month"),
    part_named<day_of_month>("$dayOfMonth"),
    part_named<day_of_week>("$dayOfWeek"),
    part_named<day_of_year>("$dayOfYear"),
    part_named<iso_week>("$isoWeek"),
    part_named<iso_week_year>("$isoWeekYear"),
    part_named<iso_day_of_week>("$isoDayOfWeek"),
    part_named<hour>("$hour"),
    part_named<minute>("$minute"),
    part_named<second>("$second"),
    part_named<millisecond>("$millisecond"),
    {"$dateTrunc", 2, 5, date_trunc, {"date", "unit", "binSize", "timezone", "startOfWeek"}, false, prepare_cut},
    {"$toDate", 1, 1, to_date},
};

} // namespace

std::span<const function> date_functions() {
  return functions;
}

} // namespace throng::analytics
