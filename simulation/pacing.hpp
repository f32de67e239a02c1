// How fast virtual time may go: a world has a schedule by the wall clock, and lives what is due by it. Takes the wall clock as an
// argument; whoever asks waits, and does not wait where the world is behind: nothing is ever left out.
#pragma once

#include "config/time.hpp"

namespace throng::simulation {

/// Wall times are UTC, as virtual times are, so that a world can come to be live.
class pacing {
public:
  /// @param speed virtual seconds a wall second; 0: as fast as it goes
  /// @param then_live once virtual time has come to wall time, the two go together
  pacing(double speed, bool then_live);

  /// The world stands at `start`, and begins now. One that at speed 1 starts with the wall clock keeps to it, and catches up with the few
  /// seconds that it took to make it: it would lag by them for ever.
  void begin(timestamp wall, timestamp start);

  /// How far the world may have come at `wall`; the greatest time: as far as it likes.
  timestamp limit(timestamp wall) const;
  /// The first wall time whose limit is not before `time`. @pre not paused
  timestamp due(timestamp time) const;

  /// From here on at another speed, from where the world stands: what it was behind is forgotten, and so is `then_live`.
  void change_speed(double speed, timestamp wall, timestamp reached);
  /// The schedule stands still; but where it has come to wall time: there the world catches up afterwards.
  void pause(timestamp wall);
  void resume(timestamp wall);

  bool paused() const {
    return paused_;
  }
  /// As fast as it goes until it is told otherwise.
  bool unlimited() const {
    return speed_ <= 0 && !then_live_;
  }
  double speed() const {
    return speed_;
  }
  bool then_live() const {
    return then_live_;
  }
  /// Once true while `then_live`, it stays true.
  bool live() const {
    return live_;
  }

  /// The world has come to `time`. @returns whether with that it has become live: it is within `grain` of wall time
  bool reach(timestamp time, timestamp wall, milliseconds grain);
  /// By how much the world, at `time`, is behind its schedule. 0 while it hurries to wall time: there is no schedule yet.
  milliseconds behind(timestamp time, timestamp wall) const;

  /// The longest step whose messages come at most 100 ms of wall time late: `step`, or less where that is more than 100 ms of
  /// wall time. A whole fraction of `tick`, so that it changes no byte. @pre step is a whole fraction of tick
  milliseconds step(milliseconds step, milliseconds tick) const;

private:
  /// By the speed alone.
  timestamp scheduled(timestamp wall) const;

  double speed_;
  bool then_live_;
  bool live_ = false;
  bool paused_ = false;
  timestamp wall_begin_; ///< since when at this speed
  timestamp begin_;      ///< where the schedule stood then
};

} // namespace throng::simulation
