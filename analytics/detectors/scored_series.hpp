// From a surprise to a score, an incident and an alarm: what all detectors of
// this folder share. A detector is then a core, which says how surprising a
// value is by its past, and why.
#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "analytics/detector.hpp"

namespace throng::analytics {

class detector_parameters;

/// A surprise s says that 1 of 10^s past values was as odd (tail_model.hpp).
/// The score is s / (s + 4): 0.5 for one in ten thousand, 0.2 for one in ten,
/// 0.6 for one in a million.
inline double score_of(double surprise) {
  return surprise / (surprise + 4);
}
inline double surprise_of(double score) {
  return score >= 1 ? 1e9 : 4 * score / (1 - score);
}

/// An incident's values are not all as odd: it is over with so many in a row that would not ring.
inline constexpr std::uint32_t calm_after_incident = 10;

/// What a user wants to be told.
struct alarm_terms {
  std::optional<double> alarms_per_day; ///< an entity; none: `sensitivity` counts
  double sensitivity = 0.5;             ///< an alarm from a score of 1 - sensitivity on
  milliseconds forget{0};
  config::severity severity = config::severity::warning;

  static alarm_terms read(detector_parameters& from);
  /// Its part of a detector's sentence.
  std::string sentence() const;
};

/// A detector's documentation, with the parameters of alarm_terms behind its
/// own.
detector_doc with_alarm_parameters(std::string_view name, std::string_view sentence, std::vector<parameter_doc> own);

/// One incident rings once: after a surprise, only one that is clearly greater
/// than what is left of it keeps its height; others are lowered to a score
/// below 0.2. What is left of it halves in about 173 values.
class incident {
public:
  /// @param accumulates the surprise of an incident grows a little with each value: what it has grown past without being
  /// told does not count as told
  /// @param at_least score of an alarm, whatever the terms
  detection judge(const alarm_terms& terms, timestamp t, double surprise, bool accumulates, double at_least = 0);
  /// The incident's begin, peak and length so far.
  void add_to(boost::json::object& evidence) const;
  void save(byte_writer& out) const;
  void load(byte_reader& in);

private:
  double values_per_day() const;

  std::uint64_t seen_ = 0;
  std::int64_t last_ms_ = 0;
  double interval_ms_ = 0;
  double left_ = 0; // of the greatest surprise
  double rung_ = 0; // of the greatest that rang
  std::int64_t begin_ms_ = 0;
  std::int64_t peak_ms_ = 0;
  double peak_ = 0;
  double surprise_ = 0; // of the last value; no state
};

/// The series of a core. Core: double surprise(timestamp, double), which gets
/// finite numbers only, or else double surprise_of_value(timestamp, const
/// value&), which gets all that is not missing; explanation explain(string_view
/// field); save; load; and `static constexpr bool accumulates = true`, if a
/// surprise grows value by value.
template <class Core>
class scored_series final : public series_detector {
public:
  scored_series(const alarm_terms& terms, Core core)
      : terms_(&terms)
      , core_(std::move(core)) {}

  detection observe(timestamp t, const value& x, double at_least) override {
    double surprise = 0;
    bool judged = false;
    if constexpr (requires { core_.surprise_of_value(t, x); }) {
      judged = !x.is_nothing();
      if (judged)
        surprise = core_.surprise_of_value(t, x);
    } else {
      judged = x.is_finite();
      if (judged)
        surprise = core_.surprise(t, x.number());
    }
    auto said = incident_.judge(
        *terms_, t, surprise, requires { requires Core::accumulates; }, at_least);
    said.calm = said.calm && judged;
    return said;
  }
  explanation explain(std::string_view field) const override {
    auto why = core_.explain(field);
    incident_.add_to(why.evidence);
    return why;
  }
  void save(byte_writer& out) const override {
    incident_.save(out);
    core_.save(out);
  }
  void load(byte_reader& in) override {
    incident_.load(in);
    core_.load(in);
  }

private:
  const alarm_terms* terms_;
  incident incident_;
  Core core_;
};

/// A detector whose series begin as a copy of one core.
template <class Core>
class scored_detector final : public detector {
public:
  scored_detector(alarm_terms terms, Core core, std::string sentence)
      : terms_(terms)
      , core_(std::move(core))
      , sentence_(std::move(sentence)) {}
  std::unique_ptr<series_detector> fresh() const override {
    return std::make_unique<scored_series<Core>>(terms_, core_);
  }
  milliseconds forget() const override {
    return terms_.forget;
  }
  config::severity severity() const override {
    return terms_.severity;
  }
  std::uint32_t calm_values() const override {
    return calm_after_incident;
  }
  std::string sentence() const override {
    return sentence_ + terms_.sentence();
  }

private:
  alarm_terms terms_;
  Core core_;
  std::string sentence_;
};

} // namespace throng::analytics
