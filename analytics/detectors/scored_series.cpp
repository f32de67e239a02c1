#include "analytics/detectors/scored_series.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"

namespace throng::analytics {

namespace {

constexpr double kept_a_value = 0.99601; // of what is left: a half in 173 values
constexpr double clearly_more = 1.25;
constexpr double more = 0.3;
constexpr double again = 2; // of what an alarm rang at: another rings only over that

} // namespace

alarm_terms alarm_terms::read(detector_parameters& from) {
  alarm_terms terms;
  terms.alarms_per_day = from.real_or_none("alarms_per_day", 0);
  terms.sensitivity = from.real_between("sensitivity", 0, 1);
  terms.forget = from.duration("forget", milliseconds{1'000});
  terms.severity = from.severity("severity");
  return terms;
}

std::string alarm_terms::sentence() const {
  if (alarms_per_day)
    return fmt::format("; by its past that is so {:g} times a day", *alarms_per_day);
  return fmt::format("; by its past that is so for one value in {:.3g}", std::pow(10.0, surprise_of(1 - sensitivity)));
}

detector_doc with_alarm_parameters(std::string_view name, std::string_view sentence, std::vector<parameter_doc> own) {
  own.insert(own.end(), {
                            {"alarms_per_day", "null",
                             "How many false alarms a day an entity may raise, "
                             "about: above 0; null leaves it to sensitivity."},
                            {"sensitivity", "0.5",
                             "An alarm is a score of 1 - sensitivity or more: "
                             "above 0, below 1. 0.5 is one value in 10,000."},
                            {"forget", "\"30d\"",
                             "Event time without a value after which an "
                             "entity's history is dropped: at least 1s."},
                            {"severity", "\"warning\"", "Of its alerts: info, warning or critical."},
                        });
  return {name, sentence, std::move(own)};
}

double incident::values_per_day() const {
  return 86'400'000 / std::max(1.0, interval_ms_);
}

detection incident::judge(const alarm_terms& terms, timestamp t, double surprise, bool accumulates, double at_least) {
  if (seen_ > 0 && t.ms > last_ms_) {
    auto passed = static_cast<double>(t.ms - last_ms_);
    // A gap is no interval.
    if (seen_ > 3)
      passed = std::min(passed, 4 * interval_ms_ + 1);
    interval_ms_ += (passed - interval_ms_) / static_cast<double>(std::min<std::uint64_t>(seen_, 200));
  }
  if (seen_ == 0 || t.ms > last_ms_)
    last_ms_ = t.ms;
  ++seen_;
  surprise_ = surprise;
  detection said;
  auto alarm_from = terms.alarms_per_day ? std::max(0.0, std::log10(values_per_day() / *terms.alarms_per_day))
                                         : surprise_of(1 - terms.sensitivity);
  if (at_least > 0)
    alarm_from = std::max(alarm_from, surprise_of(at_least));
  said.threshold = score_of(alarm_from);
  // What grows value by value never leaps: it is news when it comes to where the user wants to be told.
  auto fresh = surprise > left_ * clearly_more + more || (accumulates && surprise >= alarm_from && left_ < alarm_from);
  if (fresh && left_ < alarm_from / 2)
    begin_ms_ = t.ms;
  if (fresh) {
    peak_ = surprise;
    peak_ms_ = t.ms;
  }
  // At most a fifth: over no threshold that anyone would set, and still in the
  // order of the surprises.
  said.score = score_of(fresh ? surprise : surprise / (surprise + 1));
  said.alarm = fresh && surprise > 0 && said.score >= said.threshold && surprise > again * rung_;
  said.odd = said.alarm || (surprise > 0 && surprise >= alarm_from);
  said.calm = !said.odd;
  said.height = surprise;
  rung_ = std::max(rung_ * kept_a_value, said.alarm ? surprise : 0);
  left_ = std::max(left_ * kept_a_value, fresh || !accumulates ? surprise : 0);
  return said;
}

void incident::add_to(boost::json::object& evidence) const {
  evidence["one_in"] = number_json(std::pow(10.0, std::min(surprise_, 300.0)));
  evidence["begin"] = to_iso8601({begin_ms_});
  evidence["peak"] = to_iso8601({peak_ms_});
}

void incident::save(byte_writer& out) const {
  out.varint(seen_);
  out.i64(last_ms_);
  out.real(interval_ms_);
  out.real(left_);
  out.real(rung_);
  out.i64(begin_ms_);
  out.i64(peak_ms_);
  out.real(peak_);
}

void incident::load(byte_reader& in) {
  seen_ = in.varint();
  last_ms_ = in.i64();
  interval_ms_ = in.real();
  left_ = in.real();
  rung_ = in.real();
  begin_ms_ = in.i64();
  peak_ms_ = in.i64();
  peak_ = in.real();
}

} // namespace throng::analytics
