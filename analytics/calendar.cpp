#include "analytics/calendar.hpp"

#include <stdexcept>

#include <date/tz.h>
#include <fmt/format.h>

namespace throng::analytics {

namespace {

date::local_days begin_of(calendar::unit length, date::local_days day) {
  const date::year_month_day ymd{day};
  switch (length) {
  case calendar::unit::day:
    return day;
  case calendar::unit::week:
    return day - (date::weekday{day} - date::Monday);
  case calendar::unit::month:
    return date::local_days{ymd.year() / ymd.month() / 1};
  case calendar::unit::quarter:
    return date::local_days{ymd.year() / date::month{(static_cast<unsigned>(ymd.month()) - 1) / 3 * 3 + 1} / 1};
  case calendar::unit::year:
    return date::local_days{ymd.year() / 1 / 1};
  }
  throw std::logic_error{"no unit of a calendar"};
}

date::local_days next_of(calendar::unit length, date::local_days begin) {
  const date::year_month_day ymd{begin};
  switch (length) {
  case calendar::unit::day:
    return begin + date::days{1};
  case calendar::unit::week:
    return begin + date::days{7};
  case calendar::unit::month:
    return date::local_days{ymd + date::months{1}};
  case calendar::unit::quarter:
    return date::local_days{ymd + date::months{3}};
  case calendar::unit::year:
    return date::local_days{ymd + date::years{1}};
  }
  throw std::logic_error{"no unit of a calendar"};
}

} // namespace

expected<calendar> calendar::make(std::string_view length, const std::string& zone) {
  unit of{};
  if (length == "1d")
    of = unit::day;
  else if (length == "1w")
    of = unit::week;
  else if (length == "1mo")
    of = unit::month;
  else if (length == "3mo")
    of = unit::quarter;
  else if (length == "1y")
    of = unit::year;
  else
    return fail(error_kind::invalid,
                fmt::format("{} is no length of the calendar; allowed: 1d, 1w, 1mo, 3mo, 1y", length));
  try {
    return calendar{of, date::locate_zone(zone)};
  } catch (const std::exception&) {
    return fail(
        error_kind::invalid,
        fmt::format("{} is no time zone of this system, such as Europe/Paris or UTC; zones come with tzdata", zone));
  }
}

calendar::span calendar::at(std::int64_t moment) const {
  const date::sys_time<milliseconds> t{milliseconds{moment}};
  // Of a beginning that comes twice, the first; of one that the clocks leave out, the moment at which they do.
  auto moment_of = [this](date::local_days day) {
    return zone_->to_sys(date::local_time<milliseconds>{day}, date::choose::earliest).time_since_epoch().count();
  };
  auto begin = begin_of(length_, date::floor<date::days>(zone_->to_local(t)));
  return {moment_of(begin), moment_of(next_of(length_, begin))};
}

} // namespace throng::analytics
