#include "simulation/daily_curve.hpp"

#include "simulation/distributions.hpp"
#include "simulation/entity.hpp"

namespace throng::simulation {

namespace {
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
} // namespace

std::int64_t time_of_day(timestamp now) {
  const auto ms = now.ms % day_ms;
  return ms < 0 ? ms + day_ms : ms;
}

double daily_curve::at(timestamp now) const {
  const auto ms = time_of_day(now);
  const auto hour = static_cast<std::size_t>(ms / hour_ms);
  const auto part = static_cast<double>(ms % hour_ms) / static_cast<double>(hour_ms);
  const auto from = at_[hour];
  return from + part * (at_[(hour + 1) % 24] - from);
}

timestamp next_arrival(random_stream& random, timestamp after, double per_day, const daily_curve& curve) {
  if (!(per_day > 0))
    return never_due;
  const auto mean_gap = static_cast<double>(day_ms) / (per_day * curve.peak());
  for (;;) {
    const auto gap = exponential(random, mean_gap);
    if (gap > 1e15) // thirty thousand years, and adding on could wrap
      return never_due;
    after = after + milliseconds{static_cast<std::int64_t>(gap) + 1};
    if (random.unit() * curve.peak() < curve.at(after))
      return after;
  }
}

} // namespace throng::simulation
