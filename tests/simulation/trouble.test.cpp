#define CAF_SUITE simulation.trouble

#include "simulation/trouble.hpp"

#include <array>
#include <cmath>

#include <caf/test/unit_test.hpp>

#include "simulation/random.hpp"

using namespace throng;
using namespace throng::simulation;

namespace {

std::array<int, 6> count(const config::trouble& shares, int n) {
  const trouble_odds sut{shares};
  std::array<int, 6> hits{};
  for (int i = 0; i < n; ++i)
    ++hits[static_cast<std::size_t>(sut.of(draw(1, i)))];
  return hits;
}

} // namespace

CAF_TEST(each trouble befalls its share of the messages) {
  const auto hits = count({0.1, 0.05, 0.2, 0.01, 0.02}, 100'000);
  const std::array<double, 6> expected{0.62, 0.1, 0.05, 0.2, 0.01, 0.02};
  for (std::size_t i = 0; i < hits.size(); ++i)
    CAF_CHECK_LESS(std::fabs(hits[i] - 1e5 * expected[i]), 5 * std::sqrt(1e5 * expected[i]));
}

CAF_TEST(without shares there is no trouble) {
  CAF_CHECK(!trouble_odds{config::trouble{}}.any());
  CAF_CHECK(count({}, 1000)[0] == 1000);
}

CAF_TEST(shares that add up to more than all are scaled down to all) {
  const auto hits = count({0.5, 0.5, 0.5, 0.5, 0}, 10'000);
  CAF_CHECK_EQUAL(hits[0], 0);
  CAF_CHECK_EQUAL(hits[5], 0);
  for (std::size_t i = 1; i < 5; ++i)
    CAF_CHECK(std::abs(hits[i] - 2500) < 250);
}

CAF_TEST(delays are within the bounds of their kind) {
  for (std::uint64_t bits : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    const auto at_end = bits != 0;
    CAF_CHECK_EQUAL(delay_of(trouble_kind::late, bits).count(), at_end ? 600'000 : 60'000);
    CAF_CHECK_EQUAL(delay_of(trouble_kind::out_of_order, bits).count(), at_end ? 3'000 : 500);
    CAF_CHECK_EQUAL(delay_of(trouble_kind::duplicate, bits).count(), at_end ? 2'000 : 10);
    CAF_CHECK_EQUAL(delay_of(trouble_kind::malformed, bits).count(), 0);
  }
}
