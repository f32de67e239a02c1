#include "analytics/time_zone.hpp"

#include <chrono>
#include <string>

#include <date/tz.h>

namespace throng::analytics {

namespace {

using std::chrono::milliseconds;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// +HH, +HHMM, +HH:MM, in minutes.
std::optional<int> offset_of(std::string_view name) {
  auto two = [&](std::size_t at) { return (name[at] - '0') * 10 + name[at + 1] - '0'; };
  auto both = [&](std::size_t at) { return digit(name[at]) && digit(name[at + 1]); };
  if ((name.size() != 3 && name.size() != 5 && name.size() != 6) || !both(1))
    return std::nullopt;
  int minutes = two(1) * 60;
  if (name.size() > 3) {
    auto at = name.size() - 2;
    if ((name.size() == 6 && name[3] != ':') || !both(at))
      return std::nullopt;
    minutes += two(at);
  }
  return name[0] == '-' ? -minutes : minutes;
}

} // namespace

std::optional<time_zone> time_zone::find(std::string_view name) {
  time_zone made;
  if (!name.empty() && (name.front() == '+' || name.front() == '-')) {
    auto minutes = offset_of(name);
    if (!minutes)
      return std::nullopt;
    made.offset_ms_ = *minutes * std::int64_t{60'000};
    return made;
  }
  if (name == "UTC" || name == "GMT")
    return made;
  try {
    made.zone_ = date::locate_zone(std::string{name});
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return made;
}

std::int64_t time_zone::to_local(std::int64_t moment) const {
  if (zone_ == nullptr)
    return moment + offset_ms_;
  return zone_->to_local(date::sys_time<milliseconds>{milliseconds{moment}}).time_since_epoch().count();
}

std::int64_t time_zone::to_moment(std::int64_t local) const {
  if (zone_ == nullptr)
    return local - offset_ms_;
  return zone_->to_sys(date::local_time<milliseconds>{milliseconds{local}}, date::choose::earliest)
      .time_since_epoch()
      .count();
}

} // namespace throng::analytics
