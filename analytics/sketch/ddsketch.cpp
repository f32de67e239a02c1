#include "analytics/sketch/ddsketch.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <numeric>

namespace throng::analytics {

namespace {

constexpr int per_octave = ddsketch::bins_per_octave;

/// What all bins of 1e-9 to the greatest double lie within: sanity for stored state.
constexpr std::int32_t least_bin = -31 * per_octave;
constexpr std::int32_t greatest_bin = 1024 * per_octave;

constexpr double cubic(double s) {
  return ((6.0 / 35.0 * s - 3.0 / 5.0) * s + 10.0 / 7.0) * s;
}

/// s with cubic(s) = k / per_octave, by Newton's steps: the cubic rises everywhere, and eight steps from the line between its
/// ends are more than enough.
constexpr double boundary(int k) {
  double target = static_cast<double>(k) / per_octave;
  double s = target;
  for (int i = 0; i < 8; ++i)
    s -= (cubic(s) - target) / ((18.0 / 35.0 * s - 6.0 / 5.0) * s + 10.0 / 7.0);
  return s;
}

/// The upper bounds of an octave's bins, as significands from 1 to 2.
constexpr auto significands = [] {
  std::array<double, per_octave + 1> result{};
  for (int k = 0; k <= per_octave; ++k)
    result[static_cast<std::size_t>(k)] = 1 + boundary(k);
  return result;
}();

std::int32_t floor_div(std::int32_t a, std::int32_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

} // namespace

std::int32_t ddsketch_bin(double x) {
  auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<std::int32_t>((bits >> 52U) & 0x7ffU) - 1023;
  auto s = std::bit_cast<double>((bits & 0xfffffffffffffU) | 0x3ff0000000000000U) - 1;
  // Ceiling by hand: baseline x86-64 has no instruction for it. The product is below 35, and not negative.
  auto scaled = cubic(s) * per_octave;
  auto whole = static_cast<std::int32_t>(scaled);
  return exponent * per_octave + whole + (static_cast<double>(whole) < scaled ? 1 : 0);
}

double ddsketch_value(std::int32_t bin) {
  // Bin b holds what lies above bound(b - 1) and up to bound(b). Twice the product over the sum is as far, relatively, from both.
  auto octave = floor_div(bin - 1, per_octave);
  auto k = static_cast<std::size_t>(bin - 1 - octave * per_octave);
  auto low = significands[k];
  auto high = significands[k + 1];
  return std::ldexp(2 * low * high / (low + high), octave);
}

void ddsketch::store::cover(std::int32_t bin) {
  if (bins.empty())
    first = bin;
  if (bin < first) {
    bins.insert(bins.begin(), static_cast<std::size_t>(first - bin), 0);
    first = bin;
  }
  bins.resize(std::max(bins.size(), static_cast<std::size_t>(bin - first) + 1), 0);
}

void ddsketch::store::add(std::int32_t bin, std::uint64_t n) {
  auto index = static_cast<std::uint32_t>(bin - first);
  if (index < bins.size())
    bins[index] += n;
  else
    add_outside(bin, n);
  total += n;
}

void ddsketch::store::add_outside(std::int32_t bin, std::uint64_t n) {
  if (!bins.empty()) {
    auto lowest = std::max(bin, first + static_cast<std::int32_t>(bins.size()) - 1) - max_bins + 1;
    if (first < lowest) {
      // What falls out at the low end is added to the lowest bin that is kept.
      auto drop = std::min(static_cast<std::size_t>(lowest - first), bins.size());
      auto end = bins.begin() + static_cast<std::ptrdiff_t>(drop);
      auto collapsed = std::accumulate(bins.begin(), end, std::uint64_t{0});
      bins.erase(bins.begin(), end);
      first = lowest;
      cover(lowest);
      bins.front() += collapsed;
    }
    bin = std::max(bin, lowest);
  }
  cover(bin);
  bins[static_cast<std::size_t>(bin - first)] += n;
}

void ddsketch::store::merge(const store& other) {
  // The greatest first, so that what must collapse does so at once.
  for (std::size_t i = other.bins.size(); i-- > 0;) {
    if (other.bins[i] > 0)
      add(other.first + static_cast<std::int32_t>(i), other.bins[i]);
  }
}

void ddsketch::store::save(byte_writer& out) const {
  out.varint(bins.size() - static_cast<std::size_t>(std::count(bins.begin(), bins.end(), 0U)));
  std::int32_t before = least_bin;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i] == 0)
      continue;
    auto bin = first + static_cast<std::int32_t>(i);
    out.varint(static_cast<std::uint64_t>(bin - before));
    out.varint(bins[i]);
    before = bin;
  }
}

void ddsketch::store::load(byte_reader& in) {
  auto used = in.count();
  std::int32_t bin = least_bin;
  for (std::size_t i = 0; i < used; ++i) {
    auto step = in.varint();
    auto n = in.varint();
    if (step > static_cast<std::uint64_t>(greatest_bin - bin) || (i > 0 && step == 0) || n == 0 ||
        n > UINT64_MAX / 4 - total)
      throw corrupt_state{"a sketch with impossible bins"};
    bin += static_cast<std::int32_t>(step);
    if (i > 0 && bin - first >= max_bins)
      throw corrupt_state{"a sketch with too many bins"};
    add(bin, n);
  }
}

void ddsketch::add(double x) {
  assert(std::isfinite(x));
  if (x >= least_magnitude)
    positive_.add(ddsketch_bin(x), 1);
  else if (x <= -least_magnitude)
    negative_.add(ddsketch_bin(-x), 1);
  else
    ++zeros_;
}

void ddsketch::merge(const ddsketch& other) {
  positive_.merge(other.positive_);
  negative_.merge(other.negative_);
  zeros_ += other.zeros_;
}

double ddsketch::quantile(double percentile) const {
  assert(count() > 0);
  auto rank = std::max(1.0, std::ceil(percentile * static_cast<double>(count()) / 100));
  // Downwards through the negative magnitudes, zero, upwards through the positive.
  double seen = 0;
  for (std::size_t i = negative_.bins.size(); i-- > 0;) {
    seen += static_cast<double>(negative_.bins[i]);
    if (negative_.bins[i] > 0 && seen >= rank)
      return -ddsketch_value(negative_.first + static_cast<std::int32_t>(i));
  }
  seen += static_cast<double>(zeros_);
  if (zeros_ > 0 && seen >= rank)
    return 0;
  double result = 0;
  for (std::size_t i = 0; i < positive_.bins.size(); ++i) {
    if (positive_.bins[i] == 0)
      continue;
    seen += static_cast<double>(positive_.bins[i]);
    result = ddsketch_value(positive_.first + static_cast<std::int32_t>(i));
    if (seen >= rank)
      break;
  }
  return result;
}

void ddsketch::save(byte_writer& out) const {
  out.varint(zeros_);
  positive_.save(out);
  negative_.save(out);
}

ddsketch ddsketch::load(byte_reader& in) {
  ddsketch result;
  result.zeros_ = in.varint();
  if (result.zeros_ > UINT64_MAX / 4)
    throw corrupt_state{"a sketch with an impossible count"};
  result.positive_.load(in);
  result.negative_.load(in);
  return result;
}

} // namespace throng::analytics
