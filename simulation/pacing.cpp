#include "simulation/pacing.hpp"

#include <algorithm>

namespace throng::simulation {

namespace {

constexpr milliseconds most_delay{100};
/// What making the greatest world may take.
constexpr milliseconds most_preparation{10'000};

/// Milliseconds of virtual time in so many of wall time, or the other way round; no more than a time can have.
milliseconds scaled(milliseconds time, double factor) {
  const auto result = static_cast<double>(time.count()) * factor;
  return result < static_cast<double>(greatest_timestamp.ms) ? milliseconds{static_cast<std::int64_t>(result)}
                                                             : milliseconds{greatest_timestamp.ms};
}

} // namespace

pacing::pacing(double speed, bool then_live)
    : speed_(speed)
    , then_live_(then_live) {
  // begins with begin()
}

void pacing::begin(timestamp wall, timestamp start) {
  const auto prepared_for = wall - start;
  wall_begin_ = speed_ == 1 && prepared_for >= milliseconds{0} && prepared_for <= most_preparation ? start : wall;
  begin_ = start;
}

timestamp pacing::scheduled(timestamp wall) const {
  if (speed_ <= 0)
    return greatest_timestamp;
  const auto since = paused_ ? milliseconds{0} : std::max(milliseconds{0}, wall - wall_begin_);
  const auto length = scaled(since, speed_);
  return length < greatest_timestamp - begin_ ? begin_ + length : greatest_timestamp;
}

timestamp pacing::limit(timestamp wall) const {
  if (live_)
    return wall;
  return then_live_ ? std::min(wall, scheduled(wall)) : scheduled(wall);
}

timestamp pacing::due(timestamp time) const {
  auto at = wall_begin_;
  if (speed_ > 0 && !live_) {
    // Rounding may leave the schedule a millisecond short of `time`.
    at = wall_begin_ + scaled(std::max(milliseconds{0}, time - begin_), 1 / speed_);
    while (scheduled(at) < time)
      at = at + milliseconds{1};
  }
  return then_live_ ? std::max(at, time) : at;
}

void pacing::change_speed(double speed, timestamp wall, timestamp reached) {
  speed_ = speed;
  then_live_ = live_ = false;
  wall_begin_ = wall;
  begin_ = reached;
}

void pacing::pause(timestamp wall) {
  if (paused_)
    return;
  if (speed_ > 0)
    begin_ = scheduled(wall);
  wall_begin_ = wall;
  paused_ = true;
}

void pacing::resume(timestamp wall) {
  if (!paused_)
    return;
  wall_begin_ = wall;
  paused_ = false;
}

bool pacing::reach(timestamp time, timestamp wall, milliseconds grain) {
  if (!then_live_ || live_ || wall - time > grain)
    return false;
  live_ = true;
  return true;
}

milliseconds pacing::behind(timestamp time, timestamp wall) const {
  if (speed_ <= 0 && !live_)
    return milliseconds{0};
  return std::max(milliseconds{0}, limit(wall) - time);
}

milliseconds pacing::step(milliseconds step, milliseconds tick) const {
  if (unlimited())
    return step;
  const auto longest = std::max(milliseconds{1}, scaled(most_delay, then_live_ && (live_ || speed_ <= 0) ? 1 : speed_));
  if (longest >= step)
    return step;
  auto fraction = tick / longest + (tick % longest == milliseconds{0} ? 0 : 1);
  while (tick.count() % fraction != 0)
    ++fraction;
  return tick / fraction;
}

} // namespace throng::simulation
