#include "simulation/sensor.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "simulation/arithmetic.hpp"
#include "simulation/distributions.hpp"
#include "simulation/identity.hpp"

namespace throng::simulation {
namespace {

constexpr double ms_per_day = 86'400'000;
constexpr double days_per_month = 30.44;

// Standard deviations of one reading, times the population's `noise`.
constexpr double temperature_noise = 0.15;
constexpr double humidity_noise = 0.8;
constexpr double co2_noise = 5.0;
constexpr double light_noise = 0.03; // relative

/// Somebody comes with a new battery when this much is left, percent.
constexpr double changed_at = 12;
/// Sigma of the log-normal life of a battery.
constexpr double battery_spread = 0.25;

std::int64_t rounded(double value, double scale) {
  return static_cast<std::int64_t>(std::floor(value * scale + 0.5));
}

} // namespace

sensor::common::common(const world& in, std::uint32_t population)
    : parameters(std::get<config::sensor_population>(in.scenario().populations[population].behaviour))
    , start(in.start()) {
  for (std::uint32_t i = 0; i < parameters.districts; ++i) {
    districts.push_back(fmt::format("district-{:02}", i));
    traits.push_back(district_traits_of(in.scenario().seed, i));
  }
}

entity_key sensor::key(const world& in, entity_ref self, std::size_t) {
  return sensor_id(in.number_in_kind(self));
}

sensor::sensor(const birth& born, const common& all) {
  auto& random = born.random;
  const auto& parameters = all.parameters;
  district_ = born.self.index % parameters.districts;
  // Within a kilometre of the district's middle.
  const auto middle = middle_of(all.traits[district_], born.world.scenario().latitude);
  lat_e5_ = static_cast<std::int32_t>(std::floor((middle.lat + uniform(random, -0.008, 0.008)) * 1e5));
  lon_e5_ = static_cast<std::int32_t>(std::floor((middle.lon + uniform(random, -0.012, 0.012)) * 1e5));
  temperature_bias_ = static_cast<float>(normal(random, 0, 0.3));
  humidity_bias_ = static_cast<float>(normal(random, 0, 1.5));
  co2_factor_ = static_cast<float>(normal(random, 1, 0.02));
  light_factor_ = static_cast<float>(uniform(random, 0.6, 1.0)); // shade of its place
  drift_ = static_cast<float>(normal(random, 0, parameters.drift / days_per_month));
  const auto life = static_cast<double>(parameters.battery_life.count()) / ms_per_day;
  battery_days_ = static_cast<float>(log_normal(random, life, battery_spread));
  battery_age_ = static_cast<float>(random.unit());
  const auto interval = static_cast<double>(parameters.interval.count());
  grid_ms_ = born.at.ms + static_cast<std::int64_t>(uniform(random, 0, interval));
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
    case moment::retuned:
      retune(in, all);
      break;
    case moment::message: // a service man: nobody else writes to a sensor
      in.end_incidents();
      break;
    default: // incidents show in the readings
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

void sensor::retune(wake_context& in, const common& all) {
  const auto interval = all.parameters.interval;
  if (timestamp{grid_ms_} <= in.now() + interval)
    return;
  grid_ms_ = in.now().ms + static_cast<std::int64_t>(uniform(in.random(), 0, static_cast<double>(interval.count())));
  due_ = std::max(timestamp{grid_ms_}, in.now());
}

sensor::measured sensor::measure(const wake_context& in, const common& all, const noises& own) const {
  const auto weather = in.view().sky->at(district_, in.now());
  const auto days = static_cast<double>((in.now() - all.start).count()) / ms_per_day;
  const auto batteries = battery_age_ + days / battery_days_;
  const auto age = batteries - std::floor(batteries);
  const auto calibrated_days_ago = age * battery_days_;
  const auto crept = drift_ * calibrated_days_ago;
  measured now{weather.temperature + temperature_bias_ + crept + own.temperature,
               weather.humidity + humidity_bias_ - 2 * crept + own.humidity, weather.co2 * co2_factor_ + own.co2,
               weather.light * light_factor_ * (1 + own.light), 100 - (100 - changed_at) * age};
  const auto warm_after = static_cast<double>(all.parameters.warm_up.count()) / ms_per_day;
  if (calibrated_days_ago < warm_after)
    warm_up(now, 1 - calibrated_days_ago / warm_after);
  return now;
}

void sensor::warm_up(measured& now, double coldness) {
  now.temperature -= 1.8 * coldness;
  now.humidity += 5 * coldness;
  now.co2 += 90 * coldness; // the lamp of an infrared cell takes minutes to settle
}

void sensor::read(wake_context& in, const common& all) {
  auto& random = in.random();
  const auto scale = all.parameters.noise;
  const noises own{normal(random, 0, temperature_noise * scale), normal(random, 0, humidity_noise * scale),
                   normal(random, 0, co2_noise * scale), normal(random, 0, light_noise * scale)};
  auto incidents = in.incidents();
  for (const auto& incident : incidents)
    if (leaves_out(incident, in.now(), all.parameters.warm_up))
      return;
  auto now = measure(in, all, own);
  for (auto& incident : incidents) {
    const auto before = now.written();
    apply(incident, now, own, in, all.parameters.warm_up);
    if (now.written() != before)
      incident.touch(in.next_seq(topic::iot_readings));
  }
  const auto [temperature, humidity, co2, light, battery, nulls, behind] = now.written();
  in.emit_at(topic::iot_readings, in.now() - milliseconds{behind}, in.now(), [&](event_writer& e) {
    e.text("district", all.districts[district_]);
    e.fixed<5>("lat", lat_e5_);
    e.fixed<5>("lon", lon_e5_);
    if (now.has_air) {
      e.fixed<2>("temperature", temperature);
      e.fixed<1>("humidity", humidity);
    } else {
      e.null("temperature");
      e.null("humidity");
    }
    if (now.has_gas_and_light) {
      e.fixed<1>("co2_level", co2);
      e.fixed<1>("light_intensity", light);
    } else {
      e.null("co2_level");
      e.null("light_intensity");
    }
    e.fixed<1>("battery", battery);
  });
}

std::array<std::int64_t, 7> sensor::measured::written() const {
  return {has_air ? rounded(temperature, 100) : 0,
          has_air ? rounded(std::clamp(humidity, 0.0, 100.0), 10) : 0,
          has_gas_and_light ? rounded(std::max(0.0, co2), 10) : 0,
          has_gas_and_light ? rounded(std::max(0.0, light), 10) : 0,
          rounded(std::max(0.0, battery), 10),
          (has_air ? 0 : 1) + (has_gas_and_light ? 0 : 2),
          clock_behind.count()};
}

} // namespace throng::simulation
