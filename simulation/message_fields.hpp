// The fields of each topic's messages in the order in which they are written: the header of its table. Trouble may cut one out of a message.
#pragma once

#include <span>
#include <string_view>

#include "simulation/world.hpp"

namespace throng::simulation {

std::span<const std::string_view> message_fields(topic of);

} // namespace throng::simulation
