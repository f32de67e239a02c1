#define CAF_SUITE analytics.hyperloglog

#include "analytics/sketch/hyperloglog.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <unordered_set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "damaged_bytes.hpp"

using namespace throng::analytics;

namespace {

std::string bytes(const hyperloglog& x) {
  std::string out;
  byte_writer to{out};
  x.save(to);
  return out;
}

std::vector<std::uint64_t> hashes(std::uint64_t seed, std::size_t different) {
  std::mt19937_64 bits{seed};
  std::vector<std::uint64_t> result(different);
  for (auto& x : result)
    x = bits();
  return result;
}

hyperloglog of(const std::vector<std::uint64_t>& values) {
  hyperloglog result;
  for (auto x : values)
    result.add(x);
  return result;
}

} // namespace

CAF_TEST(up to 256 different values the count is exact repeats or not ) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto values = hashes(seed, seed % 257);
    hyperloglog sketch;
    for (int round = 0; round < 3; ++round) {
      for (auto x : values)
        sketch.add(x);
    }
    RC_ASSERT(sketch.exact());
    RC_ASSERT(sketch.estimate() == std::unordered_set<std::uint64_t>(values.begin(), values.end()).size());
  }));
}

CAF_TEST(beyond that the estimate stays within four standard errors from the first value to a million) {
  hyperloglog sketch;
  std::mt19937_64 bits{1};
  double squares = 0;
  int samples = 0;
  for (std::uint64_t n = 1; n <= 1'000'000; ++n) {
    sketch.add(bits());
    if (n <= 256) {
      CAF_REQUIRE_EQUAL(sketch.estimate(), n);
    } else if (n % 997 == 0) {
      auto error = (static_cast<double>(sketch.estimate()) - static_cast<double>(n)) / static_cast<double>(n);
      CAF_REQUIRE(std::abs(error) < 4 * hyperloglog::standard_error);
      squares += error * error;
      ++samples;
    }
  }
  CAF_CHECK(std::sqrt(squares / samples) < 2 * hyperloglog::standard_error);
}

CAF_TEST(over many streams the error has no bias and the promised size) {
  for (std::size_t n : {300U, 3'000U, 10'000U, 30'000U}) {
    double sum = 0;
    double squares = 0;
    constexpr int streams = 100;
    for (std::uint64_t seed = 0; seed < streams; ++seed) {
      auto error = static_cast<double>(of(hashes(seed * 7919 + n, n)).estimate()) / static_cast<double>(n) - 1;
      sum += error;
      squares += error * error;
    }
    CAF_CHECK(std::abs(sum / streams) < 3 * hyperloglog::standard_error / std::sqrt(streams));
    CAF_CHECK(std::sqrt(squares / streams) < 1.3 * hyperloglog::standard_error);
  }
}

CAF_TEST(merging equals adding all exact or not on either side) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    auto values = hashes(seed, 1 + bits() % 700);
    auto whole = of(values);
    auto cut = values.begin() + static_cast<std::ptrdiff_t>(bits() % (values.size() + 1));
    auto overlap =
        values.begin() + static_cast<std::ptrdiff_t>(bits() % (static_cast<std::size_t>(cut - values.begin()) + 1));
    auto left = of({values.begin(), cut});
    left.merge(of({overlap, values.end()}));
    RC_ASSERT(left == whole);
  }));
}

CAF_TEST(a sketch comes back from its bytes and damaged ones never crash) {
  int refused = 0;
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    auto sketch = of(hashes(seed, seed % 600));
    auto stored = bytes(sketch);
    byte_reader in{stored};
    RC_ASSERT(hyperloglog::load(in) == sketch);
    RC_ASSERT(in.at_end());
    refused += throng::test::damage(stored, seed, [](byte_reader& from) { hyperloglog::load(from).estimate(); });
  }));
  CAF_CHECK(refused > 0);
}

CAF_TEST(impossible registers give a number and not an endless loop) {
  std::string all_full(1 + hyperloglog::registers, 53);
  all_full[0] = 1;
  byte_reader full{all_full};
  CAF_CHECK(hyperloglog::load(full).estimate() > 1'000'000'000'000U);
  std::string all_empty(1 + hyperloglog::registers, 0);
  all_empty[0] = 1;
  byte_reader empty{all_empty};
  CAF_CHECK_EQUAL(hyperloglog::load(empty).estimate(), 0u);
}
