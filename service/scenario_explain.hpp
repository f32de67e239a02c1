// What a scenario will do, in words and figures, before it is run. Leaves the figures to simulation/forecast.hpp.
#pragma once

#include <string>

#include "simulation/world.hpp"

namespace throng::service {

/// Populations; expected events a second by topic, hour by hour of the first day; incidents and trouble. Lines, the last one ended.
std::string explain(const simulation::world& in);

} // namespace throng::service
