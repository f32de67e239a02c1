#include "query/time_zone.hpp"

#include <stdexcept>
#include <string_view>

#include <date/tz.h>
#include <fmt/format.h>

#include "analytics/results.hpp"
#include "config/time.hpp"
#include "query/presented.hpp"

namespace throng::query {

namespace {

std::string on_clock(timestamp at, const date::time_zone& zone) {
  const date::sys_time<std::chrono::milliseconds> moment{std::chrono::milliseconds{at.ms}};
  const auto offset = zone.get_info(moment).offset;
  auto text = to_iso8601({at.ms + std::chrono::milliseconds{offset}.count()});
  text.pop_back(); // Z
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset).count();
  const auto size = minutes < 0 ? -minutes : minutes;
  return fmt::format("{}{}{:02}:{:02}", text, minutes < 0 ? '-' : '+', size / 60, size % 60);
}

} // namespace

expected<time_zone> time_zone::find(const std::string& name) {
  try {
    return time_zone{date::locate_zone(name)};
  } catch (const std::runtime_error&) {
    return fail(error_kind::invalid,
                fmt::format("there is no time zone '{}'; they are named as in UTC and Europe/Vienna", name));
  }
}

void time_zone::show(boost::json::object& document, subject of) const {
  auto rewrite = [&](std::string_view field) {
    auto* found = document.if_contains(field);
    if (found == nullptr || !found->is_string())
      return;
    if (auto at = parse_iso8601({found->get_string().data(), found->get_string().size()}))
      *found = on_clock(*at, *zone_);
  };
  if (of == subject::runs)
    return rewrite("ended");
  if (of == subject::thresholds)
    return rewrite("at");
  if (of == subject::mutes) {
    for (const auto* field : {"from", "until", "at"})
      rewrite(field);
    return;
  }
  for (auto field : analytics::time_fields(collection_of(of)))
    rewrite(field);
}

} // namespace throng::query
