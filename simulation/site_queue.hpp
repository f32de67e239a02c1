// The site's servers as a queue: how busy they are, how long a request waits and how many are refused, from what was asked
// of them in the ticks before. The conductor's director keeps it; visitors see its `site_load`.
#pragma once

#include <cstdint>

#include "simulation/state_bytes.hpp"
#include "simulation/step.hpp"

namespace throng::simulation {

class site_queue {
public:
  explicit site_queue(const world& in);

  /// The world has been succeeded: the site stays as it is, whoever comes now, but where another `capacity` is stated.
  void adopt(const world& before, const world& now);

  /// Takes in one tick's work. Whole microseconds in and out, so that no order of adding matters.
  void take(const tick_totals& of);
  site_load load() const;

  void save(state_writer& to) const;
  void restore(state_reader& from);

  /// Milliseconds of service that the site gives in a millisecond; 0 where nobody visits it.
  double servers() const {
    return servers_;
  }

private:
  double servers_ = 0;
  std::int64_t tick_ms_;
  std::int64_t backlog_us_ = 0; ///< of service
  double utilisation_ = 0;      ///< smoothed
  double refused_ = 0;
};

/// Requests a second that the site can serve of the mix that its visitors ask for: what the populations say, or else two and
/// a half times what they ask for at their busiest, and no less than 20.
double site_capacity(const world& in);

} // namespace throng::simulation
