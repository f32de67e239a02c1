#include "analytics/detectors/auto_core.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

namespace throng::analytics {

namespace {

// Found by coordinate search on the tuning half of bench/detection, held against the other half.
constexpr double level_memory = 200;        // values that the level reaches over
constexpr double some_values = 6;           // values of the short mean
constexpr double many_values = 25;          // of the longer one
constexpr double crowd_values = 50;         // of the mean of surprises
constexpr double spread_values = 24;        // of the mean error now
constexpr double usual_spread_values = 800; // and of the usual one
constexpr double scale_memory = 1000;       // values that each view's unit reaches over
constexpr double base_error_memory = 1000;  // and each base's error
constexpr double days_remembered = 4;       // days that the day's curve reaches over
constexpr double ordinary_run = 6;          // repeats that are never odd
constexpr double crowd_cap = 6;             // of a surprise, for the mean of surprises
constexpr double kept_at_a_new_base = 0.3;  // of what the views have learnt, when another base is chosen
constexpr double day_must_be_below = 0.9;   // of the level's error, for the day's curve to be the base
constexpr double week_must_be_below = 0.95; // of the best so far
constexpr double cycle_must_be_below = 0.6; // of the best so far
constexpr double clip = 4;                  // deviations beyond it, in units, move what is usual no further
constexpr double odd_from = 3;              // surprise from which a value is odd
constexpr double weight_of_odd = 0.1;       // with which an odd value is learnt
constexpr double ramp = 150;                // values over which scores are let up
constexpr double power_share = 0.35;        // of the power law, in the tail of each view
constexpr double power_share_of_all = 0.3;  // and in the tail of all together
// What each view's surprise counts.
constexpr std::array<double, auto_core::views> weights_of_views{1, 0.8, 0.8, 0.6, 1, 1, 0.6, 0.8};

constexpr std::uint32_t settle = 30;
constexpr double day_s = 86'400;

double fraction_of(double x, double whole) {
  auto f = x / whole;
  return f - std::floor(f);
}

} // namespace

template <int Bins>
bool auto_core::expected_by(const profile<Bins>& p, double phase, double& x) const {
  auto at = phase * Bins - 0.5;
  auto low = static_cast<int>(std::floor(at));
  auto f = at - low;
  auto a = static_cast<std::size_t>((low + Bins) % Bins);
  auto b = static_cast<std::size_t>((low + 1) % Bins);
  if (p.seen[a] == 0 && p.seen[b] == 0)
    return false;
  if (p.seen[a] == 0)
    x = p.mean[b];
  else if (p.seen[b] == 0)
    x = p.mean[a];
  else
    x = p.mean[a] * (1 - f) + p.mean[b] * f;
  return true;
}

template <int Bins>
void auto_core::learn(profile<Bins>& p, double phase, double x, double limit) {
  auto i = std::min<std::size_t>(Bins - 1, static_cast<std::size_t>(phase * Bins));
  if (p.seen[i] < limit)
    ++p.seen[i];
  p.mean[i] += static_cast<float>((x - p.mean[i]) / p.seen[i]);
}

double auto_core::surprise(timestamp t, double x) {
  const auto t_ms = t.ms;
  x = std::clamp(x, -1e30, 1e30); // state is kept in floats
  auto n = static_cast<float>(++n_);
  auto s = static_cast<double>(t_ms) / 1000;
  if (n_ == 1) {
    level_ = static_cast<float>(x);
    last_ = level_;
    last_ms_ = t_ms;
    for (std::size_t i = 0; i < covariance_.size(); i += terms + 1)
      covariance_[i] = 100;
    return 0;
  }
  if (t_ms > last_ms_) {
    auto dt = static_cast<float>(std::min<std::int64_t>(t_ms - last_ms_, 86'400'000)) / 1000;
    interval_s_.take(n < 3 ? dt : std::min(dt, 4 * interval_s_.mean + 1), n - 1, 200);
    last_ms_ = t_ms;
  }
  auto dt = std::max(1e-3F, interval_s_.mean);

  // What is expected: the level, or the day's or the week's curve, whichever has been nearer.
  auto day_phase = fraction_of(s, day_s);
  auto week_phase = fraction_of(s, 7 * day_s);
  double by_day = 0;
  double by_week = 0;
  auto has_day = expected_by(day_, day_phase, by_day);
  auto has_week = expected_by(week_, week_phase, by_week);
  double by_cycle = 0;
  auto has_cycle = cycle_.expect(by_cycle);
  double base = level_;
  auto rows_a_day = static_cast<float>(day_s) / dt;
  auto chosen = 0;
  auto best = level_error_.mean;
  if (rows_a_day >= 8) {
    auto day_known = has_day && day_.known > rows_a_day * 0.9F;
    auto week_known = has_week && week_.known > rows_a_day * 3.5F;
    if (day_known && day_.error.mean < day_must_be_below * best) {
      base = by_day;
      best = day_.error.mean;
      chosen = 1;
    }
    if (week_known && week_.error.mean < week_must_be_below * best) {
      base = by_week;
      best = week_.error.mean;
      chosen = 2;
    }
  }
  if (has_cycle && n_ > 3 * cycle_.lag() && cycle_.error() < cycle_must_be_below * best) {
    base = by_cycle;
    chosen = 3;
  }
  if (chosen != chosen_) {
    chosen_ = static_cast<std::uint8_t>(chosen);
    since_chosen_ = 0;
    for (int i = 2; i < 8; ++i)
      tails_[static_cast<std::size_t>(i)].forget(kept_at_a_new_base);
    all_.forget(std::sqrt(kept_at_a_new_base));
    some_ = many_ = 0;
  }
  ++since_chosen_;
  auto deviation = x - base;
  auto tiny = 1e-6 * std::fabs(level_) + 1e-12;

  // The step from the last values.
  auto unit = std::max<double>(place_scale_.mean, tiny);
  std::array<double, terms> in{};
  for (int i = 0; i < lags; ++i)
    in[static_cast<std::size_t>(i)] = std::clamp(deviations_[static_cast<std::size_t>(i)] / unit, -10.0, 10.0);
  in[lags] = 1;
  if (has_cycle) {
    in[lags + 1] = std::clamp((by_cycle - base) / unit, -10.0, 10.0);
    in[lags + 2] = std::clamp((cycle_before_ - base_before_) / unit, -10.0, 10.0);
  }
  cycle_before_ = static_cast<float>(by_cycle);
  base_before_ = static_cast<float>(base);
  auto told = n_ > settle ? predict(in) : 0;
  auto error = deviation / unit - told; // in units
  x_ = x;
  expected_ = base;
  followed_ = base + told * unit;

  // The views.
  auto seen = n - 1;
  auto chosen_for = std::min(seen, static_cast<float>(since_chosen_ + 20));
  auto scaled = [&](fading& scale, double stat, float values) {
    auto floor = std::max<double>(scale.mean, tiny);
    auto r = values < 3 ? 0 : stat / floor;
    scale.take(static_cast<float>(std::min(std::fabs(stat), values < 20 ? std::fabs(stat) : 8 * floor + tiny)), values,
               static_cast<float>(scale_memory));
    return r;
  };
  some_ += static_cast<float>((deviation - some_) / std::min<double>(seen, some_values));
  many_ += static_cast<float>((deviation - many_) / std::min<double>(seen, many_values));
  auto e = scaled(error_scale_, error * unit, seen);
  auto b = scaled(place_scale_, deviation, chosen_for);
  auto c = scaled(some_scale_, some_, chosen_for);
  auto d = scaled(many_scale_, many_, chosen_for);
  auto size = static_cast<float>(std::min(std::fabs(e), 8.0));
  energy_fast_.take(size, seen, static_cast<float>(spread_values));
  energy_slow_.take(size, seen, static_cast<float>(usual_spread_values));
  auto ratio = (energy_fast_.mean + 1e-3) / (energy_slow_.mean + 1e-3);
  auto same = std::fabs(x - last_) <= tiny;
  run_ = same ? run_ + 1 : 0;
  last_ = static_cast<float>(x);

  double stats[12] = {std::max(0.0, e),
                      std::max(0.0, -e),
                      std::max(0.0, b),
                      std::max(0.0, -b),
                      std::max(0.0, c),
                      std::max(0.0, -c),
                      std::max(0.0, d),
                      std::max(0.0, -d),
                      ratio,
                      1 / ratio,
                      std::max(0.0, run_ - ordinary_run) * 0.25,
                      crowd_};
  static constexpr int view_of[12] = {next, next, place, place, some, some, many, many, loud, quiet, stuck, crowd};
  for (auto& p : surprises_)
    p = 0;
  double together = 0;
  double sum = 0;
  for (int i = 0; i < 12; ++i) {
    auto r = std::min(30.0, tails_[static_cast<std::size_t>(i)].surprise(stats[i], power_share) *
                                weights_of_views[static_cast<std::size_t>(view_of[i])]);
    if (i != 11)
      sum = std::max(sum, std::min(r, crowd_cap));
    auto& p = surprises_[view_of[i]];
    p = std::max(p, r);
    together = std::max(together, r);
  }
  crowd_ += static_cast<float>((sum - crowd_) / crowd_values);
  auto r = std::min(together, all_.surprise(together, power_share_of_all)) *
           std::min(1.0, std::max(0.0, seen - 50.0) / ramp);
  auto weight = r < odd_from ? 1.0F : static_cast<float>(weight_of_odd);
  if (n_ > settle)
    for (int i = 0; i < 12; ++i)
      tails_[static_cast<std::size_t>(i)].learn(stats[i], weight);
  if (n_ > 2 * settle)
    all_.learn(together, weight);

  // Learning, of what is odd less.
  auto bounded = seen < 20 ? deviation : std::clamp(deviation, -clip * unit, clip * unit);
  if (rows_a_day >= 8) {
    if (has_day) {
      day_.known += 1;
      day_.error.take(static_cast<float>(std::min(std::fabs(x - by_day), 8 * unit)), day_.known,
                      static_cast<float>(base_error_memory));
    }
    if (has_week) {
      week_.known += 1;
      week_.error.take(static_cast<float>(std::min(std::fabs(x - by_week), 8 * unit)), week_.known,
                       static_cast<float>(base_error_memory));
    }
    auto per_day = std::max(1.0, day_s / day_bins / dt);
    auto per_week = std::max(1.0, 7 * day_s / week_bins / dt);
    learn(day_, day_phase, has_day ? by_day + std::clamp(x - by_day, -clip * unit, clip * unit) : x,
          std::min(250.0, per_day * days_remembered));
    learn(week_, week_phase, has_week ? by_week + std::clamp(x - by_week, -clip * unit, clip * unit) : x,
          std::min(250.0, per_week * 4));
  }
  cycle_.take(static_cast<float>(x), static_cast<float>(8 * unit));
  level_error_.take(static_cast<float>(std::min(std::fabs(x - level_), 8 * unit)), seen,
                    static_cast<float>(base_error_memory));
  auto to_level = seen < 20 ? x - level_ : std::clamp<double>(x - level_, -clip * unit, clip * unit);
  level_ += static_cast<float>(to_level / std::min<double>(n, level_memory));

  if (n_ > settle)
    learn_step(in, error, std::max(1e-3, error_scale_.mean / unit));
  for (std::size_t i = lags - 1; i > 0; --i)
    deviations_[i] = deviations_[i - 1];
  deviations_[0] = static_cast<float>(bounded);
  return r;
}

bool auto_core::cycle::expect(double& x) const {
  if (lag_ == 0)
    return false;
  x = ring_[(at_ + lag_ - 1U) % span];
  return true;
}

void auto_core::cycle::take(float x, float limit) {
  // ring_[at_ + lag - 1] is the value `lag` ago.
  auto n = std::min<std::uint32_t>(count_, span);
  auto rate = 1.0F / static_cast<float>(std::clamp<std::uint32_t>(count_, 1, 400));
  auto first = std::min<std::uint32_t>(n, span - at_);
  auto take = [&](const float* old, float* error, std::uint32_t many) {
    for (std::uint32_t i = 0; i < many; ++i) {
      auto d = std::min(std::fabs(x - old[i]), limit);
      error[i] += (d - error[i]) * rate;
    }
  };
  take(ring_.data() + at_, errors_.data(), first);
  take(ring_.data(), errors_.data() + first, n - first);
  at_ = at_ == 0 ? span - 1 : at_ - 1;
  ring_[at_] = x;
  ++count_;
  if (count_ % 32 != 0 || count_ < 64)
    return;
  // The lag of least error, behind the first that is as bad as any.
  n = std::min<std::uint32_t>(count_ / 2, span);
  float mean = 0;
  for (std::uint32_t i = 0; i < n; ++i)
    mean += errors_[i];
  mean /= static_cast<float>(n);
  std::uint32_t i = 2;
  while (i < n && errors_[i] < mean)
    ++i;
  auto least = i;
  for (; i < n; ++i)
    if (errors_[i] < errors_[least] * 0.98F)
      least = i;
  lag_ = least < n && errors_[least] < 0.7F * mean ? static_cast<std::uint16_t>(least + 1) : 0;
}

template <class Self, class Visitor>
void auto_core::visit(Self& self, Visitor&& visitor) {
  visitor(self.n_);
  visitor(self.last_ms_);
  auto floats = [&](auto& many) {
    for (auto& x : many)
      visitor(x);
  };
  for (auto* mean : {&self.interval_s_, &self.level_error_, &self.error_scale_, &self.place_scale_, &self.some_scale_,
                     &self.many_scale_, &self.energy_fast_, &self.energy_slow_, &self.day_.error, &self.week_.error})
    visitor(mean->mean);
  for (auto* x :
       {&self.level_, &self.day_.known, &self.week_.known, &self.some_, &self.many_, &self.last_, &self.crowd_})
    visitor(*x);
  floats(self.day_.mean);
  floats(self.day_.seen);
  floats(self.week_.mean);
  floats(self.week_.seen);
  floats(self.deviations_);
  floats(self.weights_);
  floats(self.covariance_);
  floats(self.cycle_.ring_);
  floats(self.cycle_.errors_);
  visitor(self.cycle_.at_);
  visitor(self.cycle_.count_);
  visitor(self.cycle_.lag_);
  visitor(self.cycle_before_);
  visitor(self.base_before_);
  visitor(self.chosen_);
  visitor(self.since_chosen_);
  visitor(self.run_);
  for (auto& tail : self.tails_)
    visitor(tail);
  visitor(self.all_);
}

void auto_core::save(byte_writer& out) const {
  visit(*this, [&](const auto& x) {
    using kind = std::decay_t<decltype(x)>;
    if constexpr (std::is_same_v<kind, float>)
      out.real32(x);
    else if constexpr (std::is_same_v<kind, tail_model>)
      x.save(out);
    else if constexpr (std::is_same_v<kind, std::int64_t>)
      out.i64(x);
    else
      out.varint(x);
  });
}

void auto_core::load(byte_reader& in) {
  visit(*this, [&](auto& x) {
    using kind = std::decay_t<decltype(x)>;
    if constexpr (std::is_same_v<kind, float>)
      x = in.real32();
    else if constexpr (std::is_same_v<kind, tail_model>)
      x.load(in);
    else if constexpr (std::is_same_v<kind, std::int64_t>)
      x = in.i64();
    else
      x = static_cast<kind>(in.varint());
  });
}

/// Recursive least squares with a forgetting factor; large errors count less.
void auto_core::learn_step(const std::array<double, terms>& in, double error, double usual) {
  std::array<double, terms> gain{};
  double denominator = 0.999;
  for (std::size_t i = 0; i < terms; ++i) {
    for (std::size_t j = 0; j < terms; ++j)
      gain[i] += covariance_[i * terms + j] * in[j];
    denominator += gain[i] * in[i];
  }
  auto step = std::clamp(error, -4 * usual, 4 * usual);
  double trace = 0;
  for (std::size_t i = 0; i < terms; ++i) {
    weights_[i] += static_cast<float>(gain[i] / denominator * step);
    trace += covariance_[i * terms + i];
  }
  auto fade = trace < 1000 ? 1 / 0.999 : 1.0;
  for (std::size_t i = 0; i < terms; ++i)
    for (std::size_t j = 0; j < terms; ++j)
      covariance_[i * terms + j] =
          static_cast<float>((covariance_[i * terms + j] - gain[i] * gain[j] / denominator) * fade);
}

explanation auto_core::explain(std::string_view field) const {
  auto top = static_cast<int>(std::max_element(surprises_.begin(), surprises_.end()) - surprises_.begin());
  explanation why;
  switch (top) {
  case next:
    why.reason = fmt::format("{} is {:.6g}, where the values before it led to {:.6g}", field, x_, followed_);
    break;
  case place:
    why.reason = fmt::format("{} is {:.6g}, where {:.6g} is usual", field, x_, expected_);
    break;
  case some:
  case many:
    why.reason = fmt::format("the last values of {} lie {} what is usual, {:.6g}: by {:.6g} on average", field,
                             (top == some ? some_ : many_) > 0 ? "above" : "below", expected_,
                             std::fabs(top == some ? some_ : many_));
    break;
  case quiet:
    why.reason = fmt::format("{} varies less than it used to", field);
    break;
  case loud:
    why.reason = fmt::format("{} varies more than it used to", field);
    break;
  case stuck:
    why.reason = fmt::format("{} has been {:.6g} for {} values", field, x_, run_ + 1);
    break;
  default:
    why.reason = fmt::format("odd values of {} come thicker than they used to", field);
  }
  static constexpr std::array<const char*, views> names{"next",  "place", "some",  "many",
                                                        "quiet", "loud",  "stuck", "crowd"};
  why.evidence["view"] = names[static_cast<std::size_t>(top)];
  why.evidence["value"] = number_json(x_);
  why.evidence["expected"] = number_json(expected_);
  return why;
}

double auto_core::predict(const std::array<double, terms>& in) const {
  double sum = 0;
  for (std::size_t i = 0; i < terms; ++i)
    sum += weights_[i] * in[i];
  return sum;
}

} // namespace throng::analytics
