// `hampel`: the distance from the median of the last values in robust
// deviations, |x - median| / (1.4826 MAD), the value itself not among them
// (Hampel, "The Influence Curve and Its Role in Robust Estimation", JASA 69,
// 1974). Outliers among the past don't hide the next. Where the MAD is 0 (more
// than half of the window are equal) a millionth of the median stands for it.
// Exact; kept sorted, so a value costs O(window) moves.
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

class hampel {
public:
  explicit hampel(std::size_t window)
      : window_(window) {}

  double of(timestamp, double x) {
    double s = 0;
    x_ = x;
    if (sorted_.size() >= 5) {
      measure();
      s = std::fabs(x - median_) / std::max(1.4826 * mad_, 1e-6 * std::fabs(median_) + 1e-12);
    }
    if (order_.size() == window_) {
      sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), order_[next_]));
      order_[next_] = x;
    } else {
      order_.push_back(x);
    }
    next_ = next_ + 1 == window_ ? 0 : next_ + 1;
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), x), x);
    return s;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("{} is {:.6g}, {} the median of the {} values before it, {:.6g}", field, x_,
                             x_ < median_ ? "below" : "above", sorted_.size(), median_);
    why.evidence["value"] = number_json(x_);
    why.evidence["median"] = number_json(median_);
    why.evidence["mad"] = number_json(mad_);
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(order_.size());
    for (auto x : order_)
      out.real(x);
    out.varint(next_);
  }
  void load(byte_reader& in) {
    auto n = in.count();
    if (n > window_)
      throw corrupt_state{"more values than a hampel detector keeps"};
    order_.resize(n);
    for (auto& x : order_) {
      x = in.real();
      if (!(std::fabs(x) <= 1e150))
        throw corrupt_state{"a value that a hampel detector never keeps"};
    }
    next_ = static_cast<std::size_t>(in.varint());
    if (next_ != (n < window_ ? n : next_) || next_ >= window_)
      throw corrupt_state{"a hampel detector whose next value has no place"};
    sorted_ = order_;
    std::sort(sorted_.begin(), sorted_.end());
  }

private:
  /// The median, and the median distance from it: the two sorted halves'
  /// distances are merged up to the middle.
  void measure() {
    auto n = sorted_.size();
    median_ = n % 2 == 1 ? sorted_[n / 2] : 0.5 * (sorted_[n / 2 - 1] + sorted_[n / 2]);
    auto right = static_cast<std::size_t>(std::lower_bound(sorted_.begin(), sorted_.end(), median_) - sorted_.begin());
    auto left = right;
    double distance = 0;
    for (std::size_t taken = 0; taken <= n / 2; ++taken) {
      auto to_left = left > 0 ? median_ - sorted_[left - 1] : INFINITY;
      auto to_right = right < n ? sorted_[right] - median_ : INFINITY;
      if (to_left <= to_right) {
        distance = to_left;
        --left;
      } else {
        distance = to_right;
        ++right;
      }
    }
    mad_ = distance;
  }

  std::size_t window_;
  std::vector<double> order_;  // a ring once it is full
  std::vector<double> sorted_; // the same values
  std::size_t next_ = 0;
  // Of the last value; no state.
  double x_ = 0;
  double median_ = 0;
  double mad_ = 0;
};

} // namespace

registered_detector hampel_detector() {
  return {with_alarm_parameters("hampel",
                                "A value lies far from the median of those before it, by their "
                                "robust spread (Hampel, 1974).",
                                {{"window", "60", "How many values the median is of: 5 to 10000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto window = static_cast<std::size_t>(from.whole("window", 5, 10'000));
            return std::make_shared<scored_detector<calibrated<hampel>>>(
                alarm_terms::read(from), calibrated{hampel{window}},
                fmt::format("a value lies far from the median of the {} before", window));
          }};
}

} // namespace throng::analytics
