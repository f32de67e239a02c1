#include "simulation/weather.hpp"

#include <algorithm>
#include <cmath>

#include "simulation/arithmetic.hpp"
#include "simulation/distributions.hpp"
#include "simulation/random.hpp"

namespace throng::simulation {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr std::int64_t ms_per_hour = 3'600'000;
constexpr std::int64_t ms_per_day = 24 * ms_per_hour;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// A bump of height 1 around `centre`, in hours, that is gone about 2.5 widths away.
double bump(double hour, double centre, double width) {
  const auto x = (hour - centre) / width;
  return exp(-x * x);
}

} // namespace

double slow_noise(std::uint64_t seed, std::uint64_t what, timestamp time, milliseconds period) {
  const auto cell = floor_divide(time.ms, period.count());
  const auto x = static_cast<double>(time.ms - cell * period.count()) / static_cast<double>(period.count());
  const auto at = [&](std::int64_t k) { return normal_from(draw(seed, what, cell + k)); };
  const auto weight = x * x * (3 - 2 * x);
  return at(0) * (1 - weight) + at(1) * weight;
}

district_weather weather_of(std::uint64_t seed, std::uint32_t district, timestamp time) {
  using std::chrono::hours;
  const auto day = floor_divide(time.ms, ms_per_day);
  const auto hour = static_cast<double>(time.ms - day * ms_per_day) / ms_per_hour;
  const auto year_angle = 2 * pi * (static_cast<double>(day) + hour / 24) / 365.2425; // the epoch is a 1 January
  const auto weekday = (day % 7 + 7 + 4) % 7;                                         // 1970-01-01 was a Thursday
  const bool workday = weekday != 0 && weekday != 6;
  constexpr auto all_districts = ~std::uint64_t{0};
  constexpr auto purpose = number_of_name("weather");
  const auto noise = [&](std::uint64_t quantity, std::uint64_t where, milliseconds period) {
    return slow_noise(seed, draw(purpose, quantity, where), time, period);
  };

  // The sun's elevation, from its declination and hour angle (Cooper, 1969).
  const auto declination = 23.45 * pi / 180 * sin(year_angle + 2 * pi * 284 / 365);
  const auto latitude = city_latitude * pi / 180;
  const auto hour_angle = (hour - 12) * pi / 12;
  const auto elevation = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle);
  const auto cloud =
      std::clamp(0.5 + 0.35 * noise(0, all_districts, hours{11}) + 0.1 * noise(1, district, hours{2}), 0.0, 1.0);

  district_weather result;
  const auto season = 10.5 - 9.5 * cos(year_angle - 2 * pi * 15 / 365);    // coldest in the middle of January
  const auto day_swing = (5.0 - 3.0 * cloud) * cos((hour - 15) * pi / 12); // warmest at three
  const auto front = 3.0 * noise(2, all_districts, hours{37}) + 0.4 * noise(3, district, hours{3});
  const auto heat_island = 0.8 * normal_from(draw(seed, number_of_name("heat_island"), district));
  result.temperature = season + day_swing + front + heat_island;

  result.humidity =
      std::clamp(68.0 + 14.0 * (cloud - 0.5) * 2 - 2.0 * day_swing + 5.0 * noise(4, district, hours{5}), 12.0, 100.0);

  const auto density = 0.6 + 0.8 * to_unit(draw(seed, number_of_name("density"), district));
  const auto traffic = workday ? bump(hour, 8.2, 1.4) + 0.9 * bump(hour, 17.6, 2.0) + 0.35 * bump(hour, 13, 4)
                               : 0.6 * bump(hour, 14.5, 4.5);
  result.co2 = 418.0 + density * (110.0 * traffic + 18.0 * std::fabs(noise(5, district, hours{1})));

  const auto sun = elevation <= 0 ? 0.0 : 105'000.0 * pow(elevation, 1.15) * (1 - 0.8 * cloud);
  const auto twilight = 400.0 * exp(-std::max(0.0, -elevation) * 25);
  constexpr auto street_lamps = 12.0;
  result.light = sun + twilight + street_lamps;
  return result;
}

} // namespace throng::simulation
