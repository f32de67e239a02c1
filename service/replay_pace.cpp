#include "service/replay_pace.hpp"

#include <algorithm>

namespace throng::service {

replay_pace::duration replay_pace::due(std::int64_t timestamp_ms) {
  const auto n = sent_++;
  if (n == 0)
    first_ms_ = timestamp_ms;
  double seconds = 0;
  if (rate_ > 0)
    seconds = static_cast<double>(n) / rate_;
  else if (speed_ > 0)
    seconds = static_cast<double>(std::max<std::int64_t>(0, timestamp_ms - first_ms_)) / 1e3 / speed_;
  // Some years, which a clock can still add.
  constexpr double longest = 1e8;
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>{std::min(seconds, longest)});
}

} // namespace throng::service
