// A sensor on a street of the city: reads temperature, humidity, CO2, light and its battery at its own interval. The
// weather is its district's (sky.hpp); a sensor adds its place, its bias, its drift and its noise, and what befalls it
// (sensor_faults.cpp). All of it is a function of (seed, time), so that a sensor may be woken far ahead.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/entity.hpp"

namespace throng::simulation {

class sensor {
public:
  struct common {
    common(const world& in, std::uint32_t population);

    config::sensor_population parameters;
    timestamp start;
    std::vector<std::string> districts;  ///< `district-07`
    std::vector<district_traits> traits; ///< of each
  };

  static constexpr std::array channels{channel{topic::iot_readings, 0}};
  static constexpr std::size_t keys = 1;
  /// All that it reads is the sky, a function of (seed, time).
  static constexpr bool far_sighted = true;
  /// What each does, and what subtlety changes in it: sensor_faults.cpp.
  static constexpr std::array<std::string_view, 10> incident_kinds{
      "sensor.spike",  "sensor.stuck",   "sensor.drift",         "sensor.silence",         "sensor.noise",
      "sensor.offset", "sensor.dropout", "sensor.battery_death", "sensor.district_outage", "sensor.clock_skew"};
  /// `sensor-000042`
  static entity_key key(const world& in, entity_ref self, std::size_t which);

  sensor(const birth& born, const common& all);

  timestamp due() const noexcept {
    return due_;
  }
  void wake(wake_context& in, const common& all);

private:
  enum fault : std::uint8_t {
    spike,
    stuck,
    drift,
    silence,
    noise,
    offset,
    dropout,
    battery_death,
    district_outage,
    clock_skew
  };

  /// One reading.
  struct measured {
    double temperature;            ///< degrees Celsius
    double humidity;               ///< percent, relative
    double co2;                    ///< ppm
    double light;                  ///< lux
    double battery;                ///< percent
    bool has_air = true;           ///< false: temperature and humidity are null
    bool has_gas_and_light = true; ///< false: CO2 and light are null
    milliseconds clock_behind{0};

    /// As the message has them, so that two are the same exactly if their messages are.
    std::array<std::int64_t, 7> written() const;
  };
  /// A reading's own noise; the light's is relative.
  struct noises {
    double temperature;
    double humidity;
    double co2;
    double light;
  };

  void read(wake_context& in, const common& all);
  measured measure(const wake_context& in, const common& all, const noises& own) const;
  /// 1 when it has just been switched on, 0 once it is warm.
  static void warm_up(measured& now, double coldness);
  /// An interval that has become shorter counts from now on.
  void retune(wake_context& in, const common& all);
  void schedule_next(random_stream& random, const common& all, timestamp after);

  // Incidents: sensor_faults.cpp.
  /// Whether an incident keeps the reading from being sent at all. It takes no seq, so each is decided by its time.
  static bool leaves_out(const active_incident& incident, timestamp now, milliseconds warm_up);
  static void apply(active_incident& incident, measured& now, const noises& own, const wake_context& in,
                    milliseconds warm_up);

  timestamp due_;
  std::int64_t grid_ms_; ///< where the next reading would be without jitter
  std::int32_t lat_e5_;  ///< degrees * 10^5
  std::int32_t lon_e5_;
  std::uint32_t district_;
  float temperature_bias_;
  float humidity_bias_;
  float co2_factor_;
  float light_factor_;
  float drift_;        ///< degrees a day since the battery was changed, when it is calibrated too
  float battery_days_; ///< from one battery to the next
  float battery_age_;  ///< of the battery at the world's start, as a share of battery_days_
};

} // namespace throng::simulation
