// How far event time has come in one partition. Leaves to others what a late event means for a window.
#pragma once

#include <algorithm>
#include <cstdint>

#include "config/time.hpp"

namespace throng::analytics {

/// A bounded-disorder watermark: after observing times t1..tn it stands at max(t1..tn) - disorder, whatever their order; before the
/// first one, at `none`. It never goes back. (Akidau et al., "The Dataflow Model", VLDB 2015, section 2.3.)
class watermark {
public:
  static constexpr timestamp none{INT64_MIN};

  /// @param disorder how far an event may lag behind the newest one and still be on time; not negative
  explicit watermark(milliseconds disorder)
      : disorder_(disorder) {}

  void observe(timestamp time) {
    highest_ = std::max(highest_, time);
  }

  timestamp current() const {
    return highest_ == none ? none : highest_ - disorder_;
  }

  /// The greatest time observed: the part of it that is state. `none` before the first.
  timestamp highest() const {
    return highest_;
  }
  void restore(timestamp highest) {
    highest_ = highest;
  }

private:
  milliseconds disorder_;
  timestamp highest_ = none;
};

/// Whether the watermark has reached a moment that a window or session waits for.
inline bool reached(timestamp watermark, timestamp moment) {
  return watermark >= moment;
}

} // namespace throng::analytics
