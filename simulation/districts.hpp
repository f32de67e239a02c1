// The city's districts: where each lies and what it is like. Functions of (seed, district); leaves to weather.hpp what the
// air in them does.
#pragma once

#include <cstdint>

#include "simulation/identity.hpp"

namespace throng::simulation {

/// The centre, in degrees, of a city whose scenario says no other latitude: a town of the temperate zone, whose clocks show UTC.
inline constexpr double city_latitude = 48.2;
inline constexpr double city_longitude = 16.4;

struct district_traits {
  double east_km = 0; ///< of the city's centre
  double north_km = 0;
  double warmer = 0;    ///< degrees: stone and asphalt, or trees
  double dwellings = 0; ///< 0 to 1: how many people live there, relative to the fullest
  double offices = 0;   ///< 0 to 1: how many work there
  double traffic = 0;   ///< 0 to 1: how busy its roads are
};

/// They lie on a spiral around the centre, about two kilometres apart.
district_traits district_traits_of(std::uint64_t seed, std::uint32_t district);

/// Its middle, in a city at this latitude (degrees, between the polar circles).
place middle_of(const district_traits& district, double latitude);

} // namespace throng::simulation
