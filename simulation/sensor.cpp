#include "simulation/sensor.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "simulation/arithmetic.hpp"
#include "simulation/distributions.hpp"
#include "simulation/weather.hpp"

namespace throng::simulation {
namespace {

enum fault : std::uint8_t { spike, stuck, drift, silence }; // as in incident_kinds

constexpr double ms_per_day = 86'400'000;

// Standard deviations of one reading, times the population's `noise`.
constexpr double temperature_noise = 0.15;
constexpr double humidity_noise = 0.8;
constexpr double co2_noise = 5.0;
constexpr double light_noise = 0.03; // relative

/// A reading that is left out takes no seq, so each is drawn by its time.
bool silenced(const active_incident& incident, timestamp now) {
  return incident.unit(static_cast<std::uint64_t>(now.ms)) < 1 - 0.8 * incident.order.subtlety;
}

} // namespace

sensor::common::common(const world& in, std::uint32_t population)
    : parameters(std::get<config::sensor_population>(in.scenario().populations[population].behaviour))
    , start(in.start()) {
  for (std::uint32_t i = 0; i < parameters.districts; ++i)
    districts.push_back(fmt::format("district-{:02}", i));
}

entity_key sensor::key(const world& in, entity_ref self, std::size_t) {
  return {"sensor-", in.number_in_kind(self), 6};
}

sensor::sensor(const birth& born, const common& all) {
  auto& random = born.random;
  district_ = born.self.index % all.parameters.districts;
  // Districts lie on a spiral around the centre, about two kilometres apart; a sensor within a kilometre of its middle.
  const auto turn = 2.39996 * static_cast<double>(district_); // the golden angle
  const auto distance = 0.018 * std::sqrt(static_cast<double>(district_));
  const auto lat = city_latitude + distance * sin(turn) + uniform(random, -0.008, 0.008);
  const auto lon = city_longitude + 1.5 * distance * cos(turn) + uniform(random, -0.012, 0.012);
  lat_e5_ = static_cast<std::int32_t>(std::floor(lat * 1e5));
  lon_e5_ = static_cast<std::int32_t>(std::floor(lon * 1e5));
  temperature_bias_ = static_cast<float>(normal(random, 0, 0.3));
  humidity_bias_ = static_cast<float>(normal(random, 0, 1.5));
  co2_factor_ = static_cast<float>(normal(random, 1, 0.02));
  light_factor_ = static_cast<float>(uniform(random, 0.6, 1.0)); // shade of its place
  battery_ = static_cast<float>(uniform(random, 55, 100));
  battery_drain_ = static_cast<float>(uniform(random, 0.2, 0.9));
  const auto interval = static_cast<double>(all.parameters.interval.count());
  grid_ms_ = all.start.ms + static_cast<std::int64_t>(uniform(random, 0, interval));
  due_ = timestamp{grid_ms_};
}

void sensor::wake(wake_context& in, const common& all) {
  for (;;) {
    switch (in.next(due_)) {
    case moment::over:
      return;
    case moment::due:
      read(in, all);
      schedule_next(in.random(), all, in.now());
      break;
    default: // incidents show in the readings; nobody writes to a sensor
      break;
    }
  }
}

void sensor::schedule_next(random_stream& random, const common& all, timestamp after) {
  const auto interval = all.parameters.interval.count();
  grid_ms_ += interval;
  const auto jitter = uniform(random, -1, 1) * all.parameters.jitter * static_cast<double>(interval);
  due_ = std::max(timestamp{grid_ms_ + static_cast<std::int64_t>(jitter)}, after + milliseconds{1});
}

void sensor::read(wake_context& in, const common& all) {
  const auto& weather = in.weather(district_);
  auto& random = in.random();
  const auto scale = all.parameters.noise;
  const measured noise{normal(random, 0, temperature_noise * scale), normal(random, 0, humidity_noise * scale),
                       normal(random, 0, co2_noise * scale), normal(random, 0, light_noise * scale)};
  measured now{weather.temperature + temperature_bias_ + noise.temperature,
               weather.humidity + humidity_bias_ + noise.humidity, weather.co2 * co2_factor_ + noise.co2,
               weather.light * light_factor_ * (1 + noise.light)};
  for (const auto& incident : in.incidents())
    if (incident.kind == silence && silenced(incident, in.now()))
      return;
  for (auto& incident : in.incidents())
    apply(incident, now, noise, in);

  const auto days = static_cast<double>((in.now() - all.start).count()) / ms_per_day;
  const auto battery = std::max(0.0, battery_ - battery_drain_ * days);
  in.emit(topic::iot_readings, [&](event_writer& e) {
    e.text("district", all.districts[district_]);
    e.fixed<5>("lat", lat_e5_);
    e.fixed<5>("lon", lon_e5_);
    e.decimal<2>("temperature", now.temperature);
    e.decimal<1>("humidity", std::clamp(now.humidity, 0.0, 100.0));
    e.decimal<1>("co2_level", std::max(0.0, now.co2));
    e.decimal<1>("light_intensity", std::max(0.0, now.light));
    e.decimal<1>("battery", battery);
  });
}

void sensor::apply(active_incident& incident, measured& now, const measured& noise, wake_context& in) const {
  const auto seq = in.next_seq(topic::iot_readings);
  const auto subtlety = incident.order.subtlety;
  const auto strength = incident.strength();
  switch (incident.kind) {
  case spike:
    if (incident.unit(seq) < (1 - 0.7 * subtlety) / 3) {
      now.temperature += 3 + 27 * strength;
      now.co2 += 100 + 1400 * strength;
      incident.touch(seq);
    }
    break;
  case stuck: {
    auto& memo = incident.memo; // thousandths
    if (!incident.touched) {
      const auto kept = [](double value) { return static_cast<std::int64_t>(std::floor(value * 1000)); };
      memo = {kept(now.temperature), kept(now.humidity), kept(now.co2), kept(now.light)};
    }
    const auto value = [](std::int64_t thousandths) { return static_cast<double>(thousandths) / 1000; };
    now = {value(memo[0]) + subtlety * noise.temperature, value(memo[1]) + subtlety * noise.humidity,
           value(memo[2]) + subtlety * noise.co2, value(memo[3]) * (1 + subtlety * noise.light)};
    incident.touch(seq);
    break;
  }
  case drift: {
    const auto length = static_cast<double>((incident.order.end - incident.order.start).count());
    const auto passed = static_cast<double>((in.now() - incident.order.start).count()) / length;
    const auto sign = incident.unit(0) < 0.5 ? -1.0 : 1.0;
    const auto by = sign * passed * (2 + 18 * strength);
    now.temperature += by;
    now.humidity -= 1.5 * by;
    incident.touch(seq);
    break;
  }
  default: // silence leaves no trace in the readings that are sent
    break;
  }
}

} // namespace throng::simulation
