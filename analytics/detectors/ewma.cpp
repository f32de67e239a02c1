// `ewma`: the control chart of Roberts ("Control Chart Tests Based on Geometric
// Moving Averages", Technometrics 1, 1959). z = w x + (1 - w) z' against a slow
// mean of x, in units of x's mean absolute deviation, which both reach over
// `memory` values. Finds small lasting shifts that no single value shows. Two
// numbers of state and a tail.
#include <cmath>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

class ewma {
public:
  static constexpr bool accumulates = true;

  ewma(double weight, double memory)
      : weight_(weight)
      , slow_(memory) {}

  double of(timestamp, double x) {
    z_ = slow_.count() == 0 ? x : z_ + weight_ * (x - z_);
    auto s = slow_.count() < 2 ? 0 : std::fabs(z_ - slow_.mean()) / slow_.spread();
    against_ = slow_.mean();
    slow_.take(x);
    return s;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("the weighted mean of {} is {:.6g}, {} its long mean, {:.6g}", field, z_,
                             z_ < against_ ? "below" : "above", against_);
    why.evidence["ewma"] = number_json(z_);
    why.evidence["mean"] = number_json(against_);
    why.evidence["mean_deviation"] = number_json(slow_.spread());
    return why;
  }
  void save(byte_writer& out) const {
    out.real(z_);
    slow_.save(out);
  }
  void load(byte_reader& in) {
    z_ = in.real();
    slow_.load(in);
  }

private:
  double weight_;
  double z_ = 0;
  fading_moments slow_;
  double against_ = 0; // of the last value; no state
};

} // namespace

registered_detector ewma_detector() {
  return {with_alarm_parameters("ewma",
                                "A weighted mean of the last values lies far from the long mean "
                                "(control chart of Roberts, 1959).",
                                {{"weight", "0.1", "Of the newest value: above 0, below 1."},
                                 {"memory", "2000", "Over how many values the long mean reaches: 10 to 1000000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto weight = from.real_between("weight", 0, 1);
            auto memory = static_cast<double>(from.whole("memory", 10, 1'000'000));
            return std::make_shared<scored_detector<calibrated<ewma>>>(
                alarm_terms::read(from), calibrated{ewma{weight, memory}},
                fmt::format("a mean of weight {:g} leaves the mean of {:g} values", weight, memory));
          }};
}

} // namespace throng::analytics
