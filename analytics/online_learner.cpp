#include "analytics/online_learner.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace throng::analytics {

namespace {

constexpr std::uint64_t moments_memory = 50'000; // values
constexpr double furthest = 5;                   // deviations
constexpr double rate = 0.3;
constexpr double greatest_weight = 100; // of a bad event
constexpr double farthest_margin = 20;
constexpr double farthest_surprise = 9;
// The tail's histogram is finest from 1/32 to 8192: odds from 1/1024 to 256.
constexpr double odds_unit = 32;
constexpr std::array<double, 8> edges{-2.5, -1.5, -0.75, -0.25, 0.25, 0.75, 1.5, 2.5};

double signed_logarithm(float x) {
  return std::copysign(std::log1p(std::fabs(static_cast<double>(x))), static_cast<double>(x));
}

double tail_place(double margin) {
  return odds_unit * std::exp(std::clamp(margin, -farthest_margin, farthest_margin));
}

} // namespace

learner_cell learner_cell::of(const value& from) {
  if (from.kind() == value_kind::boolean)
    return {kind::number, from.boolean() ? 1.0F : 0.0F};
  if (from.is_finite())
    return {kind::number, static_cast<float>(std::clamp(from.number(), -1e38, 1e38))};
  if (from.kind() == value_kind::text)
    return {kind::text, static_cast<float>(canonical_hash(from) % online_learner::buckets)};
  return {};
}

bool learner_cell::fits() const {
  return is == kind::text ? x >= 0 && x < static_cast<float>(online_learner::buckets) && std::floor(x) == x
                          : std::isfinite(x) && (is == kind::number || x == 0);
}

online_learner::online_learner(std::size_t fields)
    : moments_(fields)
    , weights_(fields * weights_a_field) {}

void online_learner::meet(const learner_cell* row) {
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    if (row[i].is != learner_cell::kind::number)
      continue;
    auto& m = moments_[i];
    m.count = std::min(m.count + 1, moments_memory);
    const auto off = signed_logarithm(row[i].x) - m.mean;
    const auto share = 1 / static_cast<double>(m.count);
    m.mean += off * share;
    m.variance += (off * off * (1 - share) - m.variance) * share;
  }
}

template <class F>
void online_learner::inputs(std::size_t field, const learner_cell& cell, F&& each) const {
  const auto first = field * weights_a_field;
  if (cell.is == learner_cell::kind::missing) {
    each(first + missing_at, 1.0);
  } else if (cell.is == learner_cell::kind::text) {
    each(first + buckets_at + static_cast<std::size_t>(cell.x), 1.0);
  } else {
    const auto& m = moments_[field];
    const auto least = 1e-6 * (1 + std::fabs(m.mean));
    const auto z = (signed_logarithm(cell.x) - m.mean) / std::max(std::sqrt(m.variance), least);
    each(first, std::clamp(z, -furthest, furthest));
    const auto range = std::upper_bound(edges.begin(), edges.end(), z) - edges.begin();
    each(first + ranges_at + static_cast<std::size_t>(range), 1.0);
  }
}

double online_learner::margin(const learner_cell* row) const {
  auto sum = base_.w;
  for (std::size_t i = 0; i < moments_.size(); ++i)
    inputs(i, row[i], [&](std::size_t at, double x) { sum += weights_[at].w * x; });
  return sum;
}

void online_learner::shares(const learner_cell* row, std::vector<double>& shares) const {
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    shares[i] = 0;
    inputs(i, row[i], [&](std::size_t at, double x) { shares[i] += weights_[at].w * x; });
  }
}

double online_learner::surprise(double margin, std::uint64_t least_bad) const {
  if (bad_ < least_bad || good_ < least_good)
    return 0;
  // A power law of odds is an exponential of margins; an exponential of odds would call everything beyond impossible.
  return std::min(farthest_surprise, tail_.surprise(tail_place(margin), 1));
}

void online_learner::step(weight& at, double gradient) {
  at.squares += gradient * gradient;
  at.w -= rate * gradient / std::sqrt(1 + at.squares);
}

void online_learner::learn(const learner_cell* row, bool bad) {
  const auto before = margin(row);
  if (!bad)
    tail_.learn(tail_place(before), 1);
  ++(bad ? bad_ : good_);
  const auto probability = 1 / (1 + std::exp(-std::clamp(before, -farthest_margin, farthest_margin)));
  auto gradient = probability - (bad ? 1 : 0);
  if (bad)
    gradient *= std::clamp(static_cast<double>(good_ + 1) / static_cast<double>(bad_), 1.0, greatest_weight);
  step(base_, gradient);
  for (std::size_t i = 0; i < moments_.size(); ++i)
    inputs(i, row[i], [&](std::size_t at, double x) { step(weights_[at], gradient * x); });
}

void online_learner::save(byte_writer& out) const {
  out.varint(bad_);
  out.varint(good_);
  out.real(base_.w);
  out.real(base_.squares);
  for (const auto& m : moments_) {
    out.real(m.mean);
    out.real(m.variance);
    out.varint(m.count);
  }
  for (const auto& each : weights_) {
    out.real(each.w);
    out.real(each.squares);
  }
  tail_.save(out);
}

void online_learner::load(byte_reader& in) {
  bad_ = in.varint();
  good_ = in.varint();
  base_.w = in.real();
  base_.squares = in.real();
  for (auto& m : moments_) {
    m.mean = in.real();
    m.variance = in.real();
    m.count = in.varint();
  }
  for (auto& each : weights_) {
    each.w = in.real();
    each.squares = in.real();
  }
  tail_.load(in);
}

} // namespace throng::analytics
