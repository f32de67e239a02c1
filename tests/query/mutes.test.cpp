#define CAF_SUITE query.mutes

#include "query/mutes.hpp"

#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

struct muted {
  filled_store store;
  timestamp now{six_o_clock + 3'600'000};

  muted() {
    store.write({make_alert("a1", "sensor-1", six_o_clock, "shift"),
                 make_alert("a2", "sensor-1", six_o_clock + minute, "stuck"),
                 make_alert("a3", "sensor-2", six_o_clock + 2 * minute, "shift")});
  }
  expected<json::object> mute(query::mute_scope of, std::int64_t from, std::int64_t until, std::string note = "") {
    now.ms += 1'000;
    return query::record_mute(*store, {std::move(of), {from}, {until}, "ann", std::move(note), now});
  }
  expected<json::object> end(std::string id, std::int64_t until) {
    now.ms += 1'000;
    return query::end_mute(*store, {std::move(id), {until}, "bob", "cleaned", now});
  }
  /// Ids of the alerts that are shown as muted.
  texts ids(const char* where = R"({"muted": {"$ne": null}})") {
    auto asked = alerts();
    asked.where = json::parse(where).as_object();
    return column(must(query::ask(*store, asked)), "id");
  }
  json::array stored() {
    json::array out;
    for (auto& each : must((*store).records("mutes")))
      out.push_back(std::move(each));
    return out;
  }
};

constexpr auto long_after = six_o_clock + 60 * minute;

} // namespace

CAF_TEST(a mute takes the alerts that are of all it names) {
  muted on;
  CAF_CHECK_EQUAL(on.ids(), texts{});
  must(on.mute({"", "", "sensor-1"}, six_o_clock, long_after));
  CAF_CHECK_EQUAL(on.ids(), (texts{"a1", "a2"}));
  muted both;
  must(both.mute({"city-climate", "shift", "sensor-1"}, six_o_clock, long_after));
  CAF_CHECK_EQUAL(both.ids(), texts{"a1"});
  must(both.mute({"city-traffic", "", ""}, six_o_clock, long_after));
  CAF_CHECK_EQUAL(both.ids(), texts{"a1"});
  must(both.mute({"", "shift", ""}, six_o_clock, long_after));
  CAF_CHECK_EQUAL(both.ids(), (texts{"a1", "a3"}));
  CAF_CHECK_EQUAL(both.ids(R"({"muted": null})"), texts{"a2"});
  must(both.mute({"city-climate", "", ""}, six_o_clock, long_after));
  CAF_CHECK_EQUAL(both.ids(), (texts{"a1", "a2", "a3"}));
}

CAF_TEST(a mute begins with its first moment and ends before its last) {
  muted on;
  must(on.mute({"city-climate", "", ""}, six_o_clock + 1, six_o_clock + 2 * minute));
  CAF_CHECK_EQUAL(on.ids(), texts{"a2"});
  must(on.mute({"city-climate", "", ""}, six_o_clock + 2 * minute, six_o_clock + 2 * minute + 1));
  CAF_CHECK_EQUAL(on.ids(), (texts{"a2", "a3"}));
}

CAF_TEST(an alert shows who muted it until when and why and of several mutes the longest) {
  muted on;
  must(on.mute({"", "", "sensor-1"}, six_o_clock, long_after + 1, "being replaced"));
  must(on.mute({"", "shift", ""}, six_o_clock, long_after, "too loud"));
  auto shown = must(query::ask(*on.store, alerts())).items;
  CAF_CHECK_EQUAL(shown[0].at("muted").at("note").as_string(), "being replaced");
  CAF_CHECK_EQUAL(shown[0].at("muted").at("until").as_string(), "2026-01-05T07:00:00.001Z");
  CAF_CHECK_EQUAL(shown[0].at("muted").at("by").as_string(), "ann");
  CAF_CHECK_EQUAL(shown[2].at("muted").at("note").as_string(), "too loud");
}

CAF_TEST(a mute that is ended keeps on record who did it why and what was meant) {
  muted on;
  auto made = must(on.mute({"", "", "sensor-1"}, six_o_clock, long_after, "being replaced"));
  const std::string id{made.at("id").as_string()};
  auto ended = must(on.end(id.substr(0, 10), six_o_clock + minute));
  CAF_CHECK_EQUAL(on.ids(), texts{"a1"}); // it was muted then
  CAF_CHECK_EQUAL(
      text(ended),
      R"({"id":")" + id +
          R"(","entity":"sensor-1","from":"2026-01-05T06:00:00.000Z","until":"2026-01-05T06:01:00.000Z",)"
          R"("by":"ann","at":"2026-01-05T07:00:01.000Z","note":"being replaced",)"
          R"("ended":{"by":"bob","at":"2026-01-05T07:00:02.000Z","note":"cleaned","until":"2026-01-05T07:00:00.000Z"}})");
  CAF_CHECK_EQUAL(json::serialize(on.stored()), "[" + text(ended) + "]");
  auto again = on.end(id, six_o_clock + minute);
  CAF_REQUIRE(!again);
  CAF_CHECK(again.error().kind == error_kind::conflict);
  must(on.end(id, 0)); // before it began: it never was
  CAF_CHECK_EQUAL(on.ids(), texts{});
}

CAF_TEST(mutes are listed in the order in which they were made) {
  muted on;
  query::request asked;
  asked.subject = query::subject::mutes;
  CAF_CHECK_EQUAL(must(query::ask(*on.store, asked)).why_empty, "nothing has been muted in this store");
  for (const auto* entity : {"c", "a", "b"})
    must(on.mute({"", "", entity}, six_o_clock, long_after));
  CAF_CHECK_EQUAL(column(must(query::ask(*on.store, asked)), "entity"), (texts{"c", "a", "b"}));
  asked.sort = "-entity";
  asked.limit = 2;
  auto page = must(query::ask(*on.store, asked));
  CAF_CHECK_EQUAL(column(page, "entity"), (texts{"c", "b"}));
  asked.cursor = page.next.value();
  CAF_CHECK_EQUAL(column(must(query::ask(*on.store, asked)), "entity"), texts{"a"});
  asked = {};
  asked.subject = query::subject::mutes;
  asked.entity = "a";
  CAF_CHECK(!query::ask(*on.store, asked)); // left out in silence otherwise
}

CAF_TEST(a mute that can not be is refused and leaves no trace) {
  muted on;
  auto refused = on.mute({}, six_o_clock, long_after);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message,
                  "a mute needs a pipeline, a detector or an entity: all alerts can not be muted");
  CAF_CHECK(!on.mute({"", "", "sensor-1"}, six_o_clock, six_o_clock));
  CAF_CHECK(on.stored().empty());
  refused = on.end("ffff", long_after);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().message, "there is no mute with the id ffff");
  CAF_CHECK(refused.error().kind == error_kind::not_found);
}

CAF_TEST(mutes outlive a new start of the analysis and a new run) {
  muted on;
  must(on.mute({"", "", "sensor-1"}, six_o_clock, long_after));
  must((*on.store).remove_pipeline("city-climate"));
  must((*on.store).remove_results());
  on.store.write({make_alert("a1", "sensor-1", six_o_clock)}, {2, 1});
  CAF_CHECK_EQUAL(on.ids(), texts{"a1"});
}
