#include "simulation/session.hpp"

#include <array>

namespace throng::simulation {

namespace {

using percentages = std::array<std::uint8_t, action_count>;

// Invented, in the shape that shops report: one view in twenty ends in an order, one session in nine buys.
constexpr percentages start{// home login browse search view click rate cart buy leave
                            48, 6, 18, 4, 24, 0, 0, 0, 0, 0};
constexpr std::array<percentages, action_count - 1> steps{{
    // home login browse search view click rate cart buy leave
    {0, 8, 40, 32, 12, 0, 0, 0, 0, 8},   // home
    {8, 4, 40, 26, 14, 0, 0, 0, 0, 8},   // login
    {3, 0, 18, 8, 55, 0, 0, 0, 0, 16},   // browse
    {0, 0, 8, 20, 57, 0, 0, 0, 0, 15},   // search
    {2, 0, 16, 10, 22, 26, 2, 8, 0, 14}, // view
    {0, 0, 14, 8, 25, 18, 4, 15, 0, 16}, // click
    {10, 0, 18, 10, 24, 0, 0, 0, 0, 38}, // rate
    {0, 4, 14, 0, 20, 0, 0, 0, 37, 25},  // cart
    {10, 0, 14, 0, 10, 0, 12, 0, 0, 54}, // buy
}};

constexpr bool adds_up(const percentages& row) {
  std::uint32_t sum = 0;
  for (auto share : row)
    sum += share;
  return sum == 100;
}
constexpr bool all_add_up() {
  for (const auto& row : steps)
    if (!adds_up(row))
      return false;
  return adds_up(start);
}
static_assert(all_add_up());

action pick(const percentages& row, std::uint32_t percent) {
  std::size_t i = 0;
  while (percent >= row[i])
    percent -= row[i++];
  return static_cast<action>(i);
}

} // namespace

action first_action(std::uint32_t percent) {
  return pick(start, percent);
}

action next_action(action after, std::uint32_t percent) {
  return pick(steps[static_cast<std::size_t>(after)], percent);
}

bool is_legal(action after, action next) {
  return after != action::leave && steps[static_cast<std::size_t>(after)][static_cast<std::size_t>(next)] > 0;
}

bool is_legal_first(action first) {
  return start[static_cast<std::size_t>(first)] > 0;
}

} // namespace throng::simulation
