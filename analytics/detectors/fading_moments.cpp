#include <cmath>

#include "analytics/detectors/calibrated.hpp"

namespace throng::analytics {

double fading_moments::spread() const {
  return std::max(spread_, 1e-6 * std::fabs(mean_) + 1e-12);
}

void fading_moments::take(double x) {
  ++count_;
  if (count_ == 1) {
    mean_ = x;
    return;
  }
  auto off = count_ <= 20 ? x - mean_ : std::clamp(x - mean_, -6 * spread(), 6 * spread());
  auto n = std::min(static_cast<double>(count_), memory_);
  mean_ += off / n;
  spread_ += (std::fabs(off) - spread_) / std::min(static_cast<double>(count_ - 1), memory_);
}

void fading_moments::save(byte_writer& out) const {
  out.varint(count_);
  out.real(mean_);
  out.real(spread_);
}

void fading_moments::load(byte_reader& in) {
  count_ = in.varint();
  mean_ = in.real();
  spread_ = in.real();
}

} // namespace throng::analytics
