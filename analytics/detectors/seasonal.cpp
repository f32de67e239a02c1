// `seasonal`: the residual against what is usual at this time of the day, and,
// once it tells better, of the week: learnt means of bins (15 and 30 minutes,
// UTC) that fade over about 7 days and 4 weeks, read with linear interpolation.
// In units of the residuals' mean absolute deviation. Until a day is known it
// says nothing. The idea is the seasonal-naive forecast (Hyndman and
// Athanasopoulos, "Forecasting: Principles and Practice", 5.2), smoothed.
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

/// Means over a period's bins.
template <std::size_t Bins>
class curve {
public:
  curve(std::int64_t period_ms, double periods)
      : period_ms_(period_ms)
      , periods_(periods) {}

  /// What is usual at t; false where nothing is known.
  bool at(timestamp t, double& x) const {
    auto place = phase(t) * Bins - 0.5;
    auto low = std::floor(place);
    auto a = static_cast<std::size_t>(low < 0 ? Bins - 1 : low);
    auto b = (a + 1) % Bins;
    if (seen_[a] == 0 && seen_[b] == 0)
      return false;
    auto share = seen_[a] == 0 ? 1 : seen_[b] == 0 ? 0 : place - low;
    x = mean_[a] * (1 - share) + mean_[b] * share;
    return true;
  }
  /// @param rows_a_period how many values come in one
  void take(timestamp t, double x, double rows_a_period) {
    auto i = std::min<std::size_t>(Bins - 1, static_cast<std::size_t>(phase(t) * Bins));
    auto most = std::clamp(periods_ * rows_a_period / Bins, 1.0, 60'000.0);
    if (seen_[i] < most)
      ++seen_[i];
    mean_[i] += static_cast<float>((x - mean_[i]) / seen_[i]);
  }
  void save(byte_writer& out) const {
    for (std::size_t i = 0; i < Bins; ++i) {
      out.real32(mean_[i]);
      out.varint(seen_[i]);
    }
  }
  void load(byte_reader& in) {
    for (std::size_t i = 0; i < Bins; ++i) {
      mean_[i] = in.real32();
      seen_[i] = static_cast<std::uint16_t>(in.varint());
    }
  }

private:
  double phase(timestamp t) const {
    auto in_period = t.ms % period_ms_;
    return static_cast<double>(in_period < 0 ? in_period + period_ms_ : in_period) / static_cast<double>(period_ms_);
  }

  std::int64_t period_ms_;
  double periods_;
  std::array<float, Bins> mean_{};
  std::array<std::uint16_t, Bins> seen_{};
};

constexpr std::int64_t day_ms = 86'400'000;

class seasonal {
public:
  double of(timestamp t, double x) {
    x = std::clamp(x, -1e30, 1e30); // the curves are kept in floats
    if (seen_++ == 0)
      first_ms_ = t.ms;
    auto days = std::max(1e-3, static_cast<double>(t.ms - first_ms_) / day_ms);
    auto rows_a_day = std::clamp(static_cast<double>(seen_) / days, 1.0, 1e9);
    double by_day = 0;
    double by_week = 0;
    auto has_day = day_.at(t, by_day) && days > 1;
    auto has_week = week_.at(t, by_week) && days > 14;
    double s = 0;
    x_ = x;
    weekly_ = has_week && week_error_.spread() < day_error_.spread();
    if (has_day && day_error_.count() > 30) {
      expected_ = weekly_ ? by_week : by_day;
      s = std::fabs(x - expected_) / (weekly_ ? week_error_ : day_error_).spread();
    }
    if (has_day)
      day_error_.take(x - by_day);
    if (has_week)
      week_error_.take(x - by_week);
    day_.take(t, x, rows_a_day);
    week_.take(t, x, 7 * rows_a_day);
    return s;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("{} is {:.6g}, where {:.6g} is usual at this time of the {}", field, x_, expected_,
                             weekly_ ? "week" : "day");
    why.evidence["value"] = number_json(x_);
    why.evidence["expected"] = number_json(expected_);
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(seen_);
    out.i64(first_ms_);
    day_.save(out);
    week_.save(out);
    day_error_.save(out);
    week_error_.save(out);
  }
  void load(byte_reader& in) {
    seen_ = in.varint();
    first_ms_ = in.i64();
    day_.load(in);
    week_.load(in);
    day_error_.load(in);
    week_error_.load(in);
  }

private:
  std::uint64_t seen_ = 0;
  std::int64_t first_ms_ = 0;
  curve<96> day_{day_ms, 7};
  curve<336> week_{7 * day_ms, 4};
  fading_moments day_error_{2'000};
  fading_moments week_error_{2'000};
  // Of the last value; no state.
  double x_ = 0;
  double expected_ = 0;
  bool weekly_ = false;
};

} // namespace

registered_detector seasonal_detector() {
  return {with_alarm_parameters("seasonal",
                                "A value is not what is usual at this time of "
                                "the day or of the week, as learnt.",
                                {}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            return std::make_shared<scored_detector<calibrated<seasonal>>>(
                alarm_terms::read(from), calibrated{seasonal{}},
                "a value is not what is usual at this time of the day or week");
          }};
}

} // namespace throng::analytics
