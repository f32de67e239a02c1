// How a ticket goes on: when the desk answers, whether the client is content, when it is closed. Leaves the words to
// ticket_text.hpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "config/scenario.hpp"
#include "simulation/random.hpp"
#include "simulation/ticket_text.hpp"

namespace throng::simulation {

/// `opened`, then `answered`; then either `closed`, or `escalated`, `answered` again and `closed`.
enum class ticket_status : std::uint8_t { opened, answered, escalated, closed };
std::string_view name(ticket_status status);

struct ticket_turn {
  ticket_status next = ticket_status::closed;
  timestamp at; ///< later than now
};

/// What comes after `status`, which a ticket got `now`. The desk answers from 7:00 to 21:00; what falls into the night it does
/// within the first hour of the morning.
/// @param before whether it had been escalated before: nobody does so twice
/// @pre status is not closed
ticket_turn turn_after(ticket_status status, timestamp now, ticket_priority priority, bool before,
                       const config::support_client_population& desk, random_stream& random);

/// The priority of a ticket that is escalated: the next, if there is one.
ticket_priority raised(ticket_priority priority);

} // namespace throng::simulation
