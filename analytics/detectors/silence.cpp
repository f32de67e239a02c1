// `silence`: a gap between an entity's values that is long for it. The
// statistic is the gap in units of the usual one. It speaks when the next value
// comes, since a detector sees values only; a rule with `silence` rings while
// an entity is silent. A repeated or backward time is a gap of 0.
#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

class silence {
public:
  explicit silence(double memory)
      : gaps_(memory) {}

  double of(timestamp t, double) {
    if (last_ms_ == INT64_MIN) {
      last_ms_ = t.ms;
      return 0;
    }
    gap_ms_ = t.ms > last_ms_ ? t.ms - last_ms_ : 0;
    last_ms_ = std::max(last_ms_, t.ms);
    auto gap = static_cast<double>(gap_ms_);
    usual_ms_ = gaps_.mean();
    auto s = gaps_.count() < 5 ? 0 : gap / std::max(1.0, gaps_.mean());
    gaps_.take(gap);
    return s;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason =
        fmt::format("no {} came for {}, where one comes each {} or so", field, format_duration(milliseconds{gap_ms_}),
                    format_duration(milliseconds{static_cast<std::int64_t>(usual_ms_)}));
    why.evidence["gap_seconds"] = number_json(static_cast<double>(gap_ms_) / 1000);
    why.evidence["usual_seconds"] = number_json(usual_ms_ / 1000);
    return why;
  }
  void save(byte_writer& out) const {
    out.i64(last_ms_);
    gaps_.save(out);
  }
  void load(byte_reader& in) {
    last_ms_ = in.i64();
    gaps_.load(in);
  }

private:
  std::int64_t last_ms_ = INT64_MIN;
  fading_moments gaps_;
  // Of the last value; no state.
  std::int64_t gap_ms_ = 0;
  double usual_ms_ = 0;
};

} // namespace

registered_detector silence_detector() {
  return {with_alarm_parameters("silence",
                                "Nothing came for longer than is usual; told when the next value "
                                "comes.",
                                {{"memory", "2000", "Over how many gaps the usual one reaches: 10 to 1000000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto memory = static_cast<double>(from.whole("memory", 10, 1'000'000));
            return std::make_shared<scored_detector<calibrated<silence>>>(
                alarm_terms::read(from), calibrated{silence{memory}}, "a gap between two values is long for it");
          }};
}

} // namespace throng::analytics
