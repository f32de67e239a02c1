// Where people come from: a country's code, its share of the world's people, and where its capital lies. Leaves to
// identity.hpp who comes from where.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace throng::simulation {

struct country {
  std::string_view code; ///< ISO 3166-1 alpha-2
  std::uint32_t weight;  ///< share of the people, of `country_weights`
  double lat;            ///< of the capital, WGS 84, degrees
  double lon;
};

/// The first is the city's own, and its place the city's.
std::span<const country> countries();

/// The sum of all weights.
inline constexpr std::uint32_t country_weights = 1'000;

inline constexpr std::uint8_t home_country = 0;

/// A country as a number that fits in a row. @pre weight < country_weights
std::uint8_t country_by_weight(std::uint32_t weight);

} // namespace throng::simulation
