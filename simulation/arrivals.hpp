// When things of one kind come to an entity of their own accord: visits, payments, tickets. A Poisson process whose rate
// follows the hours of the day and the days of the week. Leaves to others what arrives.
#pragma once

#include <array>
#include <cstdint>

#include "config/scenario.hpp"
#include "simulation/daily_curve.hpp"
#include "simulation/random.hpp"

namespace throng::simulation {

using config::weekday_weights;
inline constexpr weekday_weights every_day_alike{1, 1, 1, 1, 1, 1, 1};

/// 0 is Monday; the city's clocks show UTC.
std::size_t weekday_of(timestamp now);

/// Immutable; what a whole population has in common. The state, the next arrival, is the entity's.
class arrivals {
public:
  /// @param per_day the mean over a week
  /// @param weekdays scaled to the mean 1; none negative, one positive
  arrivals(double per_day, const daily_curve& hours, const weekday_weights& weekdays = every_day_alike);

  /// The first arrival after `after`: candidates come at the week's greatest rate and are kept with the share that the
  /// rate at their time has of it (thinning: Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by
  /// thinning", 1979). Two draws a candidate. @returns never_due where the rate is 0
  timestamp after(random_stream& random, timestamp after) const;
  /// The first arrival of a world that starts then; its first millisecond included.
  timestamp first(random_stream& random, timestamp start) const;

  /// Arrivals a day at the rate of a moment.
  double rate_at(timestamp now) const;
  double greatest_rate() const {
    return greatest_;
  }

private:
  daily_curve hours_;
  weekday_weights a_day_; ///< arrivals on each day of the week
  double greatest_;       ///< a day, at the busiest hour of the busiest day
};

} // namespace throng::simulation
