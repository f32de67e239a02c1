#define CAF_SUITE analytics.exact_sum

#include "analytics/exact_sum.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using throng::analytics::exact_sum;

namespace {

__extension__ using wide = __int128;

/// Amounts of money and others, all multiples of 2^-60 below 2^40: an integer of 100 bits holds their sum.
std::vector<double> amounts(std::uint64_t seed, std::size_t n) {
  std::mt19937_64 bits{seed};
  std::vector<double> made;
  while (made.size() < n) {
    auto cents = static_cast<double>(bits() % 100'000'000) / 100;
    auto tiny = std::ldexp(static_cast<double>(bits() % 4096), -60);
    made.push_back(bits() % 3 == 0 ? tiny : bits() % 2 == 0 ? std::floor(cents * 1024) / 1024 : std::ldexp(1, 39));
    if (bits() % 2 == 0)
      made.back() = -made.back();
  }
  return made;
}

double rounded_once(const std::vector<double>& xs) {
  wide sum = 0;
  for (auto x : xs)
    sum += static_cast<wide>(std::ldexp(x, 60));
  return std::ldexp(static_cast<double>(sum), -60);
}

} // namespace

CAF_TEST(the sum is the exact one rounded once whatever the order) {
  auto holds = rc::check("sum", [](std::uint64_t seed) {
    auto xs = amounts(seed, seed % 40);
    exact_sum sum;
    for (auto x : xs)
      sum.add(x);
    RC_ASSERT(sum.value() == rounded_once(xs));
  });
  CAF_CHECK(holds);
}

CAF_TEST(what is removed leaves no trace) {
  auto holds = rc::check("removal", [](std::uint64_t seed) {
    auto xs = amounts(seed, 60);
    exact_sum sliding;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      sliding.add(xs[i]);
      if (i >= 7)
        sliding.remove(xs[i - 7]);
      std::vector<double> last(xs.begin() + static_cast<std::ptrdiff_t>(i < 7 ? 0 : i - 6),
                               xs.begin() + static_cast<std::ptrdiff_t>(i + 1));
      RC_ASSERT(sliding.value() == rounded_once(last));
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(ten times a tenth is one and a million and a cent less a million is a cent) {
  exact_sum tenths;
  for (int i = 0; i < 10; ++i)
    tenths.add(0.1);
  CAF_CHECK_EQUAL(tenths.value(), 1.0);
  exact_sum drained;
  drained.add(0.01);
  drained.add(0x1p950);
  drained.remove(0x1p900);
  drained.add(0x1p900);
  drained.remove(0x1p950);
  CAF_CHECK(std::bit_cast<std::uint64_t>(drained.value()) == std::bit_cast<std::uint64_t>(0.01));
}

CAF_TEST(the sum of nothing is zero without a sign) {
  exact_sum none;
  CAF_CHECK(std::bit_cast<std::uint64_t>(none.value()) == 0);
  none.add(-0.0);
  CAF_CHECK(std::bit_cast<std::uint64_t>(none.value()) == 0);
  none.add(2.5);
  none.remove(2.5);
  CAF_CHECK(std::bit_cast<std::uint64_t>(none.value()) == 0);
}
