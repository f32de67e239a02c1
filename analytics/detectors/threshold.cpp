// `threshold`: a limit that a person set, with hysteresis. Beyond it the score
// is 1 and one alarm rings; the series must come back by `margin` before
// another can. The only detector whose score is no probability: it has nothing
// to learn.
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/register.hpp"

namespace throng::analytics {

namespace {

struct limits {
  std::optional<double> above;
  std::optional<double> below;
  double margin = 0;
  milliseconds forget{0};
  config::severity severity = config::severity::warning;
};

class threshold_series final : public series_detector {
public:
  explicit threshold_series(const limits& set)
      : set_(&set) {}

  /// A limit that somebody has set is not taught: its score is 0 or 1.
  detection observe(timestamp t, const value& x, double /*at_least*/) override {
    detection said;
    if (!x.is_finite())
      return said;
    x_ = x.number();
    auto beyond = (set_->above && x_ > *set_->above) || (set_->below && x_ < *set_->below);
    auto back =
        (!set_->above || x_ <= *set_->above - set_->margin) && (!set_->below || x_ >= *set_->below + set_->margin);
    said.alarm = beyond && !ringing_;
    if (said.alarm)
      begin_ms_ = t.ms;
    ringing_ = beyond || (ringing_ && !back);
    said.score = ringing_ ? 1 : 0;
    said.odd = beyond;
    said.calm = !ringing_;
    if (beyond)
      said.height = set_->above && x_ > *set_->above ? x_ - *set_->above : *set_->below - x_;
    return said;
  }
  explanation explain(std::string_view field) const override {
    auto high = set_->above && x_ > *set_->above;
    auto limit = high ? *set_->above : set_->below.value_or(0);
    explanation why;
    why.reason = fmt::format("{} is {:.6g}, {} the limit of {:g}", field, x_, high ? "above" : "below", limit);
    why.evidence["value"] = number_json(x_);
    why.evidence["limit"] = number_json(limit);
    why.evidence["begin"] = to_iso8601({begin_ms_});
    return why;
  }
  void save(byte_writer& out) const override {
    out.u8(ringing_ ? 1 : 0);
    out.i64(begin_ms_);
  }
  void load(byte_reader& in) override {
    ringing_ = in.u8() != 0;
    begin_ms_ = in.i64();
  }

private:
  const limits* set_;
  bool ringing_ = false;
  std::int64_t begin_ms_ = 0;
  double x_ = 0; // of the last value; no state
};

class threshold final : public detector {
public:
  explicit threshold(limits set)
      : set_(set) {}
  std::unique_ptr<series_detector> fresh() const override {
    return std::make_unique<threshold_series>(set_);
  }
  milliseconds forget() const override {
    return set_.forget;
  }
  config::severity severity() const override {
    return set_.severity;
  }
  std::string sentence() const override {
    std::string text = "a value is";
    if (set_.above)
      text += fmt::format(" above {:g}", *set_.above);
    if (set_.below)
      text += fmt::format("{} below {:g}", set_.above ? " or" : "", *set_.below);
    return text + fmt::format(", once until it is back by {:g}", set_.margin);
  }

private:
  limits set_;
};

} // namespace

registered_detector threshold_detector() {
  return {{"threshold",
           "A value is beyond a limit that you set; needs above or below.",
           {{"above", "null", "Rings above this."},
            {"below", "null", "Rings below this."},
            {"margin", "0", "How far a value must come back before the next alarm: at least 0."},
            {"forget", "\"7d\"",
             "Event time without a value after which an entity's state is dropped: "
             "at least 1s."},
            {"severity", "\"warning\"", "Of its alerts: info, warning or critical."}}},
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            limits set;
            set.above = from.real_or_none("above", -1e308);
            set.below = from.real_or_none("below", -1e308);
            set.margin = from.real("margin", -1e-300);
            set.forget = from.duration("forget", milliseconds{1'000});
            set.severity = from.severity("severity");
            if (!set.above && !set.below)
              from.wrong("above", "neither above nor below is given: there is no limit");
            return std::make_shared<threshold>(set);
          }};
}

} // namespace throng::analytics
