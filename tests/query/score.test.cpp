#define CAF_SUITE query.score

#include <cmath>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>

#include "filled_store.hpp"
#include "query/score.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr std::int64_t second = 1'000;

const query::score_row* row(const std::vector<query::score_row>& of, const std::string& name) {
  for (const auto& each : of)
    if (each.name == name)
      return &each;
  return nullptr;
}

} // namespace

CAF_TEST(a store without labels can not be scored) {
  filled_store store;
  auto none = query::score(*store);
  CAF_REQUIRE(!none);
  CAF_CHECK(none.error().kind == error_kind::not_found);
}

CAF_TEST(the first alert within a label counts and later ones neither help nor hurt) {
  filled_store store;
  store.write({make_label("l1", "a", "sensor.stuck", six_o_clock, six_o_clock + 10 * minute),
               make_label("l2", "b", "sensor.stuck", six_o_clock, six_o_clock + 10 * minute),
               make_alert("1", "a", six_o_clock + 30 * second), make_alert("2", "a", six_o_clock + 40 * second),
               make_alert("3", "c", six_o_clock + 50 * second)});
  auto report = must(query::score(*store));
  CAF_CHECK_EQUAL(report.all.labels, 2u);
  CAF_CHECK_EQUAL(report.all.found, 1u);
  CAF_CHECK_EQUAL(report.all.alerts, 3u);
  CAF_CHECK_EQUAL(report.all.right, 1u);
  CAF_CHECK_EQUAL(report.all.false_alarms, 1u);
  CAF_CHECK_EQUAL(report.all.recall.value(), 0.5);
  CAF_CHECK_EQUAL(report.all.precision.value(), 0.5);
  CAF_CHECK_EQUAL(report.all.median_seconds_to_detect.value(), 30.0);
  CAF_CHECK_EQUAL(report.false_alarms_a_day, 144.0); // one in ten minutes
}

CAF_TEST(an alert matches from the start of a label to its end and the grace) {
  auto found = [](std::int64_t at, milliseconds grace, std::optional<std::int64_t> end) {
    filled_store store;
    store.write({make_label("l", "a", "sensor.stuck", six_o_clock, end), make_alert("1", "a", at)});
    return must(query::score(*store, grace)).all.found;
  };
  auto end = six_o_clock + minute;
  CAF_CHECK_EQUAL(found(six_o_clock - 1, milliseconds{0}, end), 0u);
  CAF_CHECK_EQUAL(found(six_o_clock, milliseconds{0}, end), 1u);
  CAF_CHECK_EQUAL(found(end, milliseconds{0}, end), 1u);
  CAF_CHECK_EQUAL(found(end + 1, milliseconds{0}, end), 0u);
  CAF_CHECK_EQUAL(found(end + 10 * minute, milliseconds{600'000}, end), 1u);
  CAF_CHECK_EQUAL(found(end + 10 * minute + 1, milliseconds{600'000}, end), 0u);
  CAF_CHECK_EQUAL(found(end + 1'000 * minute, milliseconds{0}, std::nullopt), 1u); // still open
}

CAF_TEST(an alert on an innocent look - alike is a false alarm of its cause) {
  filled_store store;
  store.write({make_label("l1", "a", "bank.salary_day", six_o_clock, six_o_clock + minute, false),
               make_label("l2", "b", "bank.account_takeover", six_o_clock, six_o_clock + minute),
               make_alert("1", "a", six_o_clock + second), make_alert("2", "b", six_o_clock + second)});
  auto report = must(query::score(*store));
  CAF_CHECK_EQUAL(report.all.labels, 1u);
  CAF_CHECK_EQUAL(report.all.false_alarms, 1u);
  CAF_CHECK_EQUAL(report.all.right, 1u);
  CAF_REQUIRE_EQUAL(report.by_cause.size(), 2u);
  CAF_CHECK_EQUAL(report.by_cause[0].name, "bank.account_takeover");
  CAF_CHECK_EQUAL(report.by_cause[0].recall.value(), 1.0);
  CAF_CHECK_EQUAL(report.by_cause[1].false_alarms, 1u);
  CAF_CHECK(!report.by_cause[1].recall);
}

CAF_TEST(an alert that matches malicious and innocent labels is no false alarm) {
  filled_store store;
  store.write({make_label("l1", "a", "bank.salary_day", six_o_clock, six_o_clock + minute, false),
               make_label("l2", "a", "bank.account_takeover", six_o_clock, six_o_clock + minute),
               make_alert("1", "a", six_o_clock + second)});
  auto report = must(query::score(*store));
  CAF_CHECK_EQUAL(report.all.false_alarms, 0u);
  CAF_CHECK_EQUAL(report.all.right, 1u);
}

CAF_TEST(each detector is scored as if it were alone) {
  filled_store store;
  store.write({make_label("l1", "a", "sensor.stuck", six_o_clock, six_o_clock + minute),
               make_label("l2", "b", "sensor.drift", six_o_clock, six_o_clock + minute),
               make_alert("1", "a", six_o_clock + 10 * second, "fast"),
               make_alert("2", "a", six_o_clock + 20 * second, "slow"),
               make_alert("3", "b", six_o_clock + 50 * second, "slow"), make_alert("4", "z", six_o_clock, "slow")});
  auto report = must(query::score(*store));
  CAF_CHECK_EQUAL(report.all.right, 2u);
  const auto* fast = row(report.by_detector, "fast");
  const auto* slow = row(report.by_detector, "slow");
  CAF_REQUIRE(fast != nullptr && slow != nullptr);
  CAF_CHECK_EQUAL(fast->recall.value(), 0.5);
  CAF_CHECK_EQUAL(fast->precision.value(), 1.0);
  CAF_CHECK_EQUAL(slow->recall.value(), 1.0);
  CAF_CHECK_EQUAL(slow->right, 2u);
  CAF_CHECK_EQUAL(slow->false_alarms, 1u);
  CAF_CHECK_EQUAL(slow->median_seconds_to_detect.value(), 35.0);
  CAF_CHECK_EQUAL(row(report.by_cause, "sensor.drift")->median_seconds_to_detect.value(), 50.0);
}

CAF_TEST(a share of few trials is known to within its interval by Wilson) {
  // Of the paper's formula, by hand: n = 10, p = 0.9 and z = 1.96.
  const auto some = query::interval::of(9, 10);
  CAF_CHECK(std::fabs(some.low - 0.5958) < 1e-4);
  CAF_CHECK(std::fabs(some.high - 0.9821) < 1e-4);
  const auto none = query::interval::of(0, 4);
  CAF_CHECK_EQUAL(none.low, 0.0);
  CAF_CHECK(std::fabs(none.high - 0.4899) < 1e-4);
  const auto all = query::interval::of(4, 4);
  CAF_CHECK(std::fabs(all.low - 0.5101) < 1e-4);
  CAF_CHECK_EQUAL(all.high, 1.0);
}

CAF_TEST(F1 is the harmonic mean and lies between that of the bounds of both) {
  filled_store store;
  const auto end = six_o_clock + minute;
  store.write({make_label("l1", "a", "x", six_o_clock, end), make_label("l2", "b", "x", six_o_clock, end),
               make_label("l3", "c", "y", six_o_clock, end), make_label("l4", "d", "z", six_o_clock, end, false),
               make_alert("1", "a", six_o_clock), make_alert("2", "z", six_o_clock), make_alert("3", "y", six_o_clock),
               make_alert("4", "x", six_o_clock)});
  const auto report = must(query::score(*store));
  const auto close = [](double a, double b) { return std::fabs(a - b) < 1e-12; };
  CAF_CHECK(close(report.all.f1.value(), 2.0 / (1 / (1.0 / 3) + 1 / (1.0 / 4)))); // of 1/3 and 1/4
  const auto recall = query::interval::of(1, 3, query::sure_97_5);
  const auto precision = query::interval::of(1, 4, query::sure_97_5);
  CAF_CHECK(close(report.all.f1_interval->low, 2 / (1 / recall.low + 1 / precision.low)));
  CAF_CHECK(close(report.all.f1_interval->high, 2 / (1 / recall.high + 1 / precision.high)));
  CAF_CHECK(recall.low < report.all.recall_interval->low);
  CAF_CHECK(close(row(report.by_cause, "x")->f1.value(), 2.0 / 3)); // of 1/2 and 1
  CAF_CHECK(!row(report.by_cause, "y")->f1);                        // nothing has rung for it
  CAF_CHECK(!row(report.by_cause, "z")->f1);
  CAF_CHECK(close(row(report.by_detector, "shift")->f1.value(), report.all.f1.value()));
  store.clear();
  store.write({make_label("l1", "a", "x", six_o_clock, end), make_alert("1", "z", six_o_clock)});
  const auto none_right = must(query::score(*store));
  CAF_CHECK_EQUAL(none_right.all.f1.value(), 0.0);
}

CAF_TEST(the average precision is that of the order which scores give) {
  filled_store store;
  const auto end = six_o_clock + minute;
  store.write({make_label("l1", "a", "x", six_o_clock, end), make_label("l2", "b", "x", six_o_clock, end),
               make_label("l3", "c", "x", six_o_clock, end), make_alert("1", "z", six_o_clock, "d", 0.5),
               make_alert("2", "a", six_o_clock, "d", 0.9), make_alert("3", "y", six_o_clock, "d", 0.8),
               make_alert("4", "b", six_o_clock, "d", 0.8), make_alert("5", "a", six_o_clock, "d", 0.7)});
  auto report = must(query::score(*store));
  // a at 1 of 1; y and b at once, so 2 of 3; the second on a, and z, add nothing; c is not found.
  CAF_CHECK(std::fabs(report.all.average_precision.value() - (1.0 + 2.0 / 3) / 3) < 1e-12);
  CAF_CHECK_EQUAL(row(report.by_detector, "d")->average_precision.value(), report.all.average_precision.value());
  CAF_CHECK(std::fabs(report.all.recall_interval->low - query::interval::of(2, 3).low) < 1e-12);
}

CAF_TEST(the most suspicious entities of each day are those of the greatest scores and then of the earliest alerts) {
  filled_store store;
  constexpr auto day = 1'440 * minute;
  store.write({make_label("l1", "a", "x", six_o_clock, six_o_clock + 2 * day),
               make_label("l2", "b", "x", six_o_clock, six_o_clock + 2 * day, false),
               make_alert("1", "b", six_o_clock, "d", 0.9), make_alert("2", "c", six_o_clock, "d", 0.5),
               make_alert("3", "a", six_o_clock + 1, "d", 0.4), make_alert("4", "a", six_o_clock + 2, "e", 0.9),
               make_alert("5", "a", six_o_clock + day, "d", 0.1)});
  auto report = must(query::score(*store, milliseconds{0}, 2));
  CAF_CHECK_EQUAL(report.top.a_day, 2u);
  CAF_CHECK_EQUAL(report.top.days, 2u);
  CAF_CHECK_EQUAL(report.top.looked_at, 3u); // b and a, then a alone
  CAF_CHECK_EQUAL(report.top.right, 2u);
  CAF_CHECK_EQUAL(must(query::score(*store, milliseconds{0}, 1)).top.right, 1u); // on the first day b was earlier
}

CAF_TEST(malicious labels are told by how subtle they are) {
  filled_store store;
  auto label = [](const char* id, const char* entity, double subtlety, bool malicious = true) {
    auto made = make_label(id, entity, "x", six_o_clock, six_o_clock + minute, malicious);
    made.body["subtlety"] = subtlety;
    return made;
  };
  store.write({label("1", "a", 0), label("2", "b", 0.24), label("3", "c", 0.25), label("4", "d", 1),
               label("5", "e", 0.6, false), make_alert("1", "a", six_o_clock), make_alert("2", "d", six_o_clock)});
  auto rows = must(query::score(*store)).by_subtlety;
  CAF_REQUIRE_EQUAL(rows.size(), 3u);
  CAF_CHECK_EQUAL(rows[0].name, "0 to 0.25");
  CAF_CHECK_EQUAL(rows[0].labels, 2u);
  CAF_CHECK_EQUAL(rows[0].found, 1u);
  CAF_CHECK_EQUAL(rows[1].name, "0.25 to 0.5");
  CAF_CHECK_EQUAL(rows[1].found, 0u);
  CAF_CHECK_EQUAL(rows[2].name, "0.75 to 1");
  CAF_CHECK_EQUAL(rows[2].recall.value(), 1.0);
}

CAF_TEST(trouble of the stream is nothing to detect) {
  filled_store store;
  store.write({make_label("l1", "a", "trouble.late", six_o_clock, six_o_clock + minute, false),
               make_label("l2", "b", "sensor.drift", six_o_clock, six_o_clock + minute),
               make_alert("1", "a", six_o_clock + second)});
  auto report = must(query::score(*store));
  CAF_CHECK_EQUAL(report.all.labels, 1u);
  CAF_CHECK_EQUAL(report.all.false_alarms, 1u);
  CAF_CHECK_EQUAL(report.by_cause.size(), 1u);
  CAF_CHECK(!row(report.by_cause, "sensor.drift")->median_seconds_to_detect);
}

CAF_TEST(overtaken alerts do not count) {
  filled_store store;
  auto alert = make_alert("1", "a", six_o_clock);
  alert.offset = 5;
  store.claim("city-climate", 0);
  store.write({make_label("l", "a", "sensor.drift", six_o_clock, six_o_clock + minute), alert}, {1, 1});
  CAF_CHECK_EQUAL(must(query::score(*store)).all.alerts, 1u);
  store.claim("city-climate", 10); // begins at 0 again
  store.write({alert}, {1, 2});
  CAF_CHECK_EQUAL(must(query::score(*store)).all.alerts, 0u);
}
