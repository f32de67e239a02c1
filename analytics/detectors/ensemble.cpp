// `ensemble`: several detectors over one series, combined by tail probability:
// the least of k probabilities times k (Bonferroni), so that one that sees
// something is enough and each more costs a little. What the others of the
// folder do alone, with their defaults; `auto` is the better first choice.
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

class ensemble {
public:
  explicit ensemble(std::vector<std::shared_ptr<const detector>> of)
      : of_(std::move(of)) {
    begin();
  }
  /// A copy begins anew: it is how an entity's series comes to be.
  ensemble(const ensemble& other)
      : ensemble(other.of_) {}
  ensemble(ensemble&&) noexcept = default;
  ensemble& operator=(const ensemble&) = delete;
  ensemble& operator=(ensemble&&) = delete;
  ~ensemble() = default;

  double surprise(timestamp t, double x) {
    double most = 0;
    for (std::size_t i = 0; i < series_.size(); ++i) {
      auto s = surprise_of(std::min(0.999, series_[i]->observe(t, value::of(x)).score));
      if (s > most) {
        most = s;
        loudest_ = i;
      }
    }
    return std::max(0.0, most - std::log10(static_cast<double>(series_.size())));
  }
  explanation explain(std::string_view field) const {
    return series_[loudest_]->explain(field);
  }
  void save(byte_writer& out) const {
    for (const auto& one : series_)
      one->save(out);
  }
  void load(byte_reader& in) {
    for (auto& one : series_)
      one->load(in);
  }

private:
  void begin() {
    for (const auto& one : of_)
      series_.push_back(one->fresh());
  }

  std::vector<std::shared_ptr<const detector>> of_;
  std::vector<std::unique_ptr<series_detector>> series_;
  std::size_t loudest_ = 0; // of the last value; no state
};

} // namespace

registered_detector ensemble_detector() {
  return {with_alarm_parameters("ensemble",
                                "Several detectors together: the least of their "
                                "tail probabilities, times their number.",
                                {{"of", R"(["hampel", "ewma", "seasonal", "spot"])",
                                  "Names of detectors, with their defaults; not "
                                  "threshold, shift or ensemble."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            std::vector<std::shared_ptr<const detector>> of;
            for (const auto& name : from.texts("of")) {
              if (name == "threshold" || name == "shift" || name == "ensemble") {
                from.wrong("of", fmt::format("{} can't be one of an ensemble", name));
                continue;
              }
              config::detect definition;
              definition.name = name;
              definition.detector = name;
              auto made = make_detector(definition, "of");
              if (made)
                of.push_back(*made);
              else
                from.wrong("of", made.error().front().sentence);
            }
            if (of.empty())
              from.wrong("of", "no detector is named");
            return std::make_shared<scored_detector<ensemble>>(alarm_terms::read(from), ensemble{std::move(of)},
                                                               "one of its detectors is surprised");
          }};
}

} // namespace throng::analytics
