// `spot`: a threshold that sets itself by extreme-value theory: DSPOT of
// Siffer, Fouque, Termier and Largouet ("Anomaly Detection in Streams with
// Extreme Value Theory", KDD 2017), for both directions. Values less the mean
// of the last `depth`; over a high quantile t of the first `calibrate` values,
// excesses y follow a generalised Pareto distribution, P(Y > y) = (1 + g y /
// s)^(-1 / g), so that P(X > t + y) = n_t / n (1 + g y / s)^(-1 / g). g and s
// are fitted by the moments of the last `peaks` excesses (Hosking and Wallis,
// Technometrics 29, 1987), g within 0 and 0.45, in place of the paper's
// Grimshaw search. Excesses more surprising than 10^-4 are not learnt from, as
// in the paper.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

constexpr std::size_t most_peaks = 100;

/// One direction's tail.
class pareto_tail {
public:
  void begin(double from, std::vector<double> excesses) {
    from_ = from;
    for (auto y : excesses)
      add(y);
  }
  double surprise(double x, double n) const {
    if (x <= from_ || count_ == 0)
      return 0;
    auto m = static_cast<double>(std::min<std::uint64_t>(count_, most_peaks));
    double mean = 0;
    for (auto y : excesses_)
      mean += y;
    mean = std::max(mean / m, 1e-12);
    double variance = 0;
    for (auto y : excesses_)
      variance += (y - mean) * (y - mean);
    variance = m > 1 ? variance / (m - 1) : mean * mean;
    auto ratio = variance > 0 ? mean * mean / variance : 1e9;
    auto shape = std::clamp(0.5 * (1 - ratio), 0.0, 0.45);
    auto scale = mean * (1 - shape);
    auto y = (x - from_) / scale;
    auto beyond = shape < 1e-6 ? y : std::log1p(shape * y) / shape;
    return std::log10(n / static_cast<double>(count_)) + beyond / 2.302585092994046;
  }
  void learn(double x) {
    if (x > from_)
      add(x - from_);
  }
  void save(byte_writer& out) const {
    out.real(from_);
    out.varint(count_);
    out.varint(excesses_.size());
    for (auto y : excesses_)
      out.real(y);
  }
  void load(byte_reader& in) {
    from_ = in.real();
    count_ = in.varint();
    auto n = in.count();
    if (n > most_peaks || n != std::min<std::uint64_t>(count_, most_peaks))
      throw corrupt_state{"a tail with another number of excesses than it counts"};
    excesses_.resize(n);
    for (auto& y : excesses_)
      y = in.real();
  }

private:
  void add(double y) {
    if (excesses_.size() < most_peaks)
      excesses_.push_back(y);
    else
      excesses_[count_ % most_peaks] = y;
    ++count_;
  }

  double from_ = 0;
  std::uint64_t count_ = 0;
  std::vector<double> excesses_; // the last ones, a ring
};

class spot {
public:
  spot(std::size_t depth, std::size_t calibrate)
      : depth_(depth)
      , calibrate_(calibrate) {}

  double surprise(timestamp, double x) {
    x = std::clamp(x, -1e100, 1e100);
    x_ = x;
    if (last_.size() < depth_) {
      last_.push_back(x);
      return 0;
    }
    double sum = 0;
    for (auto y : last_)
      sum += y;
    mean_ = sum / static_cast<double>(depth_);
    auto off = x - mean_;
    double found = 0;
    if (first_.size() < calibrate_ && n_ == 0) {
      first_.push_back(off);
      if (first_.size() == calibrate_)
        begin();
    } else {
      ++n_;
      found = std::min(30.0, std::max(up_.surprise(off, n_), down_.surprise(-off, n_)));
      if (found < 4) {
        up_.learn(off);
        down_.learn(-off);
      }
    }
    if (found < 4) { // what is odd does not move the mean
      last_[at_] = x;
      at_ = at_ + 1 == depth_ ? 0 : at_ + 1;
      passed_ = 0;
    } else if (++passed_ > depth_) { // but a level that stays does
      std::fill(last_.begin(), last_.end(), x);
      passed_ = 0;
    }
    return found;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("{} is {:.6g}, farther {} the mean of the last {}, {:.6g}, "
                             "than the tail of its past makes likely",
                             field, x_, x_ < mean_ ? "below" : "above", depth_, mean_);
    why.evidence["value"] = number_json(x_);
    why.evidence["mean"] = number_json(mean_);
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(last_.size());
    for (auto x : last_)
      out.real(x);
    out.varint(at_);
    out.varint(passed_);
    out.varint(first_.size());
    for (auto x : first_)
      out.real(x);
    out.real(n_);
    up_.save(out);
    down_.save(out);
  }
  void load(byte_reader& in) {
    auto n = in.count();
    if (n > depth_)
      throw corrupt_state{"more values than a spot detector keeps"};
    last_.resize(n);
    for (auto& x : last_)
      x = in.real();
    at_ = static_cast<std::size_t>(in.varint());
    if (at_ >= depth_)
      throw corrupt_state{"a spot detector whose next value has no place"};
    passed_ = static_cast<std::size_t>(in.varint());
    n = in.count();
    if (n >= calibrate_)
      throw corrupt_state{"more values than a spot detector calibrates with"};
    first_.resize(n);
    for (auto& x : first_)
      x = in.real();
    n_ = in.real();
    up_.load(in);
    down_.load(in);
  }

private:
  void begin() {
    n_ = static_cast<double>(first_.size());
    for (auto* tail : {&up_, &down_}) {
      std::sort(first_.begin(), first_.end());
      auto from = first_[first_.size() - 1 - first_.size() / 20];
      std::vector<double> excesses;
      for (auto x : first_)
        if (x > from)
          excesses.push_back(x - from);
      tail->begin(from, std::move(excesses));
      for (auto& x : first_)
        x = -x;
    }
    first_.clear();
    first_.shrink_to_fit();
  }

  std::size_t depth_;
  std::size_t calibrate_;
  std::vector<double> last_; // a ring once it is full
  std::size_t at_ = 0;
  std::size_t passed_ = 0; // odd values in a row
  std::vector<double> first_;
  double n_ = 0;
  pareto_tail up_;
  pareto_tail down_;
  // Of the last value; no state.
  double x_ = 0;
  double mean_ = 0;
};

} // namespace

registered_detector spot_detector() {
  return {with_alarm_parameters("spot",
                                "A value over a threshold that sets itself by extreme-value theory "
                                "(DSPOT, Siffer et al., 2017).",
                                {{"depth", "20", "Over how many values the local mean reaches: 1 to 10000."},
                                 {"calibrate", "200", "How many values the first threshold is set by: 40 to 100000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto depth = static_cast<std::size_t>(from.whole("depth", 1, 10'000));
            auto calibrate = static_cast<std::size_t>(from.whole("calibrate", 40, 100'000));
            return std::make_shared<scored_detector<spot>>(alarm_terms::read(from), spot{depth, calibrate},
                                                           "a value lies beyond the tail of its past");
          }};
}

} // namespace throng::analytics
