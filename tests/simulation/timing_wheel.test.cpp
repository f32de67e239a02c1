#define CAF_SUITE simulation.timing_wheel

#include "simulation/timing_wheel.hpp"

#include <map>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::simulation;

CAF_TEST(everything is taken once in the first step that ends after its due time) {
  CAF_CHECK(rc::check([](const std::vector<std::uint32_t>& draws) {
    const timestamp start{1'000'000};
    timing_wheel sut{start, milliseconds{1000}};
    std::multimap<std::int64_t, std::uint32_t> model;
    auto now = start;
    std::uint32_t who = 0;
    for (auto bits : draws) {
      // Near and far, some beyond the ring, some in the past.
      const auto ahead = bits % 4 == 0 ? bits % 5'000'000 : bits % 9'000;
      const timestamp due{now.ms + ahead - 500};
      sut.insert(due, who);
      model.emplace(due.ms, who++);
      if (bits % 3 == 0) {
        now.ms += 1 + bits % 7'000 * (bits % 11 == 0 ? 300 : 1);
        std::multiset<std::uint32_t> taken;
        sut.take_until(now, [&](const timing_wheel::entry& entry) { taken.insert(entry.who); });
        std::multiset<std::uint32_t> expected;
        const auto end = model.lower_bound(now.ms);
        for (auto it = model.begin(); it != end; ++it)
          expected.insert(it->second);
        model.erase(model.begin(), end);
        RC_ASSERT(taken == expected);
      }
    }
    std::size_t left = 0;
    sut.take_until({now.ms + 10'000'000}, [&](const timing_wheel::entry&) { ++left; });
    RC_ASSERT(left == model.size());
  }));
}
