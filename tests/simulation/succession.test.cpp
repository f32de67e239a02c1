#define CAF_SUITE simulation.succession

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <caf/test/unit_test.hpp>

#include "run_world.hpp"
#include "small_worlds.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

config::scenario quiet_metropolis() {
  auto city = small_metropolis();
  city.duration = 40min;
  city.incidents.clear();
  return city;
}

config::population& population(config::scenario& of, const std::string& name) {
  return *std::find_if(of.populations.begin(), of.populations.end(), [&](const auto& p) { return p.name == name; });
}

/// Values by key, of all topics, in the order of each.
std::map<std::string, std::vector<std::string>> by_key(const run_result& of) {
  std::map<std::string, std::vector<std::string>> all;
  for (auto topic : all_topics)
    for (const auto& each : of.in(topic))
      all[std::string{name(topic)} + " " + each.key].push_back(each.value);
  return all;
}

std::set<std::string> keys(const run_result& of, topic in, timestamp from) {
  std::set<std::string> found;
  for (const auto& each : of.in(in))
    if (each.time >= from)
      found.insert(each.key);
  return found;
}

std::size_t count(const run_result& of, topic in, timestamp from, timestamp until) {
  const auto all = of.in(in);
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const sent_message& each) { return each.time >= from && each.time < until; }));
}

template <class F>
bool refuses(F&& load) {
  try {
    load();
    return false;
  } catch (const foreign_state&) {
    return true;
  }
}

} // namespace

CAF_TEST(a world that is put into bytes and made anew goes on as if nothing had been) {
  for (auto ahead : {false, true}) {
    const auto whole = run_world(make_world(small_metropolis()), {3, true, true, ahead});
    const auto revived =
        run_world(make_world(small_metropolis()), {3, true, true, ahead, {}, {1s, 2min, 17min + 3s, 59min}});
    CAF_CHECK(whole.events > 5000);
    CAF_CHECK(revived.runs == whole.runs);
    CAF_CHECK(revived.money == whole.money);
    CAF_CHECK_EQUAL(revived.books.size(), whole.books.size());
    CAF_CHECK(
        std::equal(whole.books.begin(), whole.books.end(), revived.books.begin(), [](const auto& a, const auto& b) {
          return a.key == b.key && a.count == b.count && a.sum == b.sum;
        }));
  }
}

CAF_TEST(bytes of another world or cut off are refused) {
  const auto one = make_world(small_metropolis());
  auto other = small_metropolis();
  population(other, "accounts").count += 5;
  const auto state = shard_core{one, 0, 2}.save();
  shard_core right{one, 0, 2};
  right.load(state);
  CAF_CHECK(right.save() == state);
  CAF_CHECK(refuses([&] { shard_core{make_world(other), 0, 2}.load(state); }));
  CAF_CHECK(refuses([&] { shard_core{one, 1, 2}.load(state); }));
  CAF_CHECK(refuses([&] { shard_core{one, 0, 2}.load(std::string_view{state}.substr(0, state.size() - 1)); }));
  CAF_CHECK(refuses([&] { shard_core{one, 0, 2}.load(state + "x"); }));
}

CAF_TEST(a change gives the same bytes whatever the shards and however far the far - sighted live) {
  auto other = small_metropolis();
  population(other, "sensors").count = 50;
  population(other, "accounts").count = 40;
  std::get<config::web_client_population>(population(other, "visitors").behaviour).sessions_per_day = 200;
  other.incidents.pop_back();
  auto third = other;
  population(third, "accounts").count = 70;
  population(third, "sensors").count = 20;
  const std::vector<std::pair<milliseconds, config::scenario>> changes{{10min + 7s, other}, {25min, third}};
  const auto reference = run_world(make_world(small_metropolis()), {1, true, true, false, changes});
  for (auto shards : {1U, 3U, 8U})
    for (auto ahead : {false, true}) {
      const auto same = run_world(make_world(small_metropolis()), {shards, true, true, ahead, changes, {18min, 30min}});
      CAF_CHECK(same.runs == reference.runs);
    }
}

CAF_TEST(a population that grows keeps every other entity as it was) {
  auto grown = quiet_metropolis();
  population(grown, "sensors").count += 25;
  population(grown, "accounts").count += 30;
  const auto before = by_key(run_world(make_world(quiet_metropolis())));
  const auto after = run_world(make_world(quiet_metropolis()), {2, true, true, false, {{15min, grown}}});
  auto with = by_key(after);
  std::size_t new_keys = 0;
  for (const auto& [key, values] : with)
    if (const auto found = before.find(key); found != before.end())
      CAF_CHECK(values == found->second || key.find("bank") == 0); // new accounts pay to old ones
    else
      ++new_keys;
  for (const auto& [key, values] : before)
    CAF_CHECK(with.count(key) == 1);
  CAF_CHECK(new_keys > 40);
  const auto start = quiet_metropolis().start;
  CAF_CHECK_EQUAL(keys(after, topic::iot_readings, start + 16min).size(), 55u);
  CAF_CHECK_EQUAL(keys(after, topic::iot_readings, start).size(), 55u);
}

CAF_TEST(who leaves a population does nothing more and whoever joins it later is somebody new) {
  auto fewer = quiet_metropolis();
  population(fewer, "sensors").count = 10;
  auto more = fewer;
  population(more, "sensors").count = 20;
  const auto start = fewer.start;
  const auto all = run_world(make_world(quiet_metropolis()), {2, true, true, false, {{10min, fewer}, {20min, more}}});
  const auto at_first = keys(all, topic::iot_readings, start);
  const auto late = keys(all, topic::iot_readings, start + 31min); // late ones come up to 10 minutes after their time
  CAF_CHECK_EQUAL(at_first.size(), 40u);
  CAF_CHECK_EQUAL(late.size(), 20u);
  CAF_CHECK(late.count("sensor-000009") == 1);
  CAF_CHECK(late.count("sensor-000010") == 0);
  CAF_CHECK(late.count("sensor-000030") == 1);
  CAF_CHECK(late.count("sensor-000039") == 1);
}

CAF_TEST(money that comes to an account that has left stays there) {
  auto fewer = quiet_metropolis();
  population(fewer, "accounts").count = 5;
  const auto all = run_world(make_world(quiet_metropolis()), {2, false, true, false, {{10min, fewer}}});
  CAF_CHECK(std::all_of(all.money.begin(), all.money.end(), [&](auto sum) { return sum == all.money.front(); }));
}

CAF_TEST(accounts that join bring what they open with and not a cent else) {
  auto more = quiet_metropolis();
  population(more, "accounts").count += 15;
  const auto all = run_world(make_world(quiet_metropolis()), {2, false, true, false, {{10min, more}}, {15min}});
  CAF_CHECK(all.opening == all.money);
  CAF_CHECK(all.opening.back() > all.opening.front());
}

CAF_TEST(another rate counts from the change on) {
  auto busier = quiet_metropolis();
  std::get<config::web_client_population>(population(busier, "visitors").behaviour).sessions_per_day = 400;
  std::get<config::sensor_population>(population(busier, "sensors").behaviour).interval = 3s;
  const auto start = busier.start;
  const auto all = run_world(make_world(quiet_metropolis()), {2, true, true, false, {{20min, busier}}});
  const auto readings = count(all, topic::iot_readings, start + 5min, start + 20min);
  const auto more_readings = count(all, topic::iot_readings, start + 21min, start + 36min);
  CAF_CHECK(more_readings > 9 * readings && more_readings < 11 * readings);
  CAF_CHECK(count(all, topic::web_requests, start + 25min, start + 40min) >
            4 * count(all, topic::web_requests, start + 5min, start + 20min));
}

CAF_TEST(an incident that is added opens at its time and one that is taken out opens no more) {
  auto city = quiet_metropolis();
  config::incident stuck;
  stuck.kind = "sensor.stuck";
  stuck.population = "sensors";
  stuck.rate_per_hour = 120;
  stuck.duration = 1min;
  city.incidents = {stuck};
  auto other = city;
  other.incidents[0] = stuck;
  other.incidents[0].kind = "sensor.spike";
  other.incidents[0].rate_per_hour = std::nullopt;
  other.incidents[0].at = 12min + 5s; // not one of the moments at which the far-sighted look up
  for (auto ahead : {false, true}) {
    const auto all = run_world(make_world(city), {2, true, true, ahead, {{12min + 5s, other}}});
    std::size_t stuck_before = 0;
    std::size_t spikes = 0;
    for (const auto& label : all.in(topic::truth_labels)) {
      const auto is_open = label.value.find("\"end\":null") != std::string::npos;
      if (label.value.find("sensor.stuck") != std::string::npos && is_open) {
        ++stuck_before;
        CAF_CHECK(label.time < city.start + 12min + 5s);
      }
      if (label.value.find("sensor.spike") != std::string::npos && is_open) {
        ++spikes;
        CAF_CHECK(label.time == city.start + 12min + 5s);
      }
    }
    CAF_CHECK(stuck_before > 5);
    CAF_CHECK_EQUAL(spikes, 1u);
  }
}

CAF_TEST(what is fixed while a world runs is refused by name) {
  const auto world = make_world(quiet_metropolis());
  const auto refused = [&](auto change) {
    auto other = quiet_metropolis();
    change(other);
    const auto made = world->succeeded_by(other, other.start + 5min);
    return made ? std::string{} : made.error().message;
  };
  CAF_CHECK(refused([](auto&) {}).empty());
  CAF_CHECK(refused([](auto& s) { s.populations.pop_back(); }).find("populations") == 0);
  CAF_CHECK(refused([](auto& s) { population(s, "accounts").name = "banked"; }).find("populations.accounts") == 0);
  CAF_CHECK(refused([](auto& s) {
              std::get<config::sensor_population>(population(s, "sensors").behaviour).districts = 7;
            }).find("populations.sensors.districts") == 0);
  CAF_CHECK(refused([](auto& s) {
              s.incidents.push_back({"sensor.stuck", "sensors", 1, 4min, std::nullopt, 1min, 0, {}});
            }).find("incidents[0].at") == 0);
}
