// The weather and the air of a district: what all its sensors have in common. A pure function of (seed, district, time).
#pragma once

#include <cstdint>
#include <vector>

#include "config/time.hpp"

namespace throng::simulation {

struct district_weather {
  double temperature = 0; ///< degrees Celsius
  double humidity = 0;    ///< percent, relative
  double co2 = 0;         ///< ppm
  double light = 0;       ///< lux
};

/// The city's centre in degrees: a town of the temperate zone, whose clocks show UTC.
inline constexpr double city_latitude = 48.2;
inline constexpr double city_longitude = 16.4;

/// Seasons and the time of day, fronts that pass over the whole city within days, and a little of the district's own.
district_weather weather_of(std::uint64_t seed, std::uint32_t district, timestamp time);

/// Smooth noise in time: standard normal at multiples of `period`, drawn from (seed, what, multiple), cubic between.
double slow_noise(std::uint64_t seed, std::uint64_t what, timestamp time, milliseconds period);

} // namespace throng::simulation
