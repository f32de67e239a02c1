#include "simulation/sun.hpp"

#include <cmath>

#include "simulation/arithmetic.hpp"
#include "simulation/daily_curve.hpp"

namespace throng::simulation {

namespace {
constexpr double pi = 3.14159265358979323846;
constexpr double day_ms = 86'400'000;
constexpr double radians = pi / 180;
} // namespace

double sun_elevation(timestamp time, double latitude) {
  const auto of_day = static_cast<double>(time_of_day(time));
  // The epoch is a 1 January; the year's length moves the dates by less than a day.
  const auto days = static_cast<double>(time.ms) / day_ms;
  const auto year = days / 365.2425;
  const auto day_of_year = (year - std::floor(year)) * 365.2425;
  const auto declination = 23.45 * radians * sin(2 * pi * (284 + day_of_year + 1) / 365);
  const auto b = 2 * pi * day_of_year / 365;
  const auto minutes =
      229.2 * (0.000075 + 0.001868 * cos(b) - 0.032077 * sin(b) - 0.014615 * cos(2 * b) - 0.04089 * sin(2 * b));
  const auto hour_angle = 2 * pi * (of_day / day_ms + minutes / 1440 - 0.5);
  const auto phi = latitude * radians;
  return sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(hour_angle);
}

double clear_sky_light(double sine) {
  if (sine <= 0)
    return 400 * exp(45.6 * sine);
  const auto sun = 127'500 * exp(-0.21 / (sine + 0.02)) * sine;
  const auto sky = 800 + 15'500 * std::sqrt(sine);
  // The sky's own formula begins at 800 lux; twilight leads up to it.
  return sun + 400 + (sky - 400) * (sine < 0.05 ? sine / 0.05 : 1);
}

double through_clouds(double cloud) {
  return 1 - 0.75 * pow(cloud, 3.4);
}

} // namespace throng::simulation
