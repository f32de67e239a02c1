// A limit on how often something is done, by all who share it. Pure: time is an argument.
#pragma once

#include <algorithm>
#include <chrono>

namespace throng::sources {

/// Each gets the next free place; places are evenly spaced.
class pace {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param an_hour 0: no limit
  explicit pace(double an_hour)
      : apart_(an_hour > 0 ? std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                 std::chrono::duration<double>{3600 / an_hour})
                           : std::chrono::steady_clock::duration{0}) {}

  /// Takes a place: when it is.
  time_point take(time_point now) {
    const auto at = std::max(now, next_);
    next_ = at + apart_;
    return at;
  }

private:
  std::chrono::steady_clock::duration apart_;
  time_point next_{};
};

} // namespace throng::sources
