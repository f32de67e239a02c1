#include "simulation/arrivals.hpp"

#include <algorithm>

#include "simulation/distributions.hpp"
#include "simulation/entity.hpp"

namespace throng::simulation {

namespace {
constexpr std::int64_t day_ms = 86'400'000;
} // namespace

std::size_t weekday_of(timestamp now) {
  const auto day = (now.ms - time_of_day(now)) / day_ms;
  return static_cast<std::size_t>(((day + 3) % 7 + 7) % 7); // 1970-01-01 was a Thursday
}

arrivals::arrivals(double per_day, const daily_curve& hours, const weekday_weights& weekdays)
    : hours_(hours)
    , a_day_(weekdays) {
  double sum = 0;
  for (auto weight : weekdays)
    sum += weight;
  double most = 0;
  for (auto& day : a_day_) {
    day = per_day * day * 7 / sum;
    most = std::max(most, day);
  }
  greatest_ = most * hours.peak();
}

double arrivals::rate_at(timestamp now) const {
  return a_day_[weekday_of(now)] * hours_.at(now);
}

timestamp arrivals::first(random_stream& random, timestamp start) const {
  return after(random, start - milliseconds{1});
}

timestamp arrivals::after(random_stream& random, timestamp after) const {
  if (!(greatest_ > 0))
    return never_due;
  const auto mean_gap = static_cast<double>(day_ms) / greatest_;
  for (;;) {
    const auto gap = exponential(random, mean_gap);
    if (gap > 1e15) // thirty thousand years, and adding on could wrap
      return never_due;
    after = after + milliseconds{static_cast<std::int64_t>(gap) + 1};
    if (random.unit() * greatest_ < rate_at(after))
      return after;
  }
}

} // namespace throng::simulation
