// How rare a statistic's value is, by its own past: the calibration that gives every detector's score the same meaning.
// Leaves to its user what the statistic is, and which values are fit to be learnt from.
#pragma once

#include <array>
#include <cstdint>

#include "analytics/codec.hpp"

namespace throng::analytics {

/// The surprise of a value s >= 0: -log10 of the share of past values that are as great or greater. Up to a high quantile u of the
/// past it is read off a histogram with four bins an octave; beyond, where little or nothing was seen, the tail over u is continued:
/// between (in logarithms, `power_share` of the second) an exponential of the mean excess (Pickands-Balkema-de Haan with shape 0, as in Siffer et al., "Anomaly
/// Detection in Streams with Extreme Value Theory", KDD 2017) and a power law by Hill's estimator (Annals of Statistics 3, 1975), so that a
/// stream that has burst before must burst much higher to be as rare. Old values fade: a value weighs half after about 0.7 `memory` more.
class tail_model {
public:
  /// How many values it remembers.
  static constexpr float memory = 6000;

  /// 0 where nothing was learnt. Beyond the greatest value that was learnt it still rises.
  double surprise(double s, double power_share = 0.5) const;
  /// @param weight 0 to 1: how much it counts
  void learn(double s, float weight);
  /// Lets all that was learnt weigh `share` of what it did.
  void forget(double share);
  /// Of all that was learnt and has not faded.
  float total() const {
    return total_;
  }

  void save(byte_writer& out) const;
  void load(byte_reader& in);

private:
  static constexpr int bins = 72;
  void fit();

  std::array<float, bins> counts_{};
  float total_ = 0;
  float unit_ = 1; // weight of one value now: rises instead of the counts' fading
  std::uint32_t until_fit_ = 1;
  std::uint32_t learnt_ = 0;
  // The tail, fitted now and then.
  float from_ = 0;        // u
  float share_ = 1;       // of values over u
  float mean_excess_ = 1; // of s over u
  float mean_log_ = 1;    // of log(s / u)
};

} // namespace throng::analytics
