// `stuck`: the same value again and again. With q the share of past values that
// repeated the one before (fading over `memory` values, one repeat and one
// change taken as seen), k repeats in a row have the probability q^k: the
// surprise is -k log10 q. A run is learnt from as one repeat, however long, so
// that a sensor that hangs does not make hanging ordinary; a series that mostly
// stands still is surprised by no run.
#include <cmath>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

class stuck {
public:
  static constexpr bool accumulates = true;

  stuck(double tolerance, double memory)
      : tolerance_(tolerance)
      , memory_(memory) {}

  double surprise(timestamp t, double x) {
    if (seen_++ == 0) {
      last_ = x;
      since_ms_ = t.ms;
      return 0;
    }
    if (std::fabs(x - last_) > tolerance_) {
      learn(0);
      run_ = 0;
      last_ = x;
      since_ms_ = t.ms;
      return 0;
    }
    ++run_;
    auto share = (repeats_ + 1) / (weight_ + 2);
    auto found = std::min(30.0, -static_cast<double>(run_) * std::log10(share));
    if (run_ <= 2)
      learn(1);
    return run_ < 2 || weight_ < 30 ? 0 : found; // of a series that never changed nothing is known
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("{} has been {:.6g} for {} values, since {}; a "
                             "value repeats the one before {:.3g} times in 100",
                             field, last_, run_ + 1, to_iso8601({since_ms_}), 100 * (repeats_ + 1) / (weight_ + 2));
    why.evidence["value"] = number_json(last_);
    why.evidence["values"] = run_ + 1;
    why.evidence["since"] = to_iso8601({since_ms_});
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(seen_);
    out.varint(run_);
    out.real(last_);
    out.i64(since_ms_);
    out.real(repeats_);
    out.real(weight_);
  }
  void load(byte_reader& in) {
    seen_ = in.varint();
    run_ = in.varint();
    last_ = in.real();
    since_ms_ = in.i64();
    repeats_ = in.real();
    weight_ = in.real();
  }

private:
  void learn(double repeated) {
    auto keep = weight_ < memory_ ? 1 : 1 - 1 / memory_;
    repeats_ = repeats_ * keep + repeated;
    weight_ = weight_ * keep + 1;
  }

  double tolerance_;
  double memory_;
  std::uint64_t seen_ = 0;
  std::uint64_t run_ = 0; // repeats of last_
  double last_ = 0;
  std::int64_t since_ms_ = 0;
  double repeats_ = 0;
  double weight_ = 0;
};

} // namespace

registered_detector stuck_detector() {
  return {with_alarm_parameters("stuck",
                                "The same value comes again and again, in a series that does not use "
                                "to stand still.",
                                {{"tolerance", "0", "A change up to this is none: at least 0."},
                                 {"memory", "2000", "Over how many values the habit reaches: 10 to 1000000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto tolerance = from.real("tolerance", -1e-300);
            auto memory = static_cast<double>(from.whole("memory", 10, 1'000'000));
            return std::make_shared<scored_detector<stuck>>(alarm_terms::read(from),
                                                            stuck{std::max(0.0, tolerance), memory},
                                                            "the same value comes again and again");
          }};
}

} // namespace throng::analytics
