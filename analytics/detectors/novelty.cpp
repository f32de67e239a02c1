// `novelty`: a value that was never or rarely seen: codes, states, small
// numbers, also text. A new value has the probability d / (n + d) with d
// different ones among n (Witten and Bell, "The Zero-Frequency Problem", IEEE
// Trans. Information Theory 37, 1991, method C); a known one that of all values
// as rare as it or rarer. The `most` last seen values are kept with their
// counts; the one seen longest ago goes.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

class novelty {
public:
  explicit novelty(std::size_t most)
      : most_(most) {}

  double surprise_of_value(timestamp, const value& x) {
    canonical_text text{x};
    text_ = text.view().substr(0, 200);
    ++seen_;
    auto known = std::find_if(kept_.begin(), kept_.end(), [&](const entry& e) { return e.text == text_; });
    double found = 0;
    before_ = known == kept_.end() ? 0 : known->count;
    if (known == kept_.end()) {
      found = std::log10(static_cast<double>(seen_ + distinct_) / static_cast<double>(distinct_ + 1));
      ++distinct_;
      if (kept_.size() == most_)
        kept_.erase(std::min_element(kept_.begin(), kept_.end(),
                                     [](const entry& a, const entry& b) { return a.last < b.last; }));
      kept_.push_back({text_, 1, seen_});
    } else {
      double as_rare = 0;
      for (const auto& e : kept_)
        as_rare += e.count <= known->count ? static_cast<double>(e.count) : 0;
      found = std::log10(static_cast<double>(seen_ + distinct_) / (as_rare + static_cast<double>(distinct_)));
      ++known->count;
      known->last = seen_;
    }
    return seen_ < 30 ? 0 : std::max(0.0, found);
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = before_ == 0 ? fmt::format("{} is {}, which was not among the {} "
                                            "different values of {} before",
                                            field, text_, distinct_ - 1, seen_ - 1)
                              : fmt::format("{} is {}, which came {} times in {}", field, text_, before_, seen_ - 1);
    why.evidence["value"] = text_;
    why.evidence["seen"] = before_;
    why.evidence["of"] = seen_ - 1;
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(seen_);
    out.varint(distinct_);
    out.varint(kept_.size());
    for (const auto& e : kept_) {
      out.text(e.text);
      out.varint(e.count);
      out.varint(e.last);
    }
  }
  void load(byte_reader& in) {
    seen_ = in.varint();
    distinct_ = in.varint();
    auto n = in.count();
    if (n > most_)
      throw corrupt_state{"more values than a novelty detector keeps"};
    kept_.clear();
    for (; n > 0; --n) {
      entry e;
      e.text = in.text();
      e.count = in.varint();
      e.last = in.varint();
      kept_.push_back(std::move(e));
    }
  }

private:
  struct entry {
    std::string text;
    std::uint64_t count = 0;
    std::uint64_t last = 0;
  };
  std::size_t most_;
  std::uint64_t seen_ = 0;
  std::uint64_t distinct_ = 0; // ever, those that went too
  std::vector<entry> kept_;
  // Of the last value; no state.
  std::string text_;
  std::uint64_t before_ = 0;
};

} // namespace

registered_detector novelty_detector() {
  return {with_alarm_parameters("novelty", "A value, a number or a text, that was never or rarely seen.",
                                {{"most", "64", "How many different values are kept: 2 to 10000."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto most = static_cast<std::size_t>(from.whole("most", 2, 10'000));
            return std::make_shared<scored_detector<novelty>>(alarm_terms::read(from), novelty{most},
                                                              "a value was never or rarely seen");
          }};
}

} // namespace throng::analytics
