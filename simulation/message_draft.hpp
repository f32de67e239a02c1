// One message of a wake from its first byte to its place among the slot's emissions. Knows every topic alike, and no trouble.
#pragma once

#include <cstdint>

#include "simulation/wake_frame.hpp"

namespace throng::simulation {

/// Which of the entity's keys a channel writes under; channels past the core's own are truth.labels, one for each key.
std::uint32_t key_of(const wake_frame& frame, std::uint32_t channel);

/// Writes the key, and of the value what every message begins with: `timestamp`, `seq` and the key's field. The rest goes
/// to the writer.
event_writer& open_message(wake_frame& frame, std::uint32_t channel, topic where, timestamp device_time);

/// Fields that open_message writes.
inline constexpr std::size_t head_fields = 3;

/// Ends the message and takes its seq. @returns it as it stands among the slot's emissions, until the next is closed
/// @param emission kept within the moment's time and the world's end
pending_emission& close_message(wake_frame& frame, timestamp emission);

} // namespace throng::simulation
