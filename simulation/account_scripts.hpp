// What the scripts of an account's incidents share: what they remember, how long they wait, where strangers are.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "simulation/account.hpp"
#include "simulation/countries.hpp"
#include "simulation/distributions.hpp"
#include "simulation/incident_turn.hpp"

namespace throng::simulation::scripts {

inline constexpr std::int64_t euro = 100;
/// With less there is nothing to steal.
inline constexpr std::int64_t worth_stealing = 5 * euro;

// An incident's memo, beside step_due and steps_done.
inline constexpr std::size_t tries = 2;
inline constexpr std::size_t refusals = 3;
inline constexpr std::size_t pot = 4;         ///< money of the incident that is still to be passed on
inline constexpr std::size_t received = 5;    ///< payments of others
inline constexpr std::size_t destination = 4; ///< of a holiday: a country
inline constexpr std::size_t away = 5;        ///< of a holiday: not 0 while it lasts

/// What an incident draws once and keeps to.
enum trait : std::uint64_t { strange_device, strange_country, first_gap, first_shop, step_stream, drop };

/// A whole number from `least` where the incident is hidden to `least + more` where it is blatant.
inline std::int64_t scaled(double least, double more, double strength) {
  return static_cast<std::int64_t>(std::floor(least + more * strength + 0.5));
}

inline double length_ms(const active_incident& of) {
  return static_cast<double>((of.order.end - of.order.start).count());
}
inline double stage_ms(const active_incident& of) {
  return length_ms(of) / of.order.stages;
}

/// From half to one and a half times a gap.
inline void set_next(active_incident& doing, timestamp now, double gap_ms, random_stream& random) {
  doing.memo[step_due] = now.ms + 1 + static_cast<std::int64_t>(gap_ms * uniform(random, 0.5, 1.5));
}

/// A share of an amount, in whole cents.
inline std::int64_t part_of(std::int64_t amount, double share) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(amount) * share));
}

/// What all accounts of one occurrence have in common: the same bits for each.
inline std::uint64_t shared_bits(std::uint64_t seed, const active_incident& of) {
  return draw(seed, number_of_name("group"), of.order.incident, of.order.occurrence);
}

inline short_text other_bank(random_stream& random) {
  return short_text{"otherbank-"}.append(random.below(1'000'000), 6);
}

/// An account of another bank that an incident uses again. @param which of up to ten
inline short_text drop_account(const active_incident& of, std::uint32_t which) {
  return short_text{"otherbank-"}.append(draw(of.bits, drop, which) % 1'000'000, 6);
}

/// Another country than one's own: far away where it should be seen, a neighbour where it should not.
inline std::uint8_t country_abroad(std::uint8_t home, double subtlety, double unit) {
  struct candidate {
    double distance;
    std::uint8_t country;
  };
  std::array<candidate, 64> others{};
  std::size_t count = 0;
  for (std::uint8_t i = 0; i < countries().size() && count < others.size(); ++i)
    if (i != home) {
      const auto north = countries()[i].lat - countries()[home].lat;
      const auto east = countries()[i].lon - countries()[home].lon;
      others[count++] = {north * north + east * east, i}; // only their order counts
    }
  std::sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count),
            [](const candidate& a, const candidate& b) { return a.distance < b.distance; });
  const auto rank = (1 - subtlety) * static_cast<double>(count) * (0.75 + 0.25 * unit);
  return others[std::min(count - 1, static_cast<std::size_t>(rank))].country;
}

} // namespace throng::simulation::scripts
