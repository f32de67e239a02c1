#define CAF_SUITE simulation.director

#include "simulation/director.hpp"

#include <algorithm>
#include <set>

#include <caf/test/unit_test.hpp>

#include "simulation/weather.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace std::chrono_literals;

namespace {

config::scenario city() {
  config::scenario scenario;
  scenario.seed = 9;
  scenario.start = *parse_iso8601("2026-01-05T06:00:00Z");
  scenario.duration = 1h;
  scenario.lookahead = 1s; // sensors are far-sighted; here their incidents open at any tick all the same
  config::sensor_population parameters;
  parameters.districts = 2;
  auto more_districts = parameters;
  more_districts.districts = 3;
  scenario.populations = {{"indoors", 50, parameters}, {"outdoors", 7, more_districts}};
  return scenario;
}

config::incident stuck(std::string population, std::uint32_t count) {
  config::incident incident;
  incident.kind = "sensor.stuck";
  incident.population = std::move(population);
  incident.count = count;
  incident.duration = 5min;
  incident.subtlety = 0.25;
  return incident;
}

std::vector<incident_order> all_orders(const config::scenario& scenario) {
  const auto made = world::make(scenario);
  CAF_REQUIRE(made);
  director sut{*made};
  std::vector<incident_order> all;
  for (auto tick = scenario.start; tick < (*made)->end(); tick = tick + (*made)->tick()) {
    const auto plan = sut.begin_tick(tick, {});
    for (const auto& order : *plan.orders) {
      if (order.start != tick)
        CAF_ERROR("an order that does not start with its tick");
      all.push_back(order);
    }
  }
  return all;
}

} // namespace

CAF_TEST(an incident at a time opens once at the first tick that is not before it) {
  auto scenario = city();
  scenario.incidents = {stuck("outdoors", 3)};
  scenario.incidents[0].at = 90'500ms;
  const auto orders = all_orders(scenario);
  CAF_CHECK_EQUAL(orders.size(), 3U);
  for (const auto& order : orders) {
    CAF_CHECK(order.start == scenario.start + 91s);
    CAF_CHECK(order.end == order.start + 5min);
    CAF_CHECK_EQUAL(order.target.population, 1U);
    CAF_CHECK(order.target.index < 7);
    CAF_CHECK_EQUAL(order.occurrence, 0U);
    CAF_CHECK(order.subtlety == 0.25);
  }
}

CAF_TEST(an incident at 0 opens with the first tick) {
  auto scenario = city();
  scenario.incidents = {stuck("outdoors", 1)};
  scenario.incidents[0].at = 0ms;
  const auto orders = all_orders(scenario);
  CAF_REQUIRE_EQUAL(orders.size(), 1U);
  CAF_CHECK(orders[0].start == scenario.start);
}

CAF_TEST(an incident by rate comes as often as the rate says and each time in another place) {
  auto scenario = city();
  scenario.incidents = {stuck("indoors", 2)};
  scenario.incidents[0].rate_per_hour = 600;
  const auto orders = all_orders(scenario);
  const auto occurrences = orders.back().occurrence + 1;
  CAF_CHECK_EQUAL(orders.size(), 2 * occurrences);
  CAF_CHECK(occurrences > 500 && occurrences < 700); // 600 expected, four standard deviations
  std::set<std::uint32_t> hit;
  for (std::size_t i = 0; i < orders.size(); i += 2) {
    CAF_CHECK_EQUAL(orders[i].occurrence, i / 2);
    CAF_CHECK(orders[i].target < orders[i + 1].target);
    hit.insert({orders[i].target.index, orders[i + 1].target.index});
  }
  CAF_CHECK_EQUAL(hit.size(), 50U);
}

CAF_TEST(a population that is smaller than the count is hit as a whole) {
  auto scenario = city();
  scenario.incidents = {stuck("outdoors", 100)};
  scenario.incidents[0].at = 1s;
  const auto orders = all_orders(scenario);
  CAF_CHECK_EQUAL(orders.size(), 7U);
  for (std::uint32_t i = 0; i < orders.size(); ++i)
    CAF_CHECK_EQUAL(orders[i].target.index, i);
}

CAF_TEST(orders are a function of scenario and seed) {
  auto scenario = city();
  scenario.incidents = {stuck("indoors", 5), stuck("outdoors", 2)};
  scenario.incidents[0].rate_per_hour = 10;
  scenario.incidents[1].rate_per_hour = 10;
  const auto targets = [](const std::vector<incident_order>& orders) {
    std::vector<std::tuple<timestamp, std::uint32_t, entity_ref>> all;
    for (const auto& order : orders)
      all.emplace_back(order.start, order.incident, order.target);
    return all;
  };
  const auto first = targets(all_orders(scenario));
  CAF_CHECK(targets(all_orders(scenario)) == first);
  CAF_CHECK(std::is_sorted(first.begin(), first.end()));
  scenario.seed = 10;
  CAF_CHECK(targets(all_orders(scenario)) != first);
}

CAF_TEST(an incident with conditions opens where all of them held on the tick before unless it is open) {
  auto scenario = city();
  scenario.step = scenario.message_delay = scenario.lookahead = 10s;
  scenario.incidents = {stuck("indoors", 2)};
  scenario.incidents[0].duration = 30s;
  using relation = config::total_bound::relation;
  // A second: of ticks of ten, more than 20 and at most 100.
  scenario.incidents[0].when = {{"web_errors", relation::gt, 2}, {"declined", relation::lte, 10}};
  const auto made = world::make(scenario);
  CAF_REQUIRE(made);
  director sut{*made};
  const auto opened = [&](int tick, std::uint64_t errors, std::uint64_t declined) {
    tick_totals before;
    before.web_errors = errors;
    before.declined = declined;
    return sut.begin_tick(scenario.start + tick * 10s, before, scenario.start + (tick + 1) * 10s).orders->size();
  };
  CAF_CHECK_EQUAL(opened(0, 21, 0), 0U); // nothing has happened before the first tick
  CAF_CHECK_EQUAL(opened(1, 20, 0), 0U);
  CAF_CHECK_EQUAL(opened(2, 21, 101), 0U);
  CAF_CHECK_EQUAL(opened(3, 21, 100), 2U);
  CAF_CHECK_EQUAL(opened(4, 99, 0), 0U); // open still
  CAF_CHECK_EQUAL(opened(5, 99, 0), 0U);
  CAF_CHECK_EQUAL(opened(6, 99, 0), 2U); // closed, and they hold
  CAF_CHECK_EQUAL(opened(9, 20, 0), 0U);
}

CAF_TEST(on the far - sighted incidents open at multiples of the lookahead only) {
  auto scenario = city();
  scenario.lookahead = 20s;
  auto at_once = stuck("indoors", 1);
  at_once.at = 61s;
  auto now_and_then = stuck("outdoors", 1);
  now_and_then.rate_per_hour = 60.0;
  scenario.incidents = {at_once, now_and_then};
  const auto orders = all_orders(scenario);
  CAF_CHECK(orders.size() > 30);
  for (const auto& order : orders) {
    CAF_CHECK_EQUAL((order.start - scenario.start).count() % 20'000, 0);
    if (order.incident == 0)
      CAF_CHECK(order.start == scenario.start + 80s);
  }
}

CAF_TEST(everybody sees the weather of every district and the totals of the tick before) {
  const auto made = world::make(city());
  director sut{*made};
  const auto start = (*made)->start();
  tick_totals totals;
  totals.web_requests = 17;
  const auto plan = sut.begin_tick(start, totals);
  CAF_CHECK_EQUAL(plan.view->before.web_requests, 17U);
  CAF_REQUIRE_EQUAL(plan.view->sky->districts(), 3U); // the larger of the two populations
  CAF_CHECK(plan.view->sky->at(2, start).temperature == climate(9, 3).at(2, start).temperature);
  CAF_CHECK(plan.view->sky->covers(start, start + 1s));
  CAF_CHECK(sut.begin_tick(start + 1s, {}, start + 61s)
                .view->sky->covers(start + 1s, start + 61s)); // as far as anyone is ahead
}

CAF_TEST(a district outage hits whole districts and with subtlety spares some of their sensors) {
  auto scenario = city();
  scenario.populations[0].count = 400;
  scenario.incidents = {stuck("indoors", 1)};
  scenario.incidents[0].kind = "sensor.district_outage";
  scenario.incidents[0].at = 1s;
  for (double subtlety : {0.0, 1.0}) {
    scenario.incidents[0].subtlety = subtlety;
    const auto orders = all_orders(scenario);
    std::set<std::uint32_t> districts;
    for (const auto& order : orders) {
      districts.insert(order.target.index % 2);
      CAF_CHECK_EQUAL(order.occurrence, 0U);
    }
    CAF_CHECK_EQUAL(districts.size(), 1U);
    if (subtlety == 0)
      CAF_CHECK_EQUAL(orders.size(), 200U);
    else
      CAF_CHECK(orders.size() > 30 && orders.size() < 90); // 60 of 200 expected
  }
}

CAF_TEST(an incident that cannot be is refused before the world is made) {
  auto scenario = city();
  scenario.incidents = {stuck("nowhere", 1)};
  auto made = world::make(scenario);
  CAF_REQUIRE(!made);
  CAF_CHECK(made.error().kind == error_kind::invalid);
  CAF_CHECK(made.error().message.find("nowhere") != std::string::npos);
  scenario.incidents = {stuck("indoors", 1)};
  scenario.incidents[0].kind = "sensor.stock";
  made = world::make(scenario);
  CAF_REQUIRE(!made);
  CAF_CHECK(made.error().message.find("sensor.stock") != std::string::npos);
  CAF_CHECK(made.error().message.find("sensor.stuck") != std::string::npos);
}
