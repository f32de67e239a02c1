#include "analytics/exact_sum.hpp"

#include <cassert>
#include <cmath>
#include <utility>

namespace throng::analytics {

void exact_sum::add(double x) {
  assert(std::isfinite(x) && std::fabs(x) < limit);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < partials_.size(); ++i) {
    auto y = partials_[i];
    if (std::fabs(x) < std::fabs(y))
      std::swap(x, y);
    // Dekker's fast two-sum: high + low is x + y exactly.
    auto high = x + y;
    auto low = y - (high - x);
    if (low != 0)
      partials_[kept++] = low;
    x = high;
  }
  partials_.resize(kept);
  if (x != 0)
    partials_.push_back(x);
}

double exact_sum::value() const {
  auto n = partials_.size();
  if (n == 0)
    return 0;
  auto high = partials_[--n];
  double low = 0;
  while (n > 0) {
    auto x = high;
    auto y = partials_[--n];
    high = x + y;
    low = y - (high - x);
    if (low != 0)
      break;
  }
  // Half to even holds for the pair (high, low) only; a further partial of low's sign decides a tie the other way.
  if (n > 0 && ((low < 0 && partials_[n - 1] < 0) || (low > 0 && partials_[n - 1] > 0))) {
    auto twice = low * 2;
    auto up = high + twice;
    if (twice == up - high)
      high = up;
  }
  return high;
}

} // namespace throng::analytics
