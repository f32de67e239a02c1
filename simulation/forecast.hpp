// How many events a scenario will make on the mean of all seeds, topic by topic and hour by hour, worked out from its curves and weights
// without living it. Leaves out what incidents add and take away, what people write to the desk about other worlds' failures, and
// truth.labels.
#pragma once

#include <array>
#include <vector>

#include "simulation/world.hpp"

namespace throng::simulation {

/// Events by topic (the order of `all_topics`), in one hour.
using hour_of_events = std::array<double, topic_count>;

/// @param from not before the world's start, which is where its people begin to live
/// @param hours how many; the last ones are empty where the world ends before
std::vector<hour_of_events> forecast(const world& in, timestamp from, std::size_t hours);

} // namespace throng::simulation
