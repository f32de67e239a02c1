// A core made of a statistic: how odd a value is in some unit of its own. The
// statistic's past turns it into a surprise.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>

#include "analytics/detector.hpp"
#include "analytics/detectors/tail_model.hpp"

namespace throng::analytics {

/// A mean and a deviation in which an old value fades; a value far out moves
/// them less than it would.
class fading_moments {
public:
  explicit fading_moments(double memory)
      : memory_(memory) {}
  double mean() const {
    return mean_;
  }
  /// Mean absolute deviation, at least a millionth of the mean, above 0.
  double spread() const;
  std::uint64_t count() const {
    return count_;
  }
  void take(double x);
  void save(byte_writer& out) const;
  void load(byte_reader& in);

private:
  double memory_;
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double spread_ = 0;
};

/// Statistic: double of(timestamp, double) >= 0, greater is odder; explanation
/// explain(string_view field); save; load.
template <class Statistic>
class calibrated {
public:
  static constexpr bool accumulates = requires {
    requires Statistic::accumulates;
  };

  explicit calibrated(Statistic statistic)
      : statistic_(std::move(statistic)) {}

  double surprise(timestamp t, double x) {
    auto s = statistic_.of(t, std::clamp(x, -1e150, 1e150));
    ++seen_;
    // The first values calibrate what the statistic itself rests on, the next
    // ones its tail.
    if (seen_ <= settle)
      return 0;
    auto found = std::min(30.0, tail_.surprise(s)) * std::min(1.0, static_cast<double>(seen_ - settle) / ramp);
    tail_.learn(s, found < 3 ? 1.0F : 0.3F);
    return found;
  }
  explanation explain(std::string_view field) const {
    return statistic_.explain(field);
  }
  void save(byte_writer& out) const {
    out.varint(seen_);
    tail_.save(out);
    statistic_.save(out);
  }
  void load(byte_reader& in) {
    seen_ = in.varint();
    tail_.load(in);
    statistic_.load(in);
  }

private:
  static constexpr std::uint64_t settle = 30;
  static constexpr double ramp = 150;

  std::uint64_t seen_ = 0;
  tail_model tail_;
  Statistic statistic_;
};

} // namespace throng::analytics
