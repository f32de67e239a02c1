#define CAF_SUITE analytics.space_saving

#include "analytics/sketch/space_saving.hpp"

#include <algorithm>
#include <map>
#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "damaged_bytes.hpp"

using namespace throng::analytics;

namespace {

/// Few values often, many seldom.
std::vector<std::string> skewed(std::uint64_t seed, std::size_t n, std::size_t different) {
  std::mt19937_64 bits{seed};
  std::vector<std::string> result;
  for (std::size_t i = 0; i < n; ++i) {
    auto range = std::max<std::size_t>(1, different >> (bits() % 8));
    result.push_back("v" + std::to_string(bits() % range));
  }
  return result;
}

space_saving of(const std::vector<std::string>& values) {
  space_saving result;
  for (const auto& x : values)
    result.add(x, text_hash(x));
  return result;
}

std::map<std::string, std::uint64_t> truth(const std::vector<std::string>& values) {
  std::map<std::string, std::uint64_t> result;
  for (const auto& x : values)
    ++result[x];
  return result;
}

std::string bytes(const space_saving& x) {
  std::string out;
  byte_writer to{out};
  x.save(to);
  return out;
}

void within_bounds(const space_saving& sketch, const std::vector<std::string>& values) {
  auto exact = truth(values);
  auto listed = sketch.top(space_saving::capacity);
  RC_ASSERT(listed.size() == std::min(exact.size(), space_saving::capacity));
  for (const auto& x : listed) {
    RC_ASSERT(x.count >= exact[x.text]);
    RC_ASSERT(x.count - x.error <= exact[x.text]);
    RC_ASSERT(x.error <= values.size() / space_saving::capacity);
  }
  for (const auto& [text, count] : exact) {
    if (count > values.size() / space_saving::capacity)
      RC_ASSERT(std::any_of(listed.begin(), listed.end(), [&](const auto& x) { return x.text == text; }));
  }
}

} // namespace

CAF_TEST(counts are exact while all values have room with ties by their text) {
  auto sketch = of({"b", "a", "c", "c", "b", "a", "d"});
  auto top = sketch.top(3);
  CAF_REQUIRE_EQUAL(top.size(), 3u);
  CAF_CHECK(top[0] == (space_saving::entry{"a", 2, 0}));
  CAF_CHECK(top[1] == (space_saving::entry{"b", 2, 0}));
  CAF_CHECK(top[2] == (space_saving::entry{"c", 2, 0}));
}

CAF_TEST(counts and errors bound the truth and frequent values are always there) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto values = skewed(seed, 200 + seed % 2000, 10 + seed % 1500);
    within_bounds(of(values), values);
  }));
}

CAF_TEST(merged sketches keep the bounds of the whole) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    std::vector<std::string> all;
    space_saving merged;
    for (std::uint64_t part = 0; part < 4; ++part) {
      auto values = skewed(seed * 31 + part, seed % 900, 10 + seed % 1500);
      merged.merge(of(values));
      all.insert(all.end(), values.begin(), values.end());
    }
    within_bounds(merged, all);
    // And goes on counting from there.
    for (const auto& x : skewed(seed + 5, 500, 400)) {
      merged.add(x, text_hash(x));
      all.push_back(x);
    }
    within_bounds(merged, all);
  }));
}

CAF_TEST(merging is exact while all values have room) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto values = skewed(seed, seed % 500, 100);
    auto cut = values.begin() + static_cast<std::ptrdiff_t>(values.empty() ? 0 : seed % values.size());
    auto left = of({values.begin(), cut});
    left.merge(of({cut, values.end()}));
    RC_ASSERT(bytes(left) == bytes(of(values)));
  }));
}

CAF_TEST(a restored sketch goes on as if it had never been stored) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto sketch = of(skewed(seed, 1500, 600));
    auto stored = bytes(sketch);
    byte_reader in{stored};
    auto back = space_saving::load(in);
    RC_ASSERT(in.at_end());
    RC_ASSERT(bytes(back) == stored);
    for (const auto& x : skewed(seed + 1, 500, 600)) {
      sketch.add(x, text_hash(x));
      back.add(x, text_hash(x));
    }
    RC_ASSERT(bytes(back) == bytes(sketch));
  }));
}

CAF_TEST(damaged bytes are refused or read but never crash) {
  int refused = 0;
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    refused += throng::test::damage(bytes(of(skewed(seed, 300, 50))), seed,
                                    [](byte_reader& in) { space_saving::load(in).top(10); });
  }));
  CAF_CHECK(refused > 0);
}
