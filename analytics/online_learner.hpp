// A learner without a training step: logistic regression over several fields, a step of gradient descent for each event whose label is
// known, and the rarity of a score among the events that turned out good. Leaves to learner_stage whose labels they are and when they come.
//
// A number is told by its signed logarithm, standardised by the moments so far: once as it is, within 5 deviations, and once by which of
// nine ranges it falls into, so that what is odd on both sides, or from a step on, is learnt too. A text is one of 64 buckets by its hash.
// Steps are AdaGrad's (Duchi, Hazan, Singer, "Adaptive Subgradient Methods", JMLR 12, 2011), a rate for each coordinate, as rare ranges
// need. Bad events weigh as much more as there are more good ones, up to 100 times (King, Zeng, "Logistic Regression in Rare Events Data",
// 2001, section 4: that moves the intercept, which the calibration below does not see).
//
// The score is no probability: labels are late, and their share in a stream changes. It is how rare so high a margin is among good events,
// each scored just before it was learnt from: a conformal p-value in the sense of Vovk, Gammerman, Shafer ("Algorithmic Learning in a
// Random World", 2005), continued beyond what was seen by tail_model. So the user's budget of false alarms keeps its meaning.
#pragma once

#include <cstdint>
#include <vector>

#include "analytics/codec.hpp"
#include "analytics/detectors/tail_model.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

/// What the learner sees of a field.
struct learner_cell {
  enum class kind : std::uint8_t { missing, number, text };
  kind is = kind::missing;
  float x = 0; ///< the number; of a text its bucket

  static learner_cell of(const value& from);
  /// Whether of() gives such a cell.
  bool fits() const;
  friend bool operator==(const learner_cell&, const learner_cell&) = default;
};

class online_learner {
public:
  explicit online_learner(std::size_t fields);

  /// Takes a row's numbers into the moments. @param row of `fields` cells, here and below
  void meet(const learner_cell* row);
  /// The log-odds of bad, but for a constant.
  double margin(const learner_cell* row) const;
  /// What each field adds to the margin. @param shares of `fields`
  void shares(const learner_cell* row, std::vector<double>& shares) const;
  /// -log10 of the share of good events that had such a margin or more (tail_model); 0 before `least_good` of them and `least_bad` bad ones.
  double surprise(double margin, std::uint64_t least_bad) const;
  void learn(const learner_cell* row, bool bad);

  std::uint64_t bad() const {
    return bad_;
  }
  std::uint64_t good() const {
    return good_;
  }

  void save(byte_writer& out) const;
  /// @throws corrupt_state
  void load(byte_reader& in);

  static constexpr std::uint64_t least_good = 300;

private:
  static constexpr std::size_t ranges = 9;
  static constexpr std::size_t buckets = 64;
  static constexpr std::size_t missing_at = 1;
  static constexpr std::size_t ranges_at = 2;
  static constexpr std::size_t buckets_at = ranges_at + ranges;
  static constexpr std::size_t weights_a_field = buckets_at + buckets;
  friend struct learner_cell;

  struct moments {
    double mean = 0;
    double variance = 0;
    std::uint64_t count = 0;
  };
  struct weight {
    double w = 0;
    double squares = 0; ///< of its gradients so far
  };
  /// Calls with the place of each weight that a cell touches, and with its input.
  template <class F>
  void inputs(std::size_t field, const learner_cell& cell, F&& each) const;
  static void step(weight& at, double gradient);

  std::vector<moments> moments_;
  std::vector<weight> weights_; // by field
  weight base_;
  std::uint64_t bad_ = 0;
  std::uint64_t good_ = 0;
  tail_model tail_; // of good events' odds
};

} // namespace throng::analytics
