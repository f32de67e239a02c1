// Quantiles within a relative error: a histogram whose bins grow with the value. Leaves to others which values to take.
//
// Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", PVLDB 12 (2019).
// The logarithm is replaced by a cubic in the significand, which needs no libm and gives the same bins on every machine:
//   f(x) = e + ((6/35 s - 3/5) s + 10/7) s        for x = 2^e (1 + s), 0 <= s < 1
// (the coefficients of the paper's reference implementation). d ln x / d f is at most 7/10, so bins of 1/35 in f span at
// most a factor of exp(0.02), and the value in the middle is within tanh(0.01) < 1 % of all that are in the bin.
#pragma once

#include <cstdint>
#include <vector>

#include "analytics/codec.hpp"

namespace throng::analytics {

/// Takes finite numbers of both signs. quantile(p) is within 1 % of the exact value at that rank as long as a sign's
/// magnitudes span no more than max_bins bins, a factor of 2^58 (2.9e17). Beyond, the smallest magnitudes of that sign share one
/// bin, and only their quantiles lose the guarantee. Magnitudes below 1e-9 count as 0.
///
/// What it holds depends on the multiset of values only, not on order or merges.
class ddsketch {
public:
  static constexpr double relative_error = 0.01;
  static constexpr double least_magnitude = 1e-9;
  static constexpr int bins_per_octave = 35;
  static constexpr int max_bins = 2048;

  /// @pre x is finite
  void add(double x);
  void merge(const ddsketch& other);

  std::uint64_t count() const {
    return zeros_ + positive_.total + negative_.total;
  }
  /// The value at rank max(1, ceil(percentile * n / 100)) in ascending order. @pre count() > 0, 0 < percentile <= 100
  double quantile(double percentile) const;

  void save(byte_writer& out) const;
  /// Throws corrupt_state.
  static ddsketch load(byte_reader& in);

  friend bool operator==(const ddsketch&, const ddsketch&) = default;

private:
  /// Counts of consecutive bins; the last one is the greatest that ever counted, the first at most max_bins below.
  struct store {
    std::vector<std::uint64_t> bins; ///< bin `first + i` at i
    std::int32_t first = 0;
    std::uint64_t total = 0;

    void add(std::int32_t bin, std::uint64_t n);
    void add_outside(std::int32_t bin, std::uint64_t n);
    void cover(std::int32_t bin);
    void merge(const store& other);
    void save(byte_writer& out) const;
    void load(byte_reader& in);
    friend bool operator==(const store&, const store&) = default;
  };

  store positive_;
  store negative_; ///< by magnitude
  std::uint64_t zeros_ = 0;
};

/// The bin of a magnitude, and the value that stands for a bin. @pre x is finite and not below least_magnitude
std::int32_t ddsketch_bin(double x);
double ddsketch_value(std::int32_t bin);

} // namespace throng::analytics
