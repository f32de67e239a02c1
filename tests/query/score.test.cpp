#define CAF_SUITE query.score

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
