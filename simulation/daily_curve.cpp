#include "simulation/daily_curve.hpp"

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

} // namespace throng::simulation
