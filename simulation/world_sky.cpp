#include "simulation/world_sky.hpp"

#include <algorithm>
#include <variant>

namespace throng::simulation {

namespace {

/// So much more than was asked for is made at once.
constexpr milliseconds reserve = std::chrono::minutes{2};

std::uint32_t districts_of(const world& of) {
  std::uint32_t districts = 0;
  for (const auto& population : of.scenario().populations)
    if (const auto* sensors = std::get_if<config::sensor_population>(&population.behaviour))
      districts = std::max(districts, sensors->districts);
  return districts;
}

} // namespace

world_sky::world_sky(const world& of)
    : climate_(of.scenario().seed, districts_of(of), of.scenario().latitude) {
  // made when it is asked for
}

std::shared_ptr<const sky> world_sky::over(timestamp from, timestamp until) {
  if (!made_ || !made_->covers(from, until))
    made_ = std::make_shared<const sky>(climate_, from, until + reserve);
  return made_;
}

} // namespace throng::simulation
