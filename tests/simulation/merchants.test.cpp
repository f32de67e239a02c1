#define CAF_SUITE simulation.merchants

#include "simulation/merchants.hpp"

#include <cmath>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "simulation/countries.hpp"
#include "simulation/random.hpp"

using namespace throng;
using namespace throng::simulation;

CAF_TEST(every merchant belongs to exactly one category) {
  CAF_CHECK(rc::check([] {
    const auto merchants = *rc::gen::inRange<std::uint32_t>(1, 2'000);
    std::set<std::uint32_t> seen;
    for (std::uint8_t category = 0; category < merchant_categories().size(); ++category)
      for (std::uint32_t n = 0; n < merchants_in(category, merchants); ++n) {
        const auto merchant = merchant_number(category, n);
        RC_ASSERT(merchant < merchants);
        RC_ASSERT(merchant_category_of(merchant) == category);
        RC_ASSERT(seen.insert(merchant).second);
      }
    RC_ASSERT(seen.size() == merchants);
  }));
}

CAF_TEST(the stated mean of a category is that of its distribution) {
  for (const auto& category : merchant_categories())
    CAF_CHECK(std::fabs(category.mean - category.median * std::exp(category.sigma * category.sigma / 2)) < 1);
}

CAF_TEST(over a day each kind of payment has its share) {
  // Payments at moments drawn by the common curve: numerically, each minute by its weight.
  double card = 0;
  double cash = 0;
  double transfer = 0;
  for (std::int64_t minute = 0; minute < 1'440; ++minute) {
    const timestamp now{minute * 60'000 + 30'000};
    const auto rate = payment_hours().at(now);
    for (int i = 0; i < 200; ++i) {
      const auto kind = payment_kind_at(now, (i + 0.5) / 200, 500);
      (kind.means == payment_kind::what::card   ? card
       : kind.means == payment_kind::what::cash ? cash
                                                : transfer) += rate;
    }
  }
  const auto all = card + cash + transfer;
  CAF_CHECK(std::fabs(cash / all - 0.07) < 0.003);
  CAF_CHECK(std::fabs(transfer / all - 0.11) < 0.003);
}

CAF_TEST(bakeries sell in the morning and nobody buys shoes at night) {
  const timestamp morning{7 * 3'600'000};
  const timestamp night{3 * 3'600'000};
  int bread = 0;
  int shoes = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto early = payment_kind_at(morning, i / 1'000.0, 500);
    if (early.means == payment_kind::what::card && merchant_categories()[early.category].name == "bakery")
      ++bread;
    const auto late = payment_kind_at(night, i / 1'000.0, 500);
    if (late.means == payment_kind::what::card && merchant_categories()[late.category].name == "clothing")
      ++shoes;
  }
  CAF_CHECK(bread > 250);
  CAF_CHECK_EQUAL(shoes, 0);
}

CAF_TEST(with fewer merchants than categories only those that there are take payments) {
  CAF_CHECK(rc::check([] {
    const auto merchants = *rc::gen::inRange<std::uint32_t>(1, 12);
    const timestamp now{*rc::gen::inRange<std::int64_t>(0, 86'400'000)};
    const auto unit = to_unit(*rc::gen::arbitrary<std::uint64_t>());
    const auto kind = payment_kind_at(now, unit, merchants);
    if (kind.means == payment_kind::what::card)
      RC_ASSERT(merchants_in(kind.category, merchants) > 0U);
  }));
}

CAF_TEST(a shop stands in the city) {
  const auto& city = countries()[home_country];
  for (std::uint32_t merchant = 0; merchant < 1'000; ++merchant) {
    const auto where = merchant_place(8, merchant);
    CAF_CHECK(std::fabs(where.lat - city.lat) < 0.3 && std::fabs(where.lon - city.lon) < 0.5);
  }
}
