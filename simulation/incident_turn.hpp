// Which of the incidents that are open on a client has its turn: one at a time. (An account lives through all at once.)
#pragma once

#include <algorithm>
#include <span>

#include "simulation/entity.hpp"

namespace throng::simulation {

/// Where a core keeps in an incident's memo when it does its next step, in ms; `no_step` when it has none left.
inline constexpr std::size_t step_due = 0;
/// How many steps have been done.
inline constexpr std::size_t steps_done = 1;

inline constexpr std::int64_t no_step = never_due.ms;

/// The one that has made events already goes on; before any has, the first. None has its turn once it has no step left.
inline active_incident* incident_in_turn(std::span<active_incident> open) noexcept {
  active_incident* first = nullptr;
  for (auto& incident : open) {
    if (incident.memo[step_due] == no_step)
      continue;
    if (incident.touched)
      return &incident;
    if (first == nullptr)
      first = &incident;
  }
  return first;
}

/// When the incident in turn wants to act, not before `now`.
inline timestamp step_of(const active_incident* incident, timestamp now) noexcept {
  return incident == nullptr ? never_due : std::max(now, timestamp{incident->memo[step_due]});
}

/// A gap of time between a blatant and a hidden one: their geometric mean, weighted by subtlety.
double subtle_gap(double blatant_ms, double hidden_ms, double subtlety);

} // namespace throng::simulation
