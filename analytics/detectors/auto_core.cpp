#include "analytics/detectors/auto_core.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

namespace throng::analytics {

namespace {

// Over how many values each mean reaches.
constexpr double k_level = 400;
constexpr double k_some = 6;
constexpr double k_many = 40;
constexpr double k_crowd = 12;
constexpr double k_fast = 12;
constexpr double k_slow = 800;
constexpr double k_power = 0;
constexpr double k_scale = 3000;

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
    for (int i = 0; i < terms; ++i)
      covariance_[static_cast<std::size_t>(i * terms + i)] = 100;
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
  double base = level_;
  auto rows_a_day = static_cast<float>(day_s) / dt;
  if (rows_a_day >= 8) {
    auto day_known = has_day && day_.known > rows_a_day * 0.9F;
    auto week_known = has_week && week_.known > rows_a_day * 3.5F;
    auto best = level_error_.mean;
    if (day_known && day_.error.mean < 0.9F * best) {
      base = by_day;
      best = day_.error.mean;
    }
    if (week_known && week_.error.mean < 0.95F * best)
      base = by_week;
  }
  auto deviation = x - base;
  auto tiny = 1e-6 * std::fabs(level_) + 1e-12;

  // The step from the last values.
  auto unit = std::max<double>(place_scale_.mean, tiny);
  std::array<double, terms> in{};
  for (int i = 0; i < lags; ++i)
    in[static_cast<std::size_t>(i)] = std::clamp(deviations_[static_cast<std::size_t>(i)] / unit, -10.0, 10.0);
  in[lags] = 1;
  auto told = n_ > settle ? predict(in) : 0;
  auto error = deviation / unit - told; // in units
  x_ = x;
  expected_ = base;
  followed_ = base + told * unit;

  // The views.
  auto seen = n - 1;
  auto scaled = [&](fading& scale, double stat) {
    auto floor = std::max<double>(scale.mean, tiny);
    auto r = seen < 3 ? 0 : stat / floor;
    scale.take(static_cast<float>(std::min(std::fabs(stat), seen < 20 ? std::fabs(stat) : 8 * floor + tiny)), seen,
               static_cast<float>(k_scale));
    return r;
  };
  some_ += static_cast<float>((deviation - some_) / std::min<double>(seen, k_some));
  many_ += static_cast<float>((deviation - many_) / std::min<double>(seen, k_many));
  auto e = scaled(error_scale_, error * unit);
  auto b = scaled(place_scale_, deviation);
  auto c = scaled(some_scale_, some_);
  auto d = scaled(many_scale_, many_);
  auto size = static_cast<float>(std::min(std::fabs(e), 8.0));
  energy_fast_.take(size, seen, static_cast<float>(k_fast));
  energy_slow_.take(size, seen, static_cast<float>(k_slow));
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
                      std::max(0.0, run_ - 4.0) * 0.25,
                      crowd_};
  static constexpr int view_of[12] = {next, next, place, place, some, some, many, many, loud, quiet, stuck, crowd};
  for (auto& p : surprises_)
    p = 0;
  double together = 0;
  double sum = 0;
  for (int i = 0; i < 12; ++i) {
    auto r = std::min(30.0, tails_[static_cast<std::size_t>(i)].surprise(stats[i]));
    if (i != 11)
      sum = std::max(sum, std::min(r, 6.0));
    auto& p = surprises_[view_of[i]];
    p = std::max(p, r);
    together = std::max(together, r);
  }
  crowd_ += static_cast<float>((sum - crowd_) / k_crowd);
  auto r = std::min(together, all_.surprise(together, k_power)) * std::min(1.0, std::max(0.0, seen - 50.0) / 150);
  auto weight = r < 3 ? 1.0F : 0.3F;
  if (n_ > settle)
    for (int i = 0; i < 12; ++i)
      tails_[static_cast<std::size_t>(i)].learn(stats[i], weight);
  if (n_ > 2 * settle)
    all_.learn(together, weight);

  // Learning, of what is odd less.
  auto bounded = seen < 20 ? deviation : std::clamp(deviation, -4 * unit, 4 * unit);
  if (rows_a_day >= 8) {
    if (has_day) {
      day_.known += 1;
      day_.error.take(static_cast<float>(std::min(std::fabs(x - by_day), 8 * unit)), day_.known, 1000);
    }
    if (has_week) {
      week_.known += 1;
      week_.error.take(static_cast<float>(std::min(std::fabs(x - by_week), 8 * unit)), week_.known, 1000);
    }
    auto per_day = std::max(1.0, day_s / day_bins / dt);
    auto per_week = std::max(1.0, 7 * day_s / week_bins / dt);
    learn(day_, day_phase, has_day ? by_day + std::clamp(x - by_day, -4 * unit, 4 * unit) : x,
          std::min(250.0, per_day * 7));
    learn(week_, week_phase, has_week ? by_week + std::clamp(x - by_week, -4 * unit, 4 * unit) : x,
          std::min(250.0, per_week * 4));
  }
  level_error_.take(static_cast<float>(std::min(std::fabs(x - level_), 8 * unit)), seen, 1000);
  auto to_level = seen < 20 ? x - level_ : std::clamp<double>(x - level_, -4 * unit, 4 * unit);
  level_ += static_cast<float>(to_level / std::min<double>(n, k_level));

  if (n_ > settle)
    learn_step(in, error, std::max(1e-3, error_scale_.mean / unit));
  for (std::size_t i = lags - 1; i > 0; --i)
    deviations_[i] = deviations_[i - 1];
  deviations_[0] = static_cast<float>(bounded);
  return r;
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
