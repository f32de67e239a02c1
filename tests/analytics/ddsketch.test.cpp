#define CAF_SUITE analytics.ddsketch

#include "analytics/sketch/ddsketch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "damaged_bytes.hpp"

using namespace throng::analytics;

namespace {

/// The definition: the value at the rank, in sorted order.
double exact_quantile(std::vector<double> values, double percentile) {
  std::sort(values.begin(), values.end());
  auto rank = std::max(1.0, std::ceil(percentile * static_cast<double>(values.size()) / 100));
  return values[static_cast<std::size_t>(rank) - 1];
}

ddsketch of(const std::vector<double>& values) {
  ddsketch result;
  for (auto x : values)
    result.add(x);
  return result;
}

/// Numbers of both signs and many sizes, with zeros and repeats, within 2^50 of each other.
std::vector<double> numbers(std::uint64_t seed, std::size_t most) {
  std::mt19937_64 bits{seed};
  std::vector<double> result(1 + bits() % most);
  auto spread = static_cast<int>(1 + bits() % 25);
  for (auto& x : result) {
    auto significand = static_cast<double>(bits() >> 11U) / 9007199254740992.0 + 1;
    x = std::ldexp(significand, static_cast<int>(bits() % static_cast<unsigned>(2 * spread)) - spread);
    x = bits() % 3 == 0 ? -x : (bits() % 10 == 0 ? 0 : x);
  }
  return result;
}

std::string bytes(const ddsketch& x) {
  std::string out;
  byte_writer to{out};
  x.save(to);
  return out;
}

} // namespace

CAF_TEST(a quantile is within one percent of the value at its rank) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto values = numbers(seed, 400);
    auto sketch = of(values);
    for (double p : {0.001, 1.0, 25.0, 50.0, 75.0, 99.0, 99.9, 100.0}) {
      auto expected = exact_quantile(values, p);
      RC_ASSERT(std::abs(sketch.quantile(p) - expected) <= std::abs(expected) * ddsketch::relative_error);
    }
  }));
}

CAF_TEST(every magnitude is within one percent of its bin and bins rise with it) {
  std::mt19937_64 bits{7};
  double before = ddsketch::least_magnitude;
  for (double x = ddsketch::least_magnitude; x < 1e300; x *= 1.0 + 0.02 * static_cast<double>(bits() % 1000) / 1000) {
    auto bin = ddsketch_bin(x);
    CAF_REQUIRE(std::abs(ddsketch_value(bin) - x) <= x * ddsketch::relative_error);
    CAF_REQUIRE(bin >= ddsketch_bin(before));
    before = x;
  }
  auto greatest = std::numeric_limits<double>::max();
  CAF_CHECK(std::abs(ddsketch_value(ddsketch_bin(greatest)) - greatest) <= greatest * ddsketch::relative_error);
}

CAF_TEST(magnitudes below a billionth count as zero) {
  auto sketch = of({-1e-10, 0, -0.0, 9.9e-10, 5e-324});
  CAF_CHECK_EQUAL(sketch.quantile(1), 0.0);
  CAF_CHECK_EQUAL(sketch.quantile(100), 0.0);
  CAF_CHECK_EQUAL(sketch.count(), 5u);
}

CAF_TEST(merging equals adding all in any order) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto values = numbers(seed, 200);
    std::mt19937_64 bits{seed + 1};
    // Some spread beyond what the bins hold, so that they collapse.
    if (bits() % 2 == 0) {
      for (int i = 0; i < 20; ++i)
        values.push_back(std::ldexp(1.5, static_cast<int>(bits() % 200) - 29));
    }
    auto whole = of(values);
    std::shuffle(values.begin(), values.end(), bits);
    auto cut = values.begin() + static_cast<std::ptrdiff_t>(bits() % (values.size() + 1));
    auto left = of({values.begin(), cut});
    left.merge(of({cut, values.end()}));
    RC_ASSERT(left == whole);
    RC_ASSERT(bytes(left) == bytes(whole));
  }));
}

CAF_TEST(beyond the bins only the smallest magnitudes lose their precision) {
  ddsketch sketch;
  for (int exponent = -29; exponent <= 100; ++exponent)
    sketch.add(std::ldexp(1.0, exponent));
  CAF_CHECK_EQUAL(sketch.count(), 130u);
  // The 58 octaves below the greatest are kept.
  for (int exponent = 43; exponent <= 100; ++exponent) {
    auto rank = exponent + 30;
    auto x = sketch.quantile(100.0 * rank / 130);
    CAF_CHECK(std::abs(x - std::ldexp(1.0, exponent)) <= std::ldexp(0.01, exponent));
  }
  CAF_CHECK(bytes(sketch).size() < 400);
}

CAF_TEST(a sketch comes back from its bytes) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto sketch = of(numbers(seed, 300));
    auto stored = bytes(sketch);
    byte_reader in{stored};
    auto back = ddsketch::load(in);
    RC_ASSERT(in.at_end());
    RC_ASSERT(back == sketch);
  }));
}

CAF_TEST(damaged bytes are refused or read but never crash) {
  int refused = 0;
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    refused += throng::test::damage(bytes(of(numbers(seed, 50))), seed, [](byte_reader& in) {
      auto x = ddsketch::load(in);
      if (x.count() > 0)
        x.quantile(50);
      x.merge(ddsketch{x});
    });
  }));
  CAF_CHECK(refused > 0);
}
