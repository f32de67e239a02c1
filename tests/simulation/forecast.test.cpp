#define CAF_SUITE simulation.forecast

#include "simulation/forecast.hpp"

#include <array>
#include <cmath>

#include <caf/test/unit_test.hpp>

#include "life.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

/// Of each topic what a run emits hour by hour.
std::vector<std::array<double, topic_count>> counted(const run_result& result, timestamp from, std::size_t hours) {
  std::vector<std::array<double, topic_count>> found(hours);
  for (auto which : all_topics)
    for (const auto& message : result.in(which))
      ++found[static_cast<std::size_t>((message.time - from) / 1h)][static_cast<std::size_t>(which)];
  return found;
}

config::scenario city_of_all_kinds(milliseconds duration) {
  config::account_population accounts;
  accounts.opening_balance = 1'000'000'000; // nothing is declined
  auto city = small_city({{"accounts", 400, accounts},
                          {"helpdesk", 400, config::support_client_population{2}},
                          {"sensors", 40, config::sensor_population{}},
                          {"visitors", 400, config::web_client_population{}}},
                         duration, "2026-02-01T00:00:00Z"); // a Sunday and a first: fees are booked
  std::get<config::support_client_population>(city.populations[1].behaviour).after_error = 0;
  return city;
}

/// Events come in visits, transfers and lives of tickets: so many at once at most, which widens the bounds.
double burst_of(topic which) {
  switch (which) {
  case topic::iot_readings:
    return 0.2; // a clock, no chance
  case topic::web_requests:
    return 16; // E[n²] / E[n] of a session's requests, and more: its length spreads widely
  case topic::web_views:
  case topic::web_clicks:
    return 8;
  default:
    return 3;
  }
}

} // namespace

CAF_TEST(a day has as many events of each topic as was foretold and each hour too) {
  const auto city = city_of_all_kinds(24h);
  const auto foretold = forecast(*testing::make_world(city), city.start, 24);
  const auto found = counted(run(city), city.start, 24);
  for (auto which : all_topics) {
    if (which == topic::truth_labels)
      continue;
    const auto i = static_cast<std::size_t>(which);
    double wanted_all = 0;
    double found_all = 0;
    for (std::size_t hour = 0; hour < 24; ++hour) {
      const auto wanted = foretold[hour][i];
      wanted_all += wanted;
      found_all += found[hour][i];
      if (std::fabs(found[hour][i] - wanted) > 5 * std::sqrt(burst_of(which) * (wanted + 1)) + 0.02 * wanted)
        CAF_ERROR(name(which) << " at " << hour << ": " << found[hour][i] << " where " << wanted << " were foretold");
    }
    CAF_MESSAGE(name(which) << ": " << found_all << " of " << wanted_all);
    CAF_CHECK(wanted_all > 100);
    if (std::fabs(found_all - wanted_all) > 4 * std::sqrt(burst_of(which) * wanted_all) + 0.01 * wanted_all)
      CAF_ERROR(name(which) << ": " << found_all << " where " << wanted_all << " were foretold");
  }
}

CAF_TEST(duplicates count and nothing comes after the end) {
  auto city = city_of_all_kinds(90min);
  city.trouble.duplicate = 0.5;
  const auto made = testing::make_world(city);
  const auto foretold = forecast(*made, city.start, 3);
  CAF_CHECK(std::fabs(foretold[0][0] - 40 * 360 * 1.5) < 1e-6);
  CAF_CHECK(std::fabs(foretold[1][0] - 40 * 180 * 1.5) < 1e-6);
  for (auto events : foretold[2])
    CAF_CHECK_EQUAL(events, 0);
}

CAF_TEST(a later window of a longer run is foretold alike) {
  const auto city = city_of_all_kinds(48h);
  const auto made = testing::make_world(city);
  const auto all = forecast(*made, city.start, 48);
  const auto later = forecast(*made, city.start + 24h, 24);
  for (std::size_t hour = 0; hour < 24; ++hour)
    for (std::size_t i = 0; i < topic_count; ++i)
      CAF_CHECK(std::fabs(later[hour][i] - all[24 + hour][i]) < 1e-6 * (1 + all[24 + hour][i]));
}
