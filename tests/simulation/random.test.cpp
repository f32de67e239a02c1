#define CAF_SUITE simulation.random

#include "simulation/random.hpp"

#include <array>
#include <bit>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng::simulation;

CAF_TEST(mix is the finalizer of SplitMix64) {
  // The first outputs of the reference implementation with the state 1234567.
  std::uint64_t state = 1234567;
  constexpr std::array<std::uint64_t, 3> expected{6457827717110365317U, 3203168211198807973U, 9817491932198370423U};
  for (auto value : expected)
    CAF_CHECK_EQUAL(mix(state += golden_step), value);
}

CAF_TEST(a stream is the same on every machine) {
  random_stream sut{42};
  std::uint64_t all = 0;
  for (int i = 0; i < 1000; ++i)
    all = mix(all ^ sut.bits());
  CAF_CHECK_EQUAL(all, 2827684402560434482U);
}

CAF_TEST(streams of neighbours share no value) {
  std::set<std::uint64_t> seen;
  for (std::uint32_t index = 0; index < 100; ++index)
    for (std::uint32_t restarts = 0; restarts < 3; ++restarts) {
      auto sut = stream_of(1, 2, index, restarts);
      for (int i = 0; i < 100; ++i)
        seen.insert(sut.bits());
    }
  CAF_CHECK_EQUAL(seen.size(), 30'000U);
}

CAF_TEST(a draw depends on each of its parts and on their order) {
  CAF_CHECK(rc::check([](std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
    RC_ASSERT(draw(seed, a, b) == draw(seed, a, b));
    RC_ASSERT(draw(seed, a, b) != draw(seed + 1, a, b));
    RC_ASSERT(draw(seed, a, b) != draw(seed, a + 1, b));
    RC_ASSERT(draw(seed, a, b) != draw(seed, a, b + 1));
    RC_ASSERT(draw(seed, a, b) != draw(seed, a));
    if (a != b)
      RC_ASSERT(draw(seed, a, b) != draw(seed, b, a));
  }));
}

CAF_TEST(every bit of a stream is set half of the time) {
  random_stream sut{7};
  std::array<int, 64> set{};
  for (int i = 0; i < 10'000; ++i) {
    const auto bits = sut.bits();
    for (std::size_t bit = 0; bit < set.size(); ++bit)
      set[bit] += static_cast<int>(bits >> bit & 1);
  }
  for (auto count : set)
    CAF_CHECK(count > 4'750 && count < 5'250); // five standard deviations
}

CAF_TEST(below stays below its bound and reaches everything under it) {
  CAF_CHECK(rc::check([](std::uint64_t seed, std::uint32_t bound) {
    random_stream sut{seed};
    if (bound > 0)
      for (int i = 0; i < 20; ++i)
        RC_ASSERT(sut.below(bound) < bound);
  }));
  random_stream sut{3};
  std::array<int, 6> dice{};
  for (int i = 0; i < 60'000; ++i)
    ++dice[sut.below(6)];
  for (auto count : dice)
    CAF_CHECK(count > 9'500 && count < 10'500);
}

CAF_TEST(a unit draw is at least 0 and below 1) {
  CAF_CHECK_EQUAL(to_unit(0), 0.0);
  CAF_CHECK(to_unit(~std::uint64_t{0}) < 1.0);
}
