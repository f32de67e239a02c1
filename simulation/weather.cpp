#include "simulation/weather.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "simulation/arithmetic.hpp"
#include "simulation/arrivals.hpp"
#include "simulation/distributions.hpp"
#include "simulation/sun.hpp"

namespace throng::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr double pi = 3.14159265358979323846;
constexpr double hour_ms = 3'600'000;
constexpr double day_ms = 24 * hour_ms;
constexpr auto purpose = number_of_name("weather");

/// What is left of a front's change of temperature decays in this many hours.
constexpr double front_decay_hours = 24;
/// Fronts that can still be felt, or whose clouds are near: the last few, and the next.
constexpr std::int64_t fronts_felt = 5;

/// Clouds and gusts travel with the west wind.
constexpr double wind_km_an_hour = 25;

enum quantity : std::uint64_t { clouds, air_mass, moisture, calm, gusts, showers, traffic_jam };

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

double hours_between(timestamp from, timestamp to) {
  return static_cast<double>((to - from).count()) / hour_ms;
}

milliseconds of_hours(double count) {
  return milliseconds{static_cast<std::int64_t>(std::floor(count * hour_ms))};
}

/// A bump of height 1 around `centre`, in hours, that is gone about 2.5 widths away.
double bump(double hour, double centre, double width) {
  const auto x = (hour - centre) / width;
  return exp(-x * x);
}

/// 0 below -1, 1 above 1, smooth between.
double smooth_step(double x) {
  const auto t = std::clamp((x + 1) / 2, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

/// Pressure of saturated vapour over water relative to that at 0 degrees: Magnus' formula (Sonntag, 1990).
double vapour(double temperature) {
  return exp(17.62 * temperature / (243.12 + temperature));
}

} // namespace

double slow_noise(std::uint64_t seed, std::uint64_t what, timestamp time, milliseconds period) {
  const auto cell = floor_divide(time.ms, period.count());
  const auto x = static_cast<double>(time.ms - cell * period.count()) / static_cast<double>(period.count());
  const auto at = [&](std::int64_t k) { return normal_from(draw(seed, what, cell + k)); };
  const auto weight = x * x * (3 - 2 * x);
  return at(0) * (1 - weight) + at(1) * weight;
}

front front_of(std::uint64_t seed, std::int64_t nth) {
  enum trait : std::uint64_t { moment, kind, strength, speed, heading };
  const auto unit = [&](trait which) { return to_unit(draw(seed, number_of_name("front"), nth, which)); };
  front of;
  of.at_centre = timestamp{nth * front_spacing.count() +
                           static_cast<std::int64_t>(unit(moment) * static_cast<double>(front_spacing.count()))};
  const bool cold = unit(kind) < 0.55;
  of.change = cold ? -2.5 - 5.5 * unit(strength) : 1.5 + 4.5 * unit(strength);
  of.breadth = cold ? 0.5 : 2.5;
  of.km_an_hour = (cold ? 25 : 15) + 20 * unit(speed);
  // Cold ones come from the north-west, warm ones from the south-west, each within 40 degrees.
  const auto angle = (cold ? -pi / 4 : pi / 4) + (unit(heading) - 0.5) * 80 * pi / 180;
  of.east = cos(angle);
  of.north = sin(angle);
  return of;
}

timestamp front::passes(const district_traits& district) const {
  return at_centre + of_hours((district.east_km * east + district.north_km * north) / km_an_hour);
}

bustle bustle_at(timestamp time) {
  const auto hour = static_cast<double>(time_of_day(time)) / hour_ms;
  const auto day = weekday_of(time);
  const bool workday = day < 5;
  bustle of;
  of.at_work = workday ? smooth_step((hour - 8.3) / 1.4) * (1 - smooth_step((hour - 17.3) / 1.8)) *
                             (1 - 0.25 * bump(hour, 12.6, 0.7))
                       : 0.06 * bump(hour, 13, 4);
  const auto out =
      workday ? 0.75 * of.at_work + 0.15 * bump(hour, 19, 2) : 0.4 * bump(hour, 15, 3.5) + 0.12 * bump(hour, 21, 2);
  of.at_home = 1 - out;
  of.on_the_road = workday ? 0.03 + bump(hour, 7.9, 1.1) + 0.9 * bump(hour, 17.5, 1.6) + 0.4 * bump(hour, 12.8, 3.2)
                           : 0.03 + 0.55 * bump(hour, 14.5, 4.2) + 0.15 * bump(hour, 22, 2);
  return of;
}

/// What does not depend on the district.
struct climate::hour_of_all {
  timestamp time;
  double season = 0;
  double sun = 0; ///< sine of its elevation
  double swing = 0;
  double clear_light = 0;
  double wind = 0; ///< 0 still to 1 strong
  bustle people;
  std::array<front, fronts_felt + 1> fronts;
};

climate::climate(std::uint64_t seed, std::uint32_t districts, double latitude)
    : seed_(seed)
    , latitude_(latitude) {
  for (std::uint32_t i = 0; i < districts; ++i)
    traits_.push_back(district_traits_of(seed, i));
}

climate::hour_of_all climate::common_at(timestamp time) const {
  hour_of_all all;
  all.time = time;
  const auto half_year = latitude_ < 0 ? pi : 0.0;
  const auto year_angle =
      2 * pi * static_cast<double>(time.ms) / (365.2425 * day_ms) + half_year; // the epoch is a 1 January
  const auto hour = static_cast<double>(time_of_day(time)) / hour_ms;
  all.season =
      10.5 - 9.5 * cos(year_angle - 2 * pi * 18 / 365); // north of the equator coldest in the second half of January
  all.sun = sun_elevation(time, latitude_);
  all.clear_light = clear_sky_light(all.sun);
  // Warmest at three, coldest at sunrise; more so in summer than in winter.
  const auto amplitude = 3.6 - 1.8 * cos(year_angle - 2 * pi * 8 / 365);
  all.swing = amplitude * (cos((hour - 15) * pi / 12) + 0.2 * cos((hour - 14) * pi / 6));
  all.wind = smooth_step(0.7 * slow_noise(seed_, draw(purpose, calm), time, hours{9}));
  all.people = bustle_at(time);
  const auto now = floor_divide(time.ms, front_spacing.count());
  for (std::int64_t i = 0; i <= fronts_felt; ++i)
    all.fronts[static_cast<std::size_t>(i)] = front_of(seed_, now - fronts_felt + 1 + i);
  return all;
}

district_weather climate::in_district(std::uint32_t district, const hour_of_all& common) const {
  const auto& place = traits_[district];
  // What the wind carries comes to a district later the farther east it lies.
  const auto upwind = common.time - of_hours(place.east_km / wind_km_an_hour);
  const auto carried = [&](quantity what, milliseconds period) {
    return slow_noise(seed_, draw(purpose, what), upwind, period);
  };
  const auto own = [&](quantity what, milliseconds period) {
    return slow_noise(seed_, draw(purpose, what, district), common.time, period);
  };

  double front_warmth = 0;
  double band = 0;
  for (const auto& each : common.fronts) {
    const auto since = hours_between(each.passes(place), common.time);
    front_warmth += each.change * smooth_step(since / each.breadth) * exp(-std::max(0.0, since) / front_decay_hours);
    band += bump(since, each.change < 0 ? 0.5 : -1.5, each.change < 0 ? 1.6 : 3.5);
  }
  band = std::min(1.0, band);
  const auto cloud =
      std::clamp(0.45 + 0.3 * carried(clouds, hours{7}) + 0.1 * carried(showers, minutes{40}) + 0.6 * band, 0.0, 1.0);

  district_weather result;
  const auto slow = common.season + front_warmth + 1.5 * carried(air_mass, hours{60});
  result.temperature = slow + (1 - 0.65 * cloud) * common.swing + place.warmer + 0.25 * own(gusts, hours{2});
  // The air's moisture changes with the air masses; relative humidity falls as a day warms.
  const auto dew_point = slow - 4.2 + 2.6 * band + 1.3 * carried(moisture, hours{13});
  result.humidity = std::clamp(100 * vapour(dew_point) / vapour(result.temperature), 12.0, 100.0);

  // Breath, kitchens and engines; still air keeps it in the streets, most under a clear sky at night.
  const auto jam = 1 + 0.12 * own(traffic_jam, minutes{45});
  const auto made = 26 * place.dwellings * common.people.at_home + 42 * place.offices * common.people.at_work +
                    120 * place.traffic * common.people.on_the_road * std::max(0.4, jam);
  const auto kept = (1.35 - 0.7 * common.wind) * (common.sun < 0 ? 1.25 - 0.3 * cloud : 1.0);
  result.co2 = 424 + made * kept;

  constexpr double street_lamps = 14;
  result.light = common.clear_light * through_clouds(cloud) + (common.clear_light < 200 ? street_lamps : 0);
  return result;
}

district_weather climate::at(std::uint32_t district, timestamp time) const {
  return in_district(district, common_at(time));
}

void climate::at(timestamp time, std::span<district_weather> out) const {
  const auto common = common_at(time);
  for (std::uint32_t i = 0; i < traits_.size(); ++i)
    out[i] = in_district(i, common);
}

} // namespace throng::simulation
