#define CAF_SUITE simulation.sensor

#include "simulation/sensor.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "run_world.hpp"
#include "simulation/distributions.hpp"
#include "simulation/sky.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

const timestamp monday = *parse_iso8601("2026-01-05T00:00:00Z");

config::scenario city(std::uint32_t count, milliseconds duration, config::sensor_population parameters = {}) {
  config::scenario scenario;
  scenario.seed = 5;
  scenario.start = monday;
  scenario.duration = duration;
  scenario.step = 1s;
  scenario.populations = {{"sensors", count, parameters}};
  return scenario;
}

config::incident one(std::string kind, double subtlety) {
  config::incident incident;
  incident.kind = std::move(kind);
  incident.population = "sensors";
  incident.at = 10min;
  incident.duration = 20min;
  incident.subtlety = subtlety;
  return incident;
}

struct reading {
  timestamp time;
  boost::json::object value;
  double number(const char* field) const {
    return value.at(field).to_number<double>();
  }
};

/// Readings of each sensor in the order of their seq.
std::map<std::string, std::vector<reading>> readings_of(const config::scenario& scenario) {
  const auto made = world::make(scenario);
  CAF_REQUIRE(made);
  std::map<std::string, std::vector<reading>> all;
  for (const auto& message : run_world(*made).in(topic::iot_readings)) {
    auto value = boost::json::parse(message.value).as_object();
    CAF_CHECK_EQUAL(value.at("seq").to_number<std::size_t>(), all[message.key].size());
    all[message.key].push_back({message.time, std::move(value)});
  }
  return all;
}

/// Readings of the one sensor, as they are without and with an incident from minute 10 to 30.
struct with_and_without {
  std::vector<reading> plain;
  std::vector<reading> hit;
};

with_and_without compare(const std::string& kind, double subtlety) {
  config::sensor_population parameters;
  parameters.districts = 1;
  auto scenario = city(1, 40min, parameters);
  with_and_without result;
  result.plain = readings_of(scenario).at("sensor-000000");
  scenario.incidents = {one(kind, subtlety)};
  result.hit = readings_of(scenario).at("sensor-000000");
  return result;
}

bool within_incident(timestamp time) {
  return time >= monday + 10min && time < monday + 30min;
}

} // namespace

CAF_TEST(a sensor reads at its interval with the given jitter) {
  config::sensor_population parameters;
  parameters.interval = 10s;
  parameters.jitter = 0.1;
  const auto all = readings_of(city(20, 1h, parameters));
  CAF_CHECK_EQUAL(all.size(), 20U);
  for (const auto& [key, readings] : all) {
    CAF_CHECK(readings.size() >= 359 && readings.size() <= 361);
    const auto first = readings[0].time;
    for (std::size_t i = 1; i < readings.size(); ++i)
      CAF_CHECK(std::abs((readings[i].time - first).count() - static_cast<std::int64_t>(i) * 10'000) <= 1'000);
  }
}

CAF_TEST(sensors stand in the city at the latitude of the scenario and see its sun) {
  config::sensor_population parameters;
  parameters.interval = 10min;
  parameters.districts = 7;
  auto at = [&](double latitude) {
    auto there = city(30, 24h, parameters);
    there.latitude = latitude;
    double light = 0;
    for (const auto& [key, readings] : readings_of(there))
      for (const auto& each : readings) {
        CAF_CHECK(std::fabs(each.number("lat") - latitude) < 0.2);
        CAF_CHECK(std::fabs(each.number("lon") - city_longitude) < 0.5);
        light += each.number("light_intensity");
      }
    return light;
  };
  CAF_CHECK(at(-40) > 3 * at(60)); // it is January
}

CAF_TEST(a reading has all the fields of the topic and stays in believable bounds) {
  config::sensor_population parameters;
  parameters.interval = 10min;
  parameters.districts = 7;
  std::set<std::string> districts;
  for (const auto& [key, readings] : readings_of(city(30, 24h, parameters))) {
    std::set<std::string> places;
    for (const auto& [time, value] : readings) {
      CAF_CHECK_EQUAL(value.size(), 11U);
      CAF_CHECK_EQUAL(value.at("timestamp").as_string(), to_iso8601(time));
      CAF_CHECK_EQUAL(value.at("sensor_id").as_string(), key);
      districts.insert(value.at("district").as_string().c_str());
      places.insert(boost::json::serialize(value.at("lat")) + boost::json::serialize(value.at("lon")));
    }
    CAF_CHECK_EQUAL(places.size(), 1U);
    for (const auto& each : readings) {
      CAF_CHECK(std::fabs(each.number("lat") - city_latitude) < 0.2);
      CAF_CHECK(std::fabs(each.number("lon") - city_longitude) < 0.3);
      CAF_CHECK(each.number("temperature") > -25 && each.number("temperature") < 25); // January
      CAF_CHECK(each.number("humidity") >= 0 && each.number("humidity") <= 100);
      CAF_CHECK(each.number("co2_level") > 350 && each.number("co2_level") < 900);
      CAF_CHECK(each.number("light_intensity") >= 0 && each.number("light_intensity") < 120'000);
      CAF_CHECK(each.number("battery") >= 12 && each.number("battery") <= 100);
    }
    // It sinks by some 0.3 % a day, but for those that got a new one.
    const auto sunk = readings.front().number("battery") - readings.back().number("battery");
    CAF_CHECK((sunk > 0.1 && sunk < 1) || sunk < -80);
  }
  CAF_CHECK_EQUAL(districts.size(), 7U);
  CAF_CHECK(districts.contains("district-00") && districts.contains("district-06"));
}

CAF_TEST(an incident changes nothing before it opens and after it closes) {
  for (const auto* kind : {"sensor.spike", "sensor.stuck", "sensor.drift", "sensor.noise", "sensor.offset",
                           "sensor.dropout", "sensor.clock_skew"}) {
    const auto [plain, hit] = compare(kind, 0.3);
    CAF_REQUIRE_EQUAL(plain.size(), hit.size());
    std::size_t changed = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      if (within_incident(plain[i].time))
        changed += plain[i].value != hit[i].value ? 1 : 0;
      else
        CAF_CHECK(plain[i].value == hit[i].value);
    }
    CAF_CHECK(changed > 10);
  }
}

CAF_TEST(spikes become smaller and rarer with subtlety) {
  const auto spikes = [](double subtlety) {
    const auto [plain, hit] = compare("sensor.spike", subtlety);
    std::vector<double> jumps;
    for (std::size_t i = 0; i < plain.size(); ++i)
      if (const auto jump = hit[i].number("temperature") - plain[i].number("temperature"); jump != 0)
        jumps.push_back(jump);
    return jumps;
  };
  const auto blatant = spikes(0);
  const auto subtle = spikes(1);
  CAF_CHECK(std::fabs(blatant.at(0) - 30) < 0.02);
  CAF_CHECK(std::fabs(subtle.at(0) - 3) < 0.02);
  CAF_CHECK(blatant.size() > 20 && blatant.size() < 60);
  CAF_CHECK(subtle.size() < blatant.size());
}

CAF_TEST(a stuck sensor repeats its values and with subtlety lets noise through) {
  const auto distinct = [](double subtlety) {
    std::set<double> values;
    for (const auto& each : compare("sensor.stuck", subtlety).hit)
      if (within_incident(each.time))
        values.insert(each.number("temperature"));
    return values.size();
  };
  CAF_CHECK_EQUAL(distinct(0), 1U);
  CAF_CHECK(distinct(0.8) > 10);
}

CAF_TEST(a drift grows evenly to what its subtlety leaves) {
  const auto [plain, hit] = compare("sensor.drift", 0);
  double before = 0;
  for (std::size_t i = 0; i < plain.size(); ++i)
    if (within_incident(plain[i].time)) {
      const auto off = std::fabs(hit[i].number("temperature") - plain[i].number("temperature"));
      CAF_CHECK(off >= before - 0.011);
      before = off;
    }
  CAF_CHECK(before > 19 && before <= 20.01);
}

CAF_TEST(a silent sensor sends nothing and goes on without a gap in seq) {
  const auto silent = compare("sensor.silence", 0);
  for (const auto& each : silent.hit)
    CAF_CHECK(!within_incident(each.time));
  CAF_CHECK(silent.hit.back().time > monday + 39min);
  const auto subtle = compare("sensor.silence", 1);
  CAF_CHECK(subtle.hit.size() < subtle.plain.size());
  CAF_CHECK(subtle.hit.size() > silent.hit.size() + 60);
}

CAF_TEST(noise and offset are as large as their subtlety says) {
  for (double subtlety : {0.0, 1.0}) {
    const auto off = [&](const char* kind, const char* field) {
      const auto [plain, hit] = compare(kind, subtlety);
      std::vector<double> all;
      for (std::size_t i = 0; i < plain.size(); ++i)
        if (within_incident(plain[i].time))
          all.push_back(hit[i].number(field) - plain[i].number(field));
      return all;
    };
    double squares = 0;
    const auto scatter = off("sensor.noise", "temperature");
    for (auto each : scatter)
      squares += each * each;
    const auto deviation = std::sqrt(squares / static_cast<double>(scatter.size()));
    CAF_CHECK_LESS(std::fabs(deviation / (6 - 5.4 * subtlety) - 1), 0.3); // five standard errors of 120 draws
    for (auto each : off("sensor.offset", "temperature"))
      CAF_CHECK_LESS(std::fabs(std::fabs(each) - (12 - 11 * subtlety)), 0.011);
    for (auto each : off("sensor.offset", "co2_level"))
      CAF_CHECK_LESS(std::fabs(each - (300 - 270 * subtlety)), 0.11);
  }
}

CAF_TEST(a dropout leaves nulls and with subtlety only in the air) {
  for (double subtlety : {0.0, 0.8}) {
    int air = 0;
    int gas = 0;
    int all = 0;
    for (const auto& [time, value] : compare("sensor.dropout", subtlety).hit) {
      CAF_CHECK_EQUAL(value.at("temperature").is_null(), value.at("humidity").is_null());
      CAF_CHECK_EQUAL(value.at("co2_level").is_null(), value.at("light_intensity").is_null());
      if (!within_incident(time)) {
        CAF_CHECK(!value.at("temperature").is_null());
        continue;
      }
      ++all;
      air += value.at("temperature").is_null() ? 1 : 0;
      gas += value.at("co2_level").is_null() ? 1 : 0;
    }
    CAF_CHECK_EQUAL(gas, subtlety < 0.5 ? air : 0);
    const auto share = 1 - 0.8 * subtlety;
    CAF_CHECK_LESS(std::fabs(air - share * all), 5 * std::sqrt(all * share * (1 - share)) + 0.5);
  }
}

CAF_TEST(a dying battery sinks to nothing and a new one has to warm up) {
  const auto [plain, hit] = compare("sensor.battery_death", 0);
  double before = 101;
  std::size_t silent = 0;
  std::size_t warming = 0;
  for (const auto& each : plain) {
    const auto same = std::find_if(hit.begin(), hit.end(), [&](const reading& r) { return r.time == each.time; });
    if (same == hit.end()) {
      CAF_CHECK(each.time >= monday + 15min); // a quarter of the twenty minutes
      ++silent;
    } else if (within_incident(each.time) && silent == 0) {
      CAF_CHECK(same->number("battery") < before);
      before = same->number("battery");
    } else if (within_incident(each.time)) {
      CAF_CHECK_EQUAL(same->number("battery"), each.number("battery"));
      CAF_CHECK(same->number("co2_level") > each.number("co2_level"));
      ++warming;
    } else {
      CAF_CHECK(same->value.at("temperature") == each.value.at("temperature"));
    }
  }
  CAF_CHECK(before < 4);
  CAF_CHECK(silent > 70 && silent < 90);   // from minute 15 to 27.5, six a minute
  CAF_CHECK(warming > 12 && warming < 18); // an eighth of twenty minutes
}

CAF_TEST(a skewed clock is behind in the timestamp and not in the emission) {
  for (double subtlety : {0.0, 1.0})
    for (const auto& [time, value] : compare("sensor.clock_skew", subtlety).hit) {
      const auto behind = (time - *parse_iso8601(value.at("timestamp").as_string())).count();
      CAF_CHECK_EQUAL(behind, within_incident(time) ? (subtlety == 0 ? 1'200'000 : 2'000) : 0);
    }
}

CAF_TEST(a new battery calibrates the sensor which then warms up) {
  config::sensor_population parameters;
  parameters.districts = 1;
  parameters.interval = 1min;
  parameters.battery_life = 24h;
  parameters.warm_up = 30min;
  parameters.noise = 0;
  parameters.drift = 10;
  const climate air{5, 1};
  const auto readings = readings_of(city(1, 72h, parameters)).at("sensor-000000");
  int changed = 0;
  double least_before = 0;
  for (std::size_t i = 31; i + 31 < readings.size(); ++i) {
    const auto off = [&](std::size_t at) {
      return readings[at].number("co2_level") / air.at(0, readings[at].time).co2;
    };
    if (readings[i].number("battery") <= readings[i - 1].number("battery"))
      continue;
    ++changed;
    least_before = readings[i - 1].number("battery");
    CAF_CHECK(readings[i].number("battery") > 99.8);
    CAF_CHECK(off(i) > off(i - 1) + 0.1); // 90 ppm of some 450
    CAF_CHECK(off(i + 31) < off(i - 1) + 0.02);
  }
  CAF_CHECK(changed >= 2 && changed <= 5);
  CAF_CHECK(std::fabs(least_before - 12) < 0.2);
}

CAF_TEST(readings scatter normally about the weather by Kolmogorov and Smirnov) {
  config::sensor_population parameters;
  parameters.districts = 1;
  parameters.drift = 0;
  const climate air{5, 1};
  const auto sensors = readings_of(city(3, 2h, parameters));
  for (const auto& [key, readings] : sensors) {
    const sky above{air, monday, monday + 2h};
    std::vector<double> off;
    double mean = 0;
    for (const auto& each : readings) {
      off.push_back(each.number("temperature") - above.at(0, each.time).temperature);
      mean += off.back() / static_cast<double>(readings.size());
    }
    std::sort(off.begin(), off.end());
    double distance = 0;
    for (std::size_t i = 0; i < off.size(); ++i) {
      const auto z = (off[i] - mean) / 0.15;
      const auto cdf = 0.5 * std::erfc(-z / std::sqrt(2.0));
      const auto n = static_cast<double>(off.size());
      distance = std::max(
          {distance, std::fabs(cdf - static_cast<double>(i) / n), std::fabs(cdf - static_cast<double>(i + 1) / n)});
    }
    // The 99.9th percentile is 1.95 / sqrt(n); hundredths of a degree add up to half of their density.
    CAF_CHECK_LESS(distance, 1.95 / std::sqrt(static_cast<double>(off.size())) + 0.0134);
  }
}

CAF_TEST(the labels of all incidents cover exactly the readings that these changed) {
  CAF_CHECK(rc::check([] {
    config::sensor_population parameters;
    parameters.districts = 2;
    auto scenario = city(6, 40min, parameters);
    scenario.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto plain = readings_of(scenario);
    const auto kind =
        *rc::gen::elementOf(std::vector<std::string>(sensor::incident_kinds.begin(), sensor::incident_kinds.end()));
    scenario.incidents = {one(kind, *rc::gen::inRange(0, 11) / 10.0)};
    const auto hit = readings_of(scenario);
    const auto made = world::make(scenario);
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> covered;
    std::set<std::string> afflicted;
    for (const auto& message : run_world(*made).in(topic::truth_labels)) {
      const auto label = boost::json::parse(message.value).as_object();
      if (label.at("end").is_null())
        continue;
      afflicted.insert(message.key);
      if (!label.at("first_seq").is_null())
        covered[message.key] = {label.at("first_seq").as_int64(), label.at("last_seq").as_int64()};
    }
    RC_ASSERT(!afflicted.empty());
    for (const auto& [key, readings] : plain) {
      std::map<timestamp, const reading*> by_time;
      for (const auto& each : readings)
        by_time[each.time] = &each;
      std::int64_t least = INT64_MAX;
      std::int64_t most = -1;
      const auto& struck = hit.at(key);
      RC_ASSERT(afflicted.contains(key) || struck.size() == readings.size());
      for (std::size_t seq = 0; seq < struck.size(); ++seq) {
        auto as_it_was = by_time.at(struck[seq].time)->value;
        as_it_was["seq"] = struck[seq].value.at("seq");
        if (as_it_was == struck[seq].value)
          continue;
        RC_ASSERT(within_incident(struck[seq].time));
        least = std::min(least, static_cast<std::int64_t>(seq));
        most = static_cast<std::int64_t>(seq);
      }
      RC_ASSERT(covered.contains(key) == (most >= 0));
      if (most >= 0)
        RC_ASSERT(covered.at(key) == std::make_pair(least, most));
    }
  }));
}
