#define CAF_SUITE simulation.arrivals

#include "simulation/arrivals.hpp"

#include <array>
#include <cmath>

#include <caf/test/unit_test.hpp>

#include "simulation/entity.hpp"

using namespace throng;
using namespace throng::simulation;

namespace {

constexpr std::int64_t hour_ms = 3'600'000;

constexpr daily_curve uneven{{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0}};

} // namespace

CAF_TEST(weekdays are those of the calendar) {
  CAF_CHECK_EQUAL(weekday_of(*parse_iso8601("2026-01-05T00:00:00Z")), 0U);
  CAF_CHECK_EQUAL(weekday_of(*parse_iso8601("2026-01-04T23:59:59.999Z")), 6U);
  CAF_CHECK_EQUAL(weekday_of(*parse_iso8601("1970-01-01T12:00:00Z")), 3U);
}

CAF_TEST(each day of the week has its share of the arrivals and a day without weight none) {
  constexpr weekday_weights weights{5, 4, 3, 2, 1, 0, 6};
  constexpr int weeks = 200;
  const arrivals process{30, uneven, weights};
  random_stream random{7};
  const auto monday = *parse_iso8601("2026-01-05T00:00:00Z");
  std::array<int, 7> counts{};
  for (auto at = process.first(random, monday); at < monday + std::chrono::hours{24 * 7 * weeks};
       at = process.after(random, at))
    ++counts[weekday_of(at)];
  double chi_squared = 0;
  for (std::size_t day = 0; day < 7; ++day) {
    const auto expected = 30.0 * weights[day] * 7 / 21 * weeks;
    if (expected == 0)
      CAF_CHECK_EQUAL(counts[day], 0);
    else
      chi_squared += (counts[day] - expected) * (counts[day] - expected) / expected;
  }
  CAF_CHECK(chi_squared < 22.5); // the 99.9th percentile for 6 degrees of freedom
}

CAF_TEST(the first arrival of a world may fall into its first millisecond) {
  const arrivals process{1e9, uneven};
  random_stream random{7};
  const auto noon = *parse_iso8601("2026-01-05T12:00:00Z");
  CAF_CHECK(process.first(random, noon) == noon);
}

CAF_TEST(arrivals come as often as the curve says in each hour) {
  constexpr int days = 400;
  constexpr double per_day = 50;
  const arrivals process{per_day, uneven};
  random_stream random{99};
  std::array<int, 24> counts{};
  timestamp at{-1};
  int all = 0;
  double gaps = 0;
  for (;;) {
    const auto next = process.after(random, at);
    CAF_REQUIRE(next > at);
    gaps += static_cast<double>((next - at).count());
    at = next;
    if (at.ms >= days * 24 * hour_ms)
      break;
    ++counts[static_cast<std::size_t>(time_of_day(at) / hour_ms)];
    ++all;
  }
  CAF_CHECK(std::fabs(all - days * per_day) < 4 * std::sqrt(days * per_day));
  double chi_squared = 0;
  int bins = 0;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const auto expected = days * per_day / 24 * (uneven.at_hour(hour) + uneven.at_hour((hour + 1) % 24)) / 2;
    if (expected < 5) {
      CAF_CHECK_EQUAL(counts[hour], 0);
      continue;
    }
    ++bins;
    chi_squared += (counts[hour] - expected) * (counts[hour] - expected) / expected;
  }
  CAF_CHECK_EQUAL(bins, 18);
  CAF_CHECK(chi_squared < 43); // the 99.9th percentile for 18 degrees of freedom is 42.3
}

CAF_TEST(without a rate nothing ever arrives) {
  random_stream random{1};
  CAF_CHECK((arrivals{0, uneven}.after(random, {0}) == never_due));
  CAF_CHECK((arrivals{1e-12, uneven}.after(random, {0}) == never_due));
}
