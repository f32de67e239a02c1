// A sensor on a street of the city: reads temperature, humidity, CO2, light and its battery at its own interval. The
// weather is its district's (weather.hpp); a sensor adds its place, its bias and its noise, and what befalls it.
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
    std::vector<std::string> districts; ///< `district-07`
  };

  static constexpr std::array channels{channel{topic::iot_readings, 0}};
  static constexpr std::size_t keys = 1;
  /// All that it reads is the weather, a function of (seed, time).
  static constexpr bool far_sighted = true;
  /// What each does while it is open, with s its subtlety:
  /// - spike: each reading, with probability (1 - 0.7 s) / 3, is off by 3 + 27 (1 - s) degrees and 100 + 1400 (1 - s) ppm;
  /// - stuck: the readings stay where they were at the first, but for a share s of the sensor's noise;
  /// - drift: the temperature moves away evenly, by 2 + 18 (1 - s) degrees at the end; humidity against it;
  /// - silence: a reading is left out with probability 1 - 0.8 s. It takes no seq, so the label has none when it closes.
  static constexpr std::array<std::string_view, 4> incident_kinds{"sensor.spike", "sensor.stuck", "sensor.drift",
                                                                  "sensor.silence"};
  /// `sensor-000042`
  static entity_key key(const world& in, entity_ref self, std::size_t which);

  sensor(const birth& born, const common& all);

  timestamp due() const noexcept {
    return due_;
  }
  void wake(wake_context& in, const common& all);

private:
  /// One reading's measurements.
  struct measured {
    double temperature; ///< degrees Celsius
    double humidity;    ///< percent, relative
    double co2;         ///< ppm
    double light;       ///< lux
  };

  void read(wake_context& in, const common& all);
  void apply(active_incident& incident, measured& now, const measured& noise, wake_context& in) const;
  void schedule_next(random_stream& random, const common& all, timestamp after);

  timestamp due_;
  std::int64_t grid_ms_; ///< where the next reading would be without jitter
  std::int32_t lat_e5_;  ///< degrees * 10^5
  std::int32_t lon_e5_;
  std::uint32_t district_;
  float temperature_bias_;
  float humidity_bias_;
  float co2_factor_;
  float light_factor_;
  float battery_;       ///< percent at the world's start
  float battery_drain_; ///< percent a day
};

} // namespace throng::simulation
