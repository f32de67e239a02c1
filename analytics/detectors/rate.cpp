// `rate`: how many values an entity sends in each stretch of `per`, whatever
// the values are, against a count that is expected to be negative binomial: its
// mean and variance are learnt over `memory` stretches, the variance at least
// the mean (then it is Poisson). The surprise is that of as many or more, or of
// as few or fewer, taken as a normal deviate of the square-root-transformed
// count (Anscombe, "The Transformation of Poisson, Binomial and
// Negative-Binomial Data", Biometrika 35, 1948). Too many is told as soon as
// the count has it, too few when the next value comes after the stretch; a
// stretch without any counts as 0.
#include <cmath>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

class rate {
public:
  static constexpr bool accumulates = true;

  rate(milliseconds per, double memory)
      : per_(per)
      , memory_(memory) {}

  double surprise_of_value(timestamp t, const value&) {
    auto stretch = t.ms / per_.count();
    if (stretches_ == 0) {
      stretches_ = 1;
      at_ = stretch;
    }
    double found = 0;
    told_ = count_;
    if (stretch > at_) {
      found = few(static_cast<double>(count_));
      learn(static_cast<double>(count_));
      told_ = count_;
      for (auto empty = std::min<std::int64_t>(stretch - at_ - 1, 20); empty > 0; --empty) {
        if (auto none = few(0); none > found) {
          found = none;
          told_ = 0;
        }
        learn(0);
      }
      at_ = stretch;
      count_ = 0;
    }
    ++count_;
    if (auto over = many(static_cast<double>(count_)); over > found) {
      found = over;
      told_ = count_;
    }
    return found;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason =
        fmt::format("{} values of {} in {}, where {:.3g} are usual", told_, field, format_duration(per_), mean_);
    why.evidence["count"] = told_;
    why.evidence["expected"] = number_json(mean_);
    why.evidence["variance"] = number_json(std::max(mean_, variance_));
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(stretches_);
    out.i64(at_);
    out.varint(count_);
    out.real(mean_);
    out.real(variance_);
  }
  void load(byte_reader& in) {
    stretches_ = in.varint();
    at_ = in.i64();
    count_ = in.varint();
    mean_ = in.real();
    variance_ = in.real();
  }

private:
  /// -log10 of the normal distribution beyond z.
  static double tail(double z) {
    return z <= 0 ? 0 : std::min(30.0, -std::log10(std::max(1e-300, 0.5 * std::erfc(z / 1.4142135623730951))));
  }
  double deviate(double count) const {
    auto spread = std::max(1.0, std::sqrt(std::max(mean_, variance_) / std::max(mean_, 1e-9)));
    return 2 * (std::sqrt(count + 0.375) - std::sqrt(mean_ + 0.375)) / spread;
  }
  bool ready() const {
    return stretches_ > 20;
  }
  double many(double count) const {
    return ready() && count > mean_ ? tail(deviate(count - 0.5)) : 0;
  }
  double few(double count) const {
    return ready() && count < mean_ ? tail(-deviate(count + 0.5)) : 0;
  }
  void learn(double count) {
    auto n = std::min(static_cast<double>(stretches_++), memory_);
    // What is far out moves mean and variance less than it would.
    auto off =
        ready() ? std::clamp(count - mean_, -6 * std::sqrt(variance_ + mean_ + 1), 6 * std::sqrt(variance_ + mean_ + 1))
                : count - mean_;
    mean_ += off / n;
    variance_ += (off * off - variance_) / n;
  }

  milliseconds per_;
  double memory_;
  std::uint64_t stretches_ = 0;
  std::int64_t at_ = 0;
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double variance_ = 0;
  std::uint64_t told_ = 0; // of the last value; no state
};

} // namespace

registered_detector rate_detector() {
  return {with_alarm_parameters("rate",
                                "An entity sends more or fewer values than its learnt Poisson or "
                                "negative-binomial rate makes likely.",
                                {{"per", "\"5m\"", "The stretch whose values are counted: at least 1s."},
                                 {"memory", "500", "Over how many stretches the rate reaches: 20 to 1000000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto per = from.duration("per", milliseconds{1'000});
            auto memory = static_cast<double>(from.whole("memory", 20, 1'000'000));
            return std::make_shared<scored_detector<rate>>(
                alarm_terms::read(from), rate{per, memory},
                fmt::format("the values in {} are more or fewer than its rate makes likely", format_duration(per)));
          }};
}

} // namespace throng::analytics
