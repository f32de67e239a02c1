#include "simulation/review_text.hpp"

#include <algorithm>
#include <array>

#include "simulation/random.hpp"

namespace throng::simulation {

namespace {

using namespace std::string_view_literals;

constexpr std::array<std::array<std::string_view, 4>, 5> sentences{{
    {"Broke on the second day."sv, "Not what the picture shows."sv, "I sent it back."sv, "Don't."sv},
    {"Cheaply made."sv, "Smaller than I thought."sv, "It works, most of the time."sv, "Too dear for what it is."sv},
    {"Does what it should."sv, "Good enough."sv, "Nice, but the colour is off."sv, "Average."sv},
    {"Good value."sv, "I would buy it again."sv, "My daughter likes it."sv, "Solid."sv},
    {"Exactly what I wanted."sv, "Wonderful."sv, "Best I ever had."sv, "Arrived in a day, works perfectly."sv},
}};

} // namespace

double item_quality(std::uint64_t seed, std::uint32_t item) {
  return 2.6 + 2.2 * to_unit(draw(seed, number_of_name("item"), item));
}

std::string_view review_text(std::uint32_t stars, std::uint64_t bits) {
  const auto& row = sentences[std::clamp<std::uint32_t>(stars, 1, 5) - 1];
  return row[bits % row.size()];
}

} // namespace throng::simulation
