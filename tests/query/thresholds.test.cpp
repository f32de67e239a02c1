#define CAF_SUITE query.thresholds

#include "query/thresholds.hpp"

#include "filled_store.hpp"
#include "query/alert_life.hpp"

using namespace throng;
using namespace throng::test;
using query::alert_verdict;

namespace {

struct taught {
  filled_store store;
  timestamp now{six_o_clock + 3'600'000};

  taught() {
    store.write({make_alert("a1", "sensor-1", six_o_clock, "step", 0.6),
                 make_alert("a2", "sensor-1", six_o_clock + minute, "step", 0.7),
                 make_alert("a3", "sensor-2", six_o_clock + 2 * minute, "level", 0.8),
                 make_alert("a4", "sensor-1", six_o_clock + 3 * minute, "level", 0.65),
                 make_alert("a5", "sensor-1", six_o_clock + 4 * minute, "limit", 0.9),
                 make_alert("a6", "sensor-1", six_o_clock + 5 * minute, "hot", 1)});
    must((*store).put_record("pipelines", "city-climate",
                             json::parse(R"({"name": "city-climate", "detect": [
      {"name": "step", "feedback": "entity", "feedback_most": 0.95},
      {"name": "level", "feedback": "detector", "feedback_most": 0.75},
      {"name": "limit", "feedback": "off", "feedback_most": 0.95}]})")
                                 .as_object()));
  }
  void say(std::string alert, alert_verdict what, std::string by = "ann") {
    now.ms += 1'000;
    must(query::record_deed(*store, {std::move(alert), what, std::move(by), "", now}));
  }
  static query::request all() {
    query::request what;
    what.subject = query::subject::thresholds;
    return what;
  }
  /// `DETECTOR ENTITY ALERT VERDICT BY FROM->TO`
  texts changes(const query::request& what = all()) {
    texts made;
    for (const auto& each : must(query::ask(*store, what)).items) {
      std::string line;
      for (const auto* field : {"detector", "entity", "alert", "verdict", "by"})
        line += (each.at(field).is_null() ? "all" : std::string{each.at(field).as_string()}) + " ";
      made.push_back(line + json::serialize(each.at("from")) + "->" + json::serialize(each.at("to")));
    }
    return made;
  }
};

} // namespace

CAF_TEST(each verdict that moves a threshold is told with who from what and to what) {
  taught on;
  CAF_CHECK_EQUAL(on.changes(), texts{});
  CAF_CHECK_EQUAL(must(query::ask(*on.store, taught::all())).why_empty.substr(0, 51),
                  "no verdict has changed a detector's threshold that ");
  on.say("a1", alert_verdict::wrong);
  on.say("a3", alert_verdict::wrong, "bob"); // of all entities, and no further than 0.75
  on.say("a5", alert_verdict::wrong);        // nobody is taught by it
  on.say("a6", alert_verdict::wrong);        // a rule
  on.say("a2", alert_verdict::right);        // it is above what holds
  on.say("a1", alert_verdict::right);
  on.say("a2", alert_verdict::wrong);
  on.say("a4", alert_verdict::right);
  on.say("a2", alert_verdict::none);
  CAF_CHECK_EQUAL(on.changes(),
                  (texts{"step sensor-1 a1 wrong ann null->6.01E-1", "level all a3 wrong bob null->7.5E-1",
                         "step sensor-1 a1 right ann 6.01E-1->null", "step sensor-1 a2 wrong ann null->6E-1",
                         "level all a4 right ann 7.5E-1->6.5E-1", "step sensor-1 a2 none ann 6E-1->null"}));
  auto some = taught::all();
  some.entity = "sensor-2";
  CAF_CHECK_EQUAL(on.changes(some), texts{"level all a3 wrong bob null->7.5E-1"});
  some = taught::all();
  some.from = timestamp{six_o_clock + 3'600'000 + 9'000};
  CAF_CHECK_EQUAL(on.changes(some), texts{"step sensor-1 a2 none ann 6E-1->null"});
  some = taught::all();
  some.pipeline = "city-traffic";
  CAF_CHECK_EQUAL(on.changes(some), texts{});
  some = taught::all();
  some.sort = "-at";
  some.limit = 1;
  const auto page = must(query::ask(*on.store, some));
  CAF_CHECK_EQUAL(json::serialize(page.items.at(0).at("at")), R"("2026-01-05T07:00:09.000Z")");
  CAF_CHECK(page.next.has_value());
}
