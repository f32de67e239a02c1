// A sum of doubles without any rounding on the way: what is added can be taken away again, in any order, and leaves no trace. So a
// sliding sum of money never drifts, and does not depend on the path that led to it.
#pragma once

#include <cstdint>

#include <boost/container/small_vector.hpp>

namespace throng::analytics {

/// Keeps the exact sum as non-overlapping doubles of growing magnitude (Shewchuk, "Adaptive Precision Floating-Point Arithmetic",
/// Discrete & Computational Geometry 18, 1997, section 2.4); value() is that sum rounded once, half to even, as Python's math.fsum
/// gives it. For money that is one to three doubles.
class exact_sum {
public:
  /// Magnitudes from here on are not taken: 2^63 of those below it can't overflow on the way.
  static constexpr double limit = 0x1p960;

  /// @pre x is finite and |x| < limit
  void add(double x);
  /// Takes away what was added before. @pre as add()
  void remove(double x) {
    add(-x);
  }
  /// The double that is nearest to the exact sum; 0 for no numbers (never -0).
  double value() const;
  void clear() {
    partials_.clear();
  }

private:
  boost::container::small_vector<double, 3> partials_;
};

} // namespace throng::analytics
