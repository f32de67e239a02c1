#define CAF_SUITE simulation.run_order

#include "simulation/run_order.hpp"

#include <algorithm>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::simulation;

CAF_TEST(ordering by time is a stable sort for steps of any length) {
  CAF_CHECK(rc::check([](const std::vector<std::uint32_t>& draws, std::uint32_t spread) {
    const timestamp begin{1'767'592'800'000};
    std::vector<emission> from;
    for (auto bits : draws) {
      emission each;
      each.time = {begin.ms + bits % (1 + (spread >> (bits % 3 * 10)))};
      each.ordinal = static_cast<std::uint32_t>(from.size());
      from.push_back(each);
    }
    auto expected = from;
    std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    std::vector<emission> to;
    order_by_time(from, to, begin);
    RC_ASSERT(to.size() == expected.size());
    for (std::size_t i = 0; i < to.size(); ++i) {
      RC_ASSERT(to[i].time == expected[i].time);
      RC_ASSERT(to[i].ordinal == expected[i].ordinal);
    }
  }));
}
