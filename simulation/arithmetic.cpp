#include "simulation/arithmetic.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace throng::simulation {
namespace {

// ln 2 and pi/2 in parts (Cody and Waite, "Software Manual for the Elementary Functions", 1980): the first parts have so
// many trailing zero bits that their product with a small integer is exact.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double half_pi_1 = 0x1.921fb544p+0;
constexpr double half_pi_2 = 0x1.0b4611a6p-34;
constexpr double half_pi_3 = 0x1.3198a2e037073p-69;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// 2^k for a normal result.
double two_to(std::int64_t k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

/// Horner's rule, highest power first.
template <std::size_t N>
double polynomial(double x, const std::array<double, N>& coefficients) {
  double sum = coefficients[0];
  for (std::size_t i = 1; i < N; ++i)
    sum = sum * x + coefficients[i];
  return sum;
}

// Taylor's series; the first term left out is below 2^-56 of the result on the reduced range.
constexpr std::array<double, 12> exp_terms{1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                           1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                           1.0 / 120,        1.0 / 24,        1.0 / 6,        1.0 / 2};
constexpr std::array<double, 8> sin_terms{
    1.0 / 355687428096000, -1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800,
    1.0 / 362880,          -1.0 / 5040,          1.0 / 120,        -1.0 / 6};
constexpr std::array<double, 8> cos_terms{1.0 / 20922789888000, -1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800,
                                          1.0 / 40320,          -1.0 / 720,         1.0 / 24,        -1.0 / 2};
// atanh's: 2/3, 2/5, ... in s^2.
constexpr std::array<double, 11> log_terms{2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                                           2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};

double sin_near_zero(double r) {
  const auto square = r * r;
  return r + r * (square * polynomial(square, sin_terms));
}

double cos_near_zero(double r) {
  const auto square = r * r;
  return 1.0 + square * polynomial(square, cos_terms);
}

/// sin(x + quarter * pi/2)
double sin_shifted(double x, std::int64_t quarter) {
  if (!(std::fabs(x) <= 1e9))
    return nan;
  const auto k = std::floor(x / (half_pi_1 + half_pi_2) + 0.5);
  const auto r = ((x - k * half_pi_1) - k * half_pi_2) - k * half_pi_3;
  switch ((static_cast<std::int64_t>(k) + quarter) & 3) {
  case 0:
    return sin_near_zero(r);
  case 1:
    return cos_near_zero(r);
  case 2:
    return -sin_near_zero(r);
  default:
    return -cos_near_zero(r);
  }
}

} // namespace

double exp(double x) noexcept {
  if (std::isnan(x))
    return x;
  if (x > 709.782712893384)
    return infinity;
  if (x < -745.2)
    return 0;
  const auto k = std::floor(x / (ln2_high + ln2_low) + 0.5);
  const auto r = (x - k * ln2_high) - k * ln2_low;
  const auto y = 1.0 + (r + r * r * polynomial(r, exp_terms));
  const auto power = static_cast<std::int64_t>(k);
  if (power < -1000)
    return y * two_to(power + 100) * 0x1.0p-100; // the result may be subnormal
  if (power > 1000)
    return y * two_to(power - 100) * 0x1.0p+100;
  return y * two_to(power);
}

double log(double x) noexcept {
  if (std::isnan(x) || x < 0)
    return nan;
  if (x == 0)
    return -infinity;
  if (x == infinity)
    return x;
  std::int64_t power = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1.0p+54;
    power = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  power += static_cast<std::int64_t>(bits >> 52) - 1023;
  auto m = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3ff0000000000000U);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++power;
  }
  // With s = f / (2 + f), log(1 + f) = 2 atanh(s) = f - s * (f - s^2 * (2/3 + 2/5 s^2 + ...)), where f is exact.
  const auto f = m - 1.0;
  const auto s = f / (2.0 + f);
  const auto square = s * s;
  const auto k = static_cast<double>(power);
  return k * ln2_high + (f - (s * (f - square * polynomial(square, log_terms)) - k * ln2_low));
}

double sin(double x) noexcept {
  return sin_shifted(x, 0);
}

double cos(double x) noexcept {
  return sin_shifted(x, 1);
}

double pow(double base, double exponent) noexcept {
  if (base == 0 && exponent > 0)
    return 0;
  return exp(exponent * log(base));
}

} // namespace throng::simulation
