// The weather of all districts over a span of time, as sensors ask for it: what weather.hpp says at whole minutes, and
// linear between them. So it is a function of (seed, district, time), whoever asks, and whenever it was made.
#pragma once

#include <cstdint>
#include <vector>

#include "simulation/weather.hpp"

namespace throng::simulation {

class sky {
public:
  static constexpr std::int64_t knot_ms = 60'000;

  /// Covers every moment from `from` to `until`, both included. @pre from <= until
  sky(const climate& of, timestamp from, timestamp until);

  bool covers(timestamp from, timestamp until) const {
    return from.ms >= first_ms_ && until.ms <= last_ms_;
  }
  std::uint32_t districts() const {
    return districts_;
  }

  /// @pre district < districts() and the span covers `time`
  district_weather at(std::uint32_t district, timestamp time) const noexcept {
    const auto since = time.ms - first_ms_;
    const auto* a = &knots_[static_cast<std::size_t>(since / knot_ms) * districts_ + district];
    const auto* b = a + districts_;
    const auto part = static_cast<double>(since % knot_ms) * (1.0 / knot_ms);
    const auto between = [part](double from, double to) { return from + part * (to - from); };
    return {between(a->temperature, b->temperature), between(a->humidity, b->humidity), between(a->co2, b->co2),
            between(a->light, b->light)};
  }

private:
  std::uint32_t districts_;
  std::int64_t first_ms_;
  std::int64_t last_ms_;
  std::vector<district_weather> knots_; ///< a row a minute, and one more
};

} // namespace throng::simulation
