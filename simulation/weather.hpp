// The weather and the air of a district: what all its sensors have in common. A pure function of (seed, district, time):
// fronts that cross the city, seasons, the time of day, the people and the traffic. sky.hpp makes it cheap to ask for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/time.hpp"
#include "simulation/districts.hpp"

namespace throng::simulation {

struct district_weather {
  double temperature = 0; ///< degrees Celsius
  double humidity = 0;    ///< percent, relative
  double co2 = 0;         ///< ppm
  double light = 0;       ///< lux
};

/// A weather front: a line that crosses the city with one speed and direction, so that districts meet it one after the
/// other. There is one in every `front_spacing`, at a moment of it that is drawn.
struct front {
  timestamp at_centre; ///< when it passes over the city's centre
  double east = 0;     ///< its direction: a unit vector
  double north = 0;
  double km_an_hour = 0;
  double change = 0;  ///< degrees that the air behind it is warmer (a warm front) or colder
  double breadth = 0; ///< hours that the change takes

  /// When it passes over a district.
  timestamp passes(const district_traits& district) const;
};
inline constexpr milliseconds front_spacing = std::chrono::hours{31};

/// @param nth of the fronts since 1970; any number
front front_of(std::uint64_t seed, std::int64_t nth);

class climate {
public:
  /// @param latitude of the city, degrees: where the sun stands, and south of the equator the other half of the year is warm
  climate(std::uint64_t seed, std::uint32_t districts, double latitude = city_latitude);

  std::uint32_t districts() const {
    return static_cast<std::uint32_t>(traits_.size());
  }
  district_weather at(std::uint32_t district, timestamp time) const;
  /// Of all districts. @pre out has as many places
  void at(timestamp time, std::span<district_weather> out) const;

private:
  struct hour_of_all;
  hour_of_all common_at(timestamp time) const;
  district_weather in_district(std::uint32_t district, const hour_of_all& common) const;

  std::uint64_t seed_;
  double latitude_;
  std::vector<district_traits> traits_;
};

/// Smooth noise in time: standard normal at multiples of `period`, drawn from (seed, what, multiple), smooth between.
double slow_noise(std::uint64_t seed, std::uint64_t what, timestamp time, milliseconds period);

/// How many of a district's people are at home, and how full its offices and roads are, 0 to 1, at a moment of the week.
struct bustle {
  double at_home = 0;
  double at_work = 0;
  double on_the_road = 0;
};
bustle bustle_at(timestamp time);

} // namespace throng::simulation
