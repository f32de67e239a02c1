// The path of a visitor through the shop: a Markov chain over what can be done on the site. Leaves time to web_client.hpp.
#pragma once

#include <cstdint>

#include "simulation/site.hpp"

namespace throng::simulation {

/// Where a session begins. @param percent 0 to 99, uniform
action first_action(std::uint32_t percent);

/// What follows. @param percent 0 to 99, uniform  @pre `after` is not leave
action next_action(action after, std::uint32_t percent);

/// Whether the site lets anyone do `next` straight after `after` (nobody pays without a cart).
bool is_legal(action after, action next);
bool is_legal_first(action first);

/// Requests of a session on average: the visits of the chain before it leaves, (start · (I - T)^-1) · 1 (Kemeny and
/// Snell, "Finite Markov chains", section 3.2).
inline constexpr double mean_session_requests = 6.4042;

} // namespace throng::simulation
