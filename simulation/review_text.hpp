// What people write when they rate a thing.
#pragma once

#include <cstdint>
#include <string_view>

namespace throng::simulation {

/// How much a thing is liked on average: 2.6 to 4.8 stars; a function of the seed.
double item_quality(std::uint64_t seed, std::uint32_t item);

/// A sentence that goes with 1 to 5 stars. @param bits uniform
std::string_view review_text(std::uint32_t stars, std::uint64_t bits);

} // namespace throng::simulation
