#define CAF_SUITE simulation.arithmetic

#include "simulation/arithmetic.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <caf/test/unit_test.hpp>

#include "simulation/random.hpp"

namespace ours = throng::simulation;
using throng::simulation::random_stream;

namespace {

constexpr int tries = 200'000;

} // namespace

CAF_TEST(exp is within its stated relative error) {
  random_stream random{1};
  double worst = 0;
  for (int i = 0; i < tries; ++i) {
    const auto x = (random.unit() - 0.5) * 1400;
    const auto expected = std::exp(static_cast<long double>(x));
    if (expected > std::numeric_limits<double>::min() && expected < std::numeric_limits<double>::max())
      worst = std::max(worst, static_cast<double>(std::fabs((ours::exp(x) - expected) / expected)));
  }
  CAF_CHECK_LESS(worst, 4e-16);
}

CAF_TEST(exp has the limits of the true function) {
  CAF_CHECK(ours::exp(0) == 1.0);
  CAF_CHECK(ours::exp(-800) == 0.0);
  CAF_CHECK(ours::exp(-std::numeric_limits<double>::infinity()) == 0.0);
  CAF_CHECK(std::isinf(ours::exp(710)));
  CAF_CHECK(std::isfinite(ours::exp(709.7)));
  CAF_CHECK(ours::exp(-740) > 0); // subnormal
  CAF_CHECK(std::isnan(ours::exp(std::numeric_limits<double>::quiet_NaN())));
}

CAF_TEST(log is within its stated error) {
  random_stream random{2};
  double worst = 0;
  const auto check = [&](double x) {
    const auto expected = std::log(static_cast<long double>(x));
    const auto scale = std::max(std::fabs(static_cast<double>(expected)), std::fabs(x - 1));
    if (scale > 0)
      worst = std::max(worst, static_cast<double>(std::fabs(ours::log(x) - expected)) / scale);
  };
  for (int i = 0; i < tries; ++i) {
    const auto bits = random.bits() >> 1; // any positive number
    if (const auto x = std::bit_cast<double>(bits); std::isfinite(x))
      check(x);
    check(0.5 + random.unit());
    check(1 + (random.unit() - 0.5) * 1e-6);
  }
  CAF_CHECK_LESS(worst, 4e-16);
}

CAF_TEST(log has the limits of the true function) {
  CAF_CHECK(ours::log(1) == 0.0);
  CAF_CHECK(std::isinf(ours::log(0)) && ours::log(0) < 0);
  CAF_CHECK(std::isnan(ours::log(-1)));
  CAF_CHECK(std::isinf(ours::log(std::numeric_limits<double>::infinity())));
}

CAF_TEST(sin and cos are within their stated absolute error) {
  random_stream random{3};
  double worst = 0;
  for (int i = 0; i < tries; ++i) {
    for (double range : {10.0, 2e5}) {
      const auto x = (random.unit() - 0.5) * range;
      worst = std::max(worst, static_cast<double>(std::fabs(ours::sin(x) - std::sin(static_cast<long double>(x)))));
      worst = std::max(worst, static_cast<double>(std::fabs(ours::cos(x) - std::cos(static_cast<long double>(x)))));
    }
  }
  CAF_CHECK_LESS(worst, 5e-16);
  CAF_CHECK(ours::sin(0) == 0.0);
  CAF_CHECK(ours::cos(0) == 1.0);
  CAF_CHECK(std::isnan(ours::sin(1e10)));
}

CAF_TEST(pow is within its stated relative error) {
  random_stream random{4};
  double worst = 0;
  for (int i = 0; i < tries; ++i) {
    const auto base = ours::exp((random.unit() - 0.5) * 20);
    const auto exponent = (random.unit() - 0.5) * 40;
    const auto expected = std::pow(static_cast<long double>(base), static_cast<long double>(exponent));
    const auto scale = 1 + std::fabs(exponent * std::log(base));
    worst = std::max(worst, static_cast<double>(std::fabs((ours::pow(base, exponent) - expected) / expected)) / scale);
  }
  CAF_CHECK_LESS(worst, 5e-16);
  CAF_CHECK(ours::pow(0, 2) == 0.0);
  CAF_CHECK(ours::pow(3, 0) == 1.0);
}

CAF_TEST(the bits of results are the same on every machine) {
  random_stream random{5};
  std::uint64_t all = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto x = (random.unit() - 0.5) * 100;
    for (double y : {ours::exp(x), ours::log(x + 51), ours::sin(x), ours::cos(x), ours::pow(x + 51, 0.37)})
      all = throng::simulation::mix(all ^ std::bit_cast<std::uint64_t>(y));
  }
  CAF_CHECK_EQUAL(all, 12463198797384690148U);
}
