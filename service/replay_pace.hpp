// When a replayed message is due: so many a second, or at the pace of their own times. Knows no clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace throng::service {

class replay_pace {
public:
  using duration = std::chrono::steady_clock::duration;

  /// @param rate so many a second @param speed seconds of the messages' times that pass in a second; 0 and 0: at once
  replay_pace(double rate, double speed)
      : rate_(rate)
      , speed_(speed) {}

  bool needs_times() const {
    return speed_ > 0;
  }

  /// How long after the first one the next message is due, which has this time. One that is earlier than the first is due at once.
  duration due(std::int64_t timestamp_ms);

private:
  double rate_;
  double speed_;
  std::uint64_t sent_ = 0;
  std::int64_t first_ms_ = 0;
};

} // namespace throng::service
