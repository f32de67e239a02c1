#define CAF_SUITE simulation.sensor

#include "simulation/sensor.hpp"

#include <cmath>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <caf/test/unit_test.hpp>

#include "run_world.hpp"
#include "simulation/weather.hpp"

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
      CAF_CHECK(each.number("battery") > 50 && each.number("battery") <= 100);
    }
    CAF_CHECK(readings.back().number("battery") < readings.front().number("battery"));
  }
  CAF_CHECK_EQUAL(districts.size(), 7U);
  CAF_CHECK(districts.contains("district-00") && districts.contains("district-06"));
}

CAF_TEST(the days and the year have their curves) {
  double noon = 0;
  double night = 0;
  double winter = 0;
  double summer = 0;
  double rush = 0;
  double late = 0;
  for (int day = 0; day < 28; ++day) {
    const auto at = [&](milliseconds offset) { return weather_of(1, 3, monday + 24h * day + offset); };
    noon += at(12h).light;
    night += at(24h).light;
    winter += at(14h).temperature;
    summer += at(24h * 182 + 14h).temperature;
    if (day % 7 < 5) {
      rush += at(8h).co2;
      late += at(3h).co2;
    }
  }
  CAF_CHECK(noon > 100 * night);
  CAF_CHECK(summer > winter + 28 * 10);
  CAF_CHECK(rush > late + 20 * 40);
}

CAF_TEST(neighbours in a district share its weather more than the city does) {
  double same = 0;
  double other = 0;
  for (int hour = 0; hour < 24 * 28; ++hour) {
    const auto time = monday + 1h * hour;
    same += std::fabs(weather_of(1, 3, time).temperature - weather_of(1, 3, time + 1s).temperature);
    other += std::fabs(weather_of(1, 3, time).temperature - weather_of(1, 4, time).temperature);
  }
  CAF_CHECK(same * 20 < other);
  CAF_CHECK(other / (24 * 28) < 4); // and yet one city
}

CAF_TEST(an incident changes nothing before it opens and after it closes) {
  for (const auto* kind : {"sensor.spike", "sensor.stuck", "sensor.drift"}) {
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

CAF_TEST(the label of an incident covers exactly the readings that it changed) {
  auto scenario = city(10, 40min);
  const auto plain = readings_of(scenario);
  scenario.incidents = {one("sensor.spike", 0.5), one("sensor.stuck", 0.1)};
  const auto hit = readings_of(scenario);
  const auto made = world::make(scenario);
  int closed = 0;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> covered;
  for (const auto& message : run_world(*made).in(topic::truth_labels)) {
    const auto label = boost::json::parse(message.value).as_object();
    if (label.at("end").is_null())
      continue;
    ++closed;
    const auto first = label.at("first_seq").to_number<std::uint64_t>();
    const auto last = label.at("last_seq").to_number<std::uint64_t>();
    auto& all = covered.try_emplace(message.key, first, last).first->second;
    all = {std::min(all.first, first), std::max(all.second, last)};
  }
  CAF_CHECK_EQUAL(closed, 2);
  for (const auto& [key, readings] : plain) {
    std::uint64_t least = UINT64_MAX;
    std::uint64_t most = 0;
    for (std::uint64_t seq = 0; seq < readings.size(); ++seq)
      if (readings[seq].value != hit.at(key)[seq].value) {
        least = std::min(least, seq);
        most = seq;
      }
    CAF_CHECK_EQUAL(covered.contains(key), least != UINT64_MAX);
    if (covered.contains(key))
      CAF_CHECK((covered[key] == std::pair{least, most}));
  }
}
