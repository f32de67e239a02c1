#include "simulation/countries.hpp"

#include <array>

#include "simulation/weather.hpp"

namespace throng::simulation {

namespace {

// The shares are invented: a city shop with most of its visitors from home, and neighbours ahead of the far away.
constexpr std::array<country, 16> table{{
    {"AT", 820, city_latitude, city_longitude},
    {"DE", 30, 52.520, 13.405},
    {"CH", 25, 46.948, 7.447},
    {"NL", 20, 52.374, 4.890},
    {"FR", 18, 48.857, 2.352},
    {"PL", 16, 52.230, 21.011},
    {"IT", 12, 41.903, 12.496},
    {"GB", 12, 51.507, -0.128},
    {"ES", 10, 40.417, -3.704},
    {"DK", 8, 55.676, 12.568},
    {"US", 8, 38.907, -77.037},
    {"TR", 7, 39.933, 32.860},
    {"RO", 5, 44.427, 26.103},
    {"IN", 4, 28.614, 77.209},
    {"BR", 3, -15.794, -47.882},
    {"NG", 2, 9.077, 7.399},
}};

constexpr std::uint32_t sum_of_weights() {
  std::uint32_t sum = 0;
  for (const auto& row : table)
    sum += row.weight;
  return sum;
}
static_assert(sum_of_weights() == country_weights);

} // namespace

std::span<const country> countries() {
  return table;
}

std::uint8_t country_by_weight(std::uint32_t weight) {
  std::uint8_t i = 0;
  while (weight >= table[i].weight)
    weight -= table[i++].weight;
  return i;
}

} // namespace throng::simulation
