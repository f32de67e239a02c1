// `cusum`: Page's cumulative sums ("Continuous Inspection Schemes", Biometrika
// 41, 1954; as Page-Hinkley in the streaming literature), one upward and one
// downward: g = max(0, g + z - slack), where z is the value less a slow mean in
// mean absolute deviations, within 6. g stays at or below `most`, so that it
// comes back after a change that stays.
#include <cmath>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

class cusum {
public:
  static constexpr bool accumulates = true;

  cusum(double slack, double memory)
      : slack_(slack)
      , slow_(memory) {}

  double of(timestamp, double x) {
    if (slow_.count() >= 10) {
      auto z = std::clamp((x - slow_.mean()) / slow_.spread(), -6.0, 6.0);
      up_ = std::clamp(up_ + z - slack_, 0.0, most);
      down_ = std::clamp(down_ - z - slack_, 0.0, most);
    }
    slow_.take(x);
    return std::max(up_, down_);
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("{} has been {} its mean, {:.6g}, for longer than chance lets it", field,
                             up_ > down_ ? "above" : "below", slow_.mean());
    why.evidence["up"] = number_json(up_);
    why.evidence["down"] = number_json(down_);
    why.evidence["mean"] = number_json(slow_.mean());
    return why;
  }
  void save(byte_writer& out) const {
    out.real(up_);
    out.real(down_);
    slow_.save(out);
  }
  void load(byte_reader& in) {
    up_ = in.real();
    down_ = in.real();
    slow_.load(in);
  }

private:
  static constexpr double most = 200;

  double slack_;
  double up_ = 0;
  double down_ = 0;
  fading_moments slow_;
};

} // namespace

registered_detector cusum_detector() {
  return {with_alarm_parameters("cusum",
                                "Small departures from the mean add up in one direction (Page, "
                                "1954; Page-Hinkley).",
                                {{"slack", "0.5",
                                  "Departure a value that is let pass, in mean absolute "
                                  "deviations: above 0."},
                                 {"memory", "2000", "Over how many values the mean reaches: 10 to 1000000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto slack = from.real("slack", 0);
            auto memory = static_cast<double>(from.whole("memory", 10, 1'000'000));
            return std::make_shared<scored_detector<calibrated<cusum>>>(
                alarm_terms::read(from), calibrated{cusum{slack, memory}},
                fmt::format("departures over {:g} deviations add up", slack));
          }};
}

} // namespace throng::analytics
