// Puts a step's emissions in the order of their times without comparing them: a counting sort by millisecond.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulation/step.hpp"

namespace throng::simulation {

/// Orders by time; what has the same time keeps its order. `from` is left in any state.
/// @pre every time is in [begin, begin + 2^33 ms)
inline void order_by_time(std::vector<emission>& from, std::vector<emission>& to, timestamp begin) {
  constexpr std::uint32_t digit_bits = 11;
  constexpr std::uint32_t digits = 1U << digit_bits;
  std::uint64_t span = 0;
  bool ordered = true;
  for (std::size_t i = 0; i < from.size(); ++i) {
    span |= static_cast<std::uint64_t>(from[i].time.ms - begin.ms);
    ordered = ordered && (i == 0 || !(from[i].time < from[i - 1].time));
  }
  if (ordered) {
    to.swap(from);
    return;
  }
  to.resize(from.size());
  std::array<std::uint32_t, digits> first;
  for (std::uint32_t shift = 0;; shift += digit_bits) {
    const auto digit = [&](const emission& e) {
      return (static_cast<std::uint64_t>(e.time.ms - begin.ms) >> shift) & (digits - 1);
    };
    first.fill(0);
    for (const auto& each : from)
      ++first[digit(each)];
    std::uint32_t sum = 0;
    for (auto& count : first) {
      const auto here = count;
      count = sum;
      sum += here;
    }
    for (const auto& each : from)
      to[first[digit(each)]++] = each;
    if ((span >> shift >> digit_bits) == 0)
      return;
    to.swap(from);
  }
}

} // namespace throng::simulation
