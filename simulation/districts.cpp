#include "simulation/districts.hpp"

#include <cmath>

#include "simulation/arithmetic.hpp"
#include "simulation/distributions.hpp"

namespace throng::simulation {

namespace {

constexpr double golden_angle = 2.39996322972865332; // pi (3 - sqrt(5)): neighbours on the spiral lie far apart
constexpr double ring_km = 2.0;
constexpr double km_a_degree = 111.32;
constexpr double radians = 0.017453292519943295; // pi / 180

enum trait : std::uint64_t { heat, homes, work, roads };

} // namespace

district_traits district_traits_of(std::uint64_t seed, std::uint32_t district) {
  const auto unit = [&](trait which) { return to_unit(draw(seed, number_of_name("district"), district, which)); };
  const auto turn = golden_angle * static_cast<double>(district);
  const auto distance = ring_km * std::sqrt(static_cast<double>(district));
  district_traits of;
  of.east_km = distance * cos(turn);
  of.north_km = distance * sin(turn);
  // Offices stand in the middle, homes around it.
  const auto central = 1 / (1 + distance / 4);
  of.warmer = 1.4 * central + 0.5 * normal_from(draw(seed, number_of_name("district"), district, heat));
  of.offices = central * (0.4 + 0.6 * unit(work));
  of.dwellings = (1 - 0.6 * central) * (0.3 + 0.7 * unit(homes));
  of.traffic = 0.25 + 0.35 * central + 0.4 * unit(roads);
  return of;
}

place middle_of(const district_traits& district, double latitude) {
  return {latitude + district.north_km / km_a_degree,
          city_longitude + district.east_km / (km_a_degree * cos(latitude * radians))};
}

} // namespace throng::simulation
