#define CAF_SUITE query.verdict_score

#include "query/verdict_score.hpp"

#include "filled_store.hpp"
#include "query/alert_life.hpp"

using namespace throng;
using namespace throng::test;
using query::alert_verdict;

namespace {

struct judged {
  filled_store store;
  timestamp now{six_o_clock + 3'600'000};

  void is(const std::string& alert, query::alert_change to) {
    now.ms += 1'000;
    must(query::record_deed(*store, {alert, to, "ann", "", now}));
  }
};

} // namespace

CAF_TEST(a store without verdicts can not be scored by them) {
  judged on;
  on.store.write({make_alert("a1", "a", six_o_clock)});
  auto none = query::score_by_verdicts(*on.store);
  CAF_REQUIRE(!none);
  CAF_CHECK(none.error().kind == error_kind::not_found);
  on.is("a1", query::alert_status::resolved); // says nothing of whether it was right
  on.is("a1", alert_verdict::right);
  CAF_CHECK_EQUAL(must(query::score_by_verdicts(*on.store)).all.right, 1u);
  on.is("a1", alert_verdict::none);
  CAF_CHECK(!query::score_by_verdicts(*on.store));
}

CAF_TEST(the precision of a detector is the share of right ones among those that were judged) {
  judged on;
  std::vector<document> alerts;
  for (int i = 0; i < 10; ++i)
    alerts.push_back(make_alert("s" + std::to_string(i), "sensor", six_o_clock + i, "shift"));
  alerts.push_back(make_alert("t0", "sensor", six_o_clock, "stuck"));
  on.store.write(alerts);
  for (const auto* right : {"s0", "s1", "s2", "s3"})
    on.is(right, alert_verdict::right);
  on.is("s4", alert_verdict::wrong);
  on.is("s3", alert_verdict::wrong); // thought better of
  auto report = must(query::score_by_verdicts(*on.store));
  CAF_CHECK_EQUAL(report.all.alerts, 11u);
  CAF_REQUIRE_EQUAL(report.by_detector.size(), 2u);
  const auto& shift = report.by_detector[0];
  CAF_CHECK_EQUAL(shift.name, "shift");
  CAF_CHECK_EQUAL(shift.alerts, 10u);
  CAF_CHECK_EQUAL(shift.right, 3u);
  CAF_CHECK_EQUAL(shift.wrong, 2u);
  CAF_CHECK_EQUAL(shift.precision.value(), 0.6);
  // Wilson's for 3 of 5, from his formula with z = 1.96 by hand
  CAF_CHECK(std::abs(shift.precision_interval.value().low - 0.2307) < 1e-4);
  CAF_CHECK(std::abs(shift.precision_interval.value().high - 0.8824) < 1e-4);
  CAF_CHECK_EQUAL(report.by_detector[1].name, "stuck");
  CAF_CHECK_EQUAL(report.by_detector[1].alerts, 1u);
  CAF_CHECK(!report.by_detector[1].precision);
  CAF_CHECK(!report.by_detector[1].precision_interval);
}

CAF_TEST(a verdict on an alert that was pruned or overtaken counts for nothing) {
  judged on;
  on.store.write({make_alert("a1", "a", six_o_clock), make_alert("a2", "a", six_o_clock + 1)});
  on.is("a1", alert_verdict::wrong);
  on.is("a2", alert_verdict::right);
  must((*on.store).remove(
      {collection::alerts, {{"time", storage::condition::comparison::lt, six_o_clock + 1}}, "", false, 0}));
  auto report = must(query::score_by_verdicts(*on.store));
  CAF_CHECK_EQUAL(report.all.alerts, 1u);
  CAF_CHECK_EQUAL(report.all.precision.value(), 1.0);
}
