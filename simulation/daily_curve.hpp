// How busy each hour of a day is. Leaves to arrivals.hpp what follows such a curve.
#pragma once

#include <array>
#include <cstdint>

#include "config/time.hpp"

namespace throng::simulation {

/// Milliseconds since midnight; the city's clocks show UTC.
std::int64_t time_of_day(timestamp now);

/// A rate over the day, given at each full hour and linear in between; scaled so that its mean over the day is 1.
class daily_curve {
public:
  /// @param hours what stands at 0:00, 1:00, ... 23:00; none negative, one positive
  constexpr explicit daily_curve(const std::array<double, 24>& hours)
      : at_{} {
    // The mean of a curve that is linear between equidistant knots is the mean of the knots.
    double sum = 0;
    for (auto value : hours)
      sum += value;
    for (std::size_t i = 0; i < 24; ++i) {
      at_[i] = hours[i] * 24 / sum;
      if (at_[i] > peak_)
        peak_ = at_[i];
    }
  }

  /// Relative to the day's mean, at a moment of the city's day.
  double at(timestamp now) const;

  /// At a full hour of the city's clock. @pre hour < 24
  constexpr double at_hour(std::size_t hour) const {
    return at_[hour];
  }

  constexpr double peak() const {
    return peak_;
  }

private:
  std::array<double, 24> at_;
  double peak_ = 0;
};

} // namespace throng::simulation
