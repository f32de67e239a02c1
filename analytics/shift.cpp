#include "analytics/shift.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

struct shift_parameters {
  std::size_t short_count = 0;
  std::size_t long_count = 0;
  double threshold = 0;
  milliseconds refractory{0};
  milliseconds forget{0};
  config::severity severity = config::severity::warning;

  std::size_t least_history() const {
    return std::max(2 * short_count, long_count / 4);
  }
};

/// Sum and sum of squares of values less a centre.
struct moments {
  double sum = 0;
  double squares = 0;

  void add(double x) {
    sum += x;
    squares += x * x;
  }
  void remove(double x) {
    sum -= x;
    squares -= x * x;
  }
};

class shift_series final : public series_detector {
public:
  explicit shift_series(const shift_parameters& parameters)
      : parameters_(&parameters) {}

  detection observe(timestamp t, const value& x, double at_least) override {
    detection said;
    said.threshold = std::max(0.5, at_least);
    if (!x.is_number() || !std::isfinite(x.number()))
      return said;
    take(x.number());
    if (history_count() < parameters_->least_history())
      return said;
    judge();
    said.score = std::isfinite(z_) ? z_ / (z_ + parameters_->threshold) : 1;
    said.odd = z_ >= parameters_->threshold && said.score >= at_least;
    said.height = z_;
    said.calm = !said.odd && t.ms >= quiet_until_;
    if (said.odd && t.ms >= quiet_until_) {
      said.alarm = true;
      quiet_until_ = t.ms + parameters_->refractory.count();
    }
    return said;
  }

  explanation explain(std::string_view field) const override {
    explanation why;
    why.reason = fmt::format(
        "the mean of the last {} values of {} is {:.6g}: {:.3g} standard deviations {} the {:.6g} of the {} "
        "before",
        parameters_->short_count, field, recent_mean_, z_, recent_mean_ < history_mean_ ? "below" : "above",
        history_mean_, history_count());
    why.evidence["z"] = number_json(z_);
    why.evidence["mean"] = number_json(recent_mean_);
    why.evidence["history_mean"] = number_json(history_mean_);
    why.evidence["history_stddev"] = number_json(deviation_);
    why.evidence["history_count"] = static_cast<std::int64_t>(history_count());
    why.evidence["threshold"] = number_json(parameters_->threshold);
    return why;
  }

  void save(byte_writer& out) const override {
    out.varint(values_.size());
    for (auto x : values_)
      out.real(x);
    out.varint(next_);
    out.varint(since_fresh_);
    out.real(centre_);
    for (const auto& part : {recent_, history_}) {
      out.real(part.sum);
      out.real(part.squares);
    }
    out.i64(quiet_until_);
  }

  void load(byte_reader& in) override {
    auto n = in.count();
    if (n > capacity())
      throw corrupt_state{"more values than a shift detector keeps"};
    values_.resize(n);
    for (auto& x : values_)
      x = in.real();
    next_ = static_cast<std::size_t>(in.varint());
    since_fresh_ = static_cast<std::size_t>(in.varint());
    if (n < capacity() ? next_ != n : next_ >= n)
      throw corrupt_state{"a shift detector whose next value has no place"};
    centre_ = in.real();
    for (auto* part : {&recent_, &history_}) {
      part->sum = in.real();
      part->squares = in.real();
    }
    quiet_until_ = in.i64();
  }

private:
  std::size_t capacity() const {
    return parameters_->short_count + parameters_->long_count;
  }
  std::size_t history_count() const {
    return values_.size() <= parameters_->short_count ? 0 : values_.size() - parameters_->short_count;
  }
  /// The value `back` places before the newest. @pre back < values_.size()
  double behind(std::size_t back) const {
    auto size = values_.size();
    auto newest = next_ == 0 ? size - 1 : next_ - 1;
    return values_[newest >= back ? newest - back : newest + size - back];
  }

  void take(double x) {
    if (values_.empty())
      centre_ = x;
    auto full = values_.size() == capacity();
    if (full) {
      history_.remove(values_[next_] - centre_); // the oldest
      values_[next_] = x;
    } else {
      values_.push_back(x);
    }
    next_ = next_ + 1 == capacity() ? 0 : next_ + 1;
    recent_.add(x - centre_);
    if (values_.size() > parameters_->short_count) {
      auto aged = behind(parameters_->short_count) - centre_;
      recent_.remove(aged);
      history_.add(aged);
    }
    if (++since_fresh_ >= parameters_->long_count)
      compute_anew();
  }

  void compute_anew() {
    since_fresh_ = 0;
    auto history = history_count();
    double sum = 0;
    for (std::size_t i = values_.size(); i-- > 0;)
      sum += behind(i);
    centre_ = sum / static_cast<double>(values_.size());
    recent_ = {};
    history_ = {};
    for (std::size_t i = values_.size(); i-- > 0;)
      (i >= values_.size() - history ? history_ : recent_).add(behind(i) - centre_);
  }

  void judge() {
    auto n = static_cast<double>(history_count());
    auto mean = history_.sum / n;
    auto variance = std::max(0.0, (history_.squares - n * mean * mean) / (n - 1));
    history_mean_ = centre_ + mean;
    recent_mean_ = centre_ + recent_.sum / static_cast<double>(parameters_->short_count);
    deviation_ = std::sqrt(variance);
    auto scale = std::max({deviation_, 1e-3 * std::fabs(history_mean_), 1e-9});
    z_ = std::fabs(recent_mean_ - history_mean_) / scale;
  }

  const shift_parameters* parameters_;
  std::vector<double> values_; // a ring once it is full
  std::size_t next_ = 0;       // where the next one goes
  std::size_t since_fresh_ = 0;
  double centre_ = 0;
  moments recent_;
  moments history_;
  std::int64_t quiet_until_ = INT64_MIN;
  // Of the last judgement, for explain(); no state.
  double z_ = 0;
  double history_mean_ = 0;
  double recent_mean_ = 0;
  double deviation_ = 0;
};

class shift final : public detector {
public:
  explicit shift(shift_parameters parameters)
      : parameters_(parameters) {}
  std::unique_ptr<series_detector> fresh() const override {
    return std::make_unique<shift_series>(parameters_);
  }
  milliseconds forget() const override {
    return parameters_.forget;
  }
  config::severity severity() const override {
    return parameters_.severity;
  }
  std::string sentence() const override {
    return fmt::format("the mean of the last {} values is {:g} or more standard deviations away from the up to {} "
                       "before; quiet for {} "
                       "after an alert",
                       parameters_.short_count, parameters_.threshold, parameters_.long_count,
                       format_duration(parameters_.refractory));
  }

private:
  shift_parameters parameters_;
};

} // namespace

const detector_doc& shift_doc() {
  static const detector_doc doc{
      "shift",
      "The mean of an entity's last values lies far from the values before them.",
      {
          {"short", "10", "How many of the last values make the recent mean: 1 to 10000."},
          {"long", "200", "How many values before those make the history: at least 2 short, at most 100000."},
          {"threshold", "4.5", "From how many standard deviations of the history on it alarms: above 0."},
          {"refractory", "\"30m\"", "Event time without a further alarm after one."},
          {"forget", "\"7d\"", "Event time without a value after which an entity's history is dropped: at least 1s."},
          {"severity", "\"warning\"", "Of its alerts: info, warning or critical."},
      }};
  return doc;
}

std::shared_ptr<const detector> make_shift(detector_parameters& parameters) {
  shift_parameters made;
  made.short_count = static_cast<std::size_t>(parameters.whole("short", 1, 10'000));
  made.long_count = static_cast<std::size_t>(parameters.whole("long", 2, 100'000));
  made.threshold = parameters.real("threshold", 0);
  made.refractory = parameters.duration("refractory", milliseconds{0});
  made.forget = parameters.duration("forget", milliseconds{1'000});
  made.severity = parameters.severity("severity");
  if (made.long_count < 2 * made.short_count)
    parameters.wrong("long",
                     fmt::format("{} is less than twice short, which is {}", made.long_count, made.short_count));
  return std::make_shared<shift>(made);
}

} // namespace throng::analytics
