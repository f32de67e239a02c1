#include "analytics/detectors/tail_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace throng::analytics {

namespace {

// A bin is the exponent and the two highest bits of the mantissa: from 2^-5 (all below is in bin 0) to 2^13.
constexpr int least_bin = (127 - 5) * 4;

int bin_of(float s, int bins) {
  auto bin = static_cast<int>(std::bit_cast<std::uint32_t>(s) >> 21U) - least_bin;
  return std::clamp(bin, 0, bins - 1);
}

float begin_of(int bin) {
  return bin == 0 ? 0 : std::bit_cast<float>(static_cast<std::uint32_t>(bin + least_bin) << 21U);
}

float middle_of(int bin) {
  return 0.5F * (begin_of(bin) + begin_of(bin + 1));
}

} // namespace

double tail_model::surprise(double s, double power_share) const {
  if (learnt_ == 0 || s <= 0)
    return 0;
  double at = -std::log10(static_cast<double>(share_));
  if (s <= from_)
    return at * s / from_;
  auto excess = (s - from_) / mean_excess_;
  auto power = power_share > 0 ? std::log(s / from_) / mean_log_ : 0;
  return at + (excess * (1 - power_share) + power * power_share) / 2.302585092994046;
}

void tail_model::learn(double s, float weight) {
  auto x = static_cast<float>(std::clamp(s, 0.0, 1e30));
  counts_[static_cast<std::size_t>(bin_of(x, bins))] += weight * unit_;
  total_ += weight * unit_;
  unit_ *= 1 + 1 / memory;
  ++learnt_;
  if (unit_ > 1e6F) {
    for (auto& count : counts_)
      count /= unit_;
    total_ /= unit_;
    unit_ = 1;
  }
  if (--until_fit_ == 0) {
    fit();
    until_fit_ = std::clamp<std::uint32_t>(learnt_ / 8, 1, 32);
  }
}

void tail_model::forget(double share) {
  for (auto& count : counts_)
    count *= static_cast<float>(share);
  total_ *= static_cast<float>(share);
  until_fit_ = 1;
}

void tail_model::fit() {
  auto total = total_ / unit_;
  // Over u lie 30 values if that is 1 to 10 of 100; thrice as many where a bin is so full.
  auto wanted = std::clamp(30.0F / total, 0.01F, 0.1F) * total_;
  float over = 0;
  float excess = 0; // of s over 0 first
  auto bin = bins - 1;
  for (; bin > 1 && over < wanted; --bin) {
    auto here = counts_[static_cast<std::size_t>(bin)];
    if (over + here > 3 * wanted)
      break;
    over += here;
    excess += here * middle_of(bin);
  }
  from_ = begin_of(bin + 1);
  float logs = 0;
  for (auto i = bin + 1; i < bins; ++i)
    if (counts_[static_cast<std::size_t>(i)] > 0)
      logs += counts_[static_cast<std::size_t>(i)] * std::log(middle_of(i) / from_);
  excess -= over * from_;
  // What is known before: a tail much as of a normal distribution's magnitude, worth a few values, and one value over u that was not seen.
  auto prior = 3.0F * unit_;
  share_ = std::min(1.0F, (over + unit_) / (total_ + unit_));
  mean_excess_ = (excess + prior * 0.25F * from_) / (over + prior);
  mean_log_ = (logs + prior * 0.2F) / (over + prior);
}

void tail_model::save(byte_writer& out) const {
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0)
      ++used;
  out.varint(used);
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0) {
      out.u8(static_cast<std::uint8_t>(i));
      out.real32(counts_[i]);
    }
  out.varint(until_fit_);
  out.varint(learnt_);
  for (auto x : {total_, unit_, from_, share_, mean_excess_, mean_log_})
    out.real32(x);
}

void tail_model::load(byte_reader& in) {
  counts_ = {};
  for (auto n = in.count(); n > 0; --n) {
    auto bin = in.u8();
    if (bin >= counts_.size())
      throw corrupt_state{"a histogram without such a bin"};
    counts_[bin] = in.real32();
  }
  until_fit_ = static_cast<std::uint32_t>(in.varint());
  learnt_ = static_cast<std::uint32_t>(in.varint());
  if (until_fit_ == 0)
    throw corrupt_state{"a histogram whose next fit has no time"};
  for (auto* x : {&total_, &unit_, &from_, &share_, &mean_excess_, &mean_log_})
    *x = in.real32();
}

} // namespace throng::analytics
