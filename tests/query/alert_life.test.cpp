#define CAF_SUITE query.alert_life

#include "query/alert_life.hpp"

#include <boost/json/serialize.hpp>

#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;
using query::alert_status;
using query::alert_verdict;

namespace {

struct lived {
  filled_store store;
  timestamp now{six_o_clock + 3'600'000};

  lived() {
    store.write({make_alert("abc1", "sensor-1", six_o_clock), make_alert("abd2", "sensor-2", six_o_clock + 1)});
  }
  expected<json::object> deed(std::string alert, query::alert_change to, std::string by = "ann",
                              std::string note = "") {
    now.ms += 1'000;
    return query::record_deed(*store, {std::move(alert), to, std::move(by), std::move(note), now});
  }
  std::vector<json::object> alerts(const char* where = "{}") {
    query::request what;
    what.subject = query::subject::alerts;
    what.where = json::parse(where).as_object();
    return must(query::ask(*store, what)).items;
  }
};

} // namespace

CAF_TEST(an alert is open until somebody acknowledges it and until it is resolved) {
  lived on;
  CAF_REQUIRE_EQUAL(on.alerts().size(), 2u);
  CAF_CHECK(on.alerts()[0].at("status").as_string() == "open");
  CAF_CHECK(!on.alerts()[0].contains("deeds"));

  auto made = must(on.deed("abc", alert_status::acknowledged, "ann", "on my way"));
  CAF_CHECK_EQUAL(made.at("id").as_string(), "abc1");
  CAF_CHECK_EQUAL(made.at("status").as_string(), "acknowledged");
  must(on.deed("abc1", alert_status::resolved, "bob"));
  auto shown = on.alerts();
  CAF_CHECK_EQUAL(shown[0].at("status").as_string(), "resolved");
  CAF_CHECK_EQUAL(json::serialize(shown[0].at("deeds")),
                  R"([{"status":"acknowledged","by":"ann","at":"2026-01-05T07:00:01.000Z","note":"on my way"},)"
                  R"({"status":"resolved","by":"bob","at":"2026-01-05T07:00:02.000Z","note":""}])");
  CAF_CHECK_EQUAL(shown[1].at("status").as_string(), "open");
  must(on.deed("abc1", alert_status::open));
  CAF_CHECK(on.alerts()[0].at("status").as_string() == "open");
}

CAF_TEST(alerts are asked for by their status) {
  lived on;
  must(on.deed("abd2", alert_status::acknowledged));
  CAF_REQUIRE_EQUAL(on.alerts(R"({"status": "open"})").size(), 1u);
  CAF_CHECK(on.alerts(R"({"status": "open"})")[0].at("id").as_string() == "abc1");
  CAF_CHECK(on.alerts(R"({"status": {"$ne": "open"}, "deeds.by": "ann"})")[0].at("id").as_string() == "abd2");
}

CAF_TEST(a deed that can not be is refused with the reason and leaves no trace) {
  lived on;
  auto refused = on.deed("xyz", alert_status::acknowledged);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message, "there is no alert with the id xyz");
  CAF_CHECK(refused.error().kind == error_kind::not_found);
  refused = on.deed("ab", alert_status::acknowledged);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message, "2 alerts have an id that begins with ab: give more of it");
  refused = on.deed("abc", alert_status::open);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message, "alert abc1 is open already");
  must(on.deed("abc", alert_status::resolved));
  refused = on.deed("abc", alert_status::acknowledged);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message, "alert abc1 is resolved: reopen it first");
  CAF_CHECK_EQUAL(must((*on.store).records("alert_deeds")).size(), 1u);
}

CAF_TEST(an alert that is raised again after a restart is the same alert with the same life) {
  lived on;
  must(on.deed("abc1", alert_status::resolved));
  must((*on.store).remove_pipeline("city-climate")); // --reset
  on.store.write({make_alert("abc1", "sensor-1", six_o_clock)}, {2, 1});
  CAF_REQUIRE_EQUAL(on.alerts().size(), 1u);
  CAF_CHECK(on.alerts()[0].at("status").as_string() == "resolved");
}

CAF_TEST(a verdict is given changed and retracted beside the status and the last one counts) {
  lived on;
  CAF_CHECK(!on.alerts()[0].contains("verdict"));
  auto judged = must(on.deed("abc1", alert_verdict::right, "ann", "the card was stolen"));
  CAF_CHECK_EQUAL(judged.at("verdict").as_string(), "right");
  CAF_CHECK_EQUAL(judged.at("status").as_string(), "open");
  must(on.deed("abc1", alert_status::resolved, "bob"));
  CAF_CHECK(on.alerts()[0].at("verdict").as_string() == "right");
  must(on.deed("abc1", alert_verdict::wrong, "bob"));
  auto shown = on.alerts()[0];
  CAF_CHECK_EQUAL(shown.at("verdict").as_string(), "wrong");
  CAF_CHECK_EQUAL(shown.at("status").as_string(), "resolved");
  CAF_CHECK_EQUAL(json::serialize(shown.at("deeds").as_array().front()),
                  R"({"verdict":"right","by":"ann","at":"2026-01-05T07:00:01.000Z","note":"the card was stolen"})");
  must(on.deed("abc1", alert_verdict::none));
  CAF_CHECK(!on.alerts()[0].contains("verdict"));
  CAF_CHECK(on.alerts()[0].at("status").as_string() == "resolved");
  CAF_CHECK(on.alerts()[0].at("deeds").as_array().size() == 4u);
}

CAF_TEST(alerts are asked for by their verdict and those without one by null) {
  lived on;
  must(on.deed("abd2", alert_verdict::wrong));
  CAF_REQUIRE_EQUAL(on.alerts(R"({"verdict": "wrong"})").size(), 1u);
  CAF_CHECK(on.alerts(R"({"verdict": "wrong"})")[0].at("id").as_string() == "abd2");
  CAF_REQUIRE_EQUAL(on.alerts(R"({"verdict": null})").size(), 1u);
  CAF_CHECK(on.alerts(R"({"verdict": null})")[0].at("id").as_string() == "abc1");
}

CAF_TEST(a verdict that stands already or is not there to retract is refused) {
  lived on;
  auto refused = on.deed("abc1", alert_verdict::none);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::conflict);
  CAF_CHECK_EQUAL(refused.error().message, "alert abc1 has no verdict to retract");
  must(on.deed("abc1", alert_verdict::wrong));
  refused = on.deed("abc1", alert_verdict::wrong);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message, "alert abc1 is marked wrong already");
  CAF_CHECK_EQUAL(must((*on.store).records("alert_deeds")).size(), 1u);
}
