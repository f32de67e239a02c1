#define CAF_SUITE query.paging

#include <set>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

bool refused(storage::result_store& store, const query::request& what, std::string_view part) {
  auto answer = ask(store, what);
  return !answer && answer.error().kind == error_kind::invalid &&
         answer.error().message.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(alerts come as the contract says by time) {
  filled_store store;
  store.write({make_alert("b", "sensor-1", six_o_clock + 5), make_alert("a", "sensor-2", six_o_clock + 5),
               make_alert("c", "sensor-1", six_o_clock)});
  auto found = must(ask(*store, alerts()));
  CAF_CHECK_EQUAL(column(found, "id"), (texts{"c", "a", "b"}));
  CAF_CHECK_EQUAL(
      text(found.items[0]),
      R"({"id":"c","pipeline":"city-climate","detector":"shift","entity":"sensor-1","time":"2026-01-05T06:00:00.000Z",)"
      R"("severity":"warning","score":1.5E0,"reason":"it rose","evidence":{"mean":2.05E1},)"
      R"("source":{"topic":"iot.readings","partition":0,"offset":7},"status":"open"})");
  auto what = alerts();
  what.entity = "sensor-1";
  what.sort = "-time";
  CAF_CHECK_EQUAL(column(must(ask(*store, what)), "id"), (texts{"b", "c"}));
  what.to = timestamp{six_o_clock + 5};
  CAF_CHECK_EQUAL(column(must(ask(*store, what)), "id"), (texts{"c"}));
  what.limit = 1;
  what.to.reset();
  CAF_CHECK_EQUAL(column(must(ask(*store, what)), "id"), (texts{"b"}));
  CAF_CHECK_EQUAL(must(query::count(*store, what)), 2u);
}

CAF_TEST(a field that the store sorts by is one although the first documents lack it) {
  filled_store store;
  std::vector<document> documents;
  for (int i = 0; i < 20; ++i) {
    documents.push_back(make_alert("id" + std::to_string(10 + i), "e", six_o_clock + i));
    if (i < 19)
      documents.back().body.erase("severity");
  }
  store.write(documents);
  auto what = alerts();
  what.sort = "severity";
  what.limit = 3;
  CAF_CHECK_EQUAL(must(ask(*store, what)).items.size(), 3u);
  what.sort = "-severity";
  CAF_CHECK(must(ask(*store, what)).items[0].at("id") == "id29");
}

CAF_TEST(a filter beyond the first page is looked for until the page is full) {
  filled_store store;
  std::vector<document> documents;
  for (int i = 0; i < 500; ++i)
    documents.push_back(make_alert("id" + std::to_string(1'000 + i), "e", six_o_clock + i, "shift", i % 100));
  store.write(documents);
  auto what = alerts();
  what.limit = 3;
  what.where = json::parse(R"({"score": 99})").as_object();
  auto found = must(ask(*store, what));
  CAF_CHECK_EQUAL(column(found, "id"), (texts{"id1099", "id1199", "id1299"}));
  CAF_REQUIRE(found.next);
  what.cursor = *found.next;
  found = must(ask(*store, what));
  CAF_CHECK_EQUAL(column(found, "id"), (texts{"id1399", "id1499"}));
  CAF_CHECK(!found.next);
}

CAF_TEST(pages give each item once in order whatever their size) {
  filled_store store;
  CAF_CHECK(rc::check([&] {
    store.clear();
    auto times = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
    std::vector<document> documents;
    for (std::size_t i = 0; i < times.size(); ++i)
      documents.push_back(make_alert("id" + std::to_string(i), "entity-" + std::to_string(times[i] % 2),
                                     six_o_clock + times[i], "shift", times[i]));
    store.write(documents);
    auto what = alerts();
    what.sort = *rc::gen::element<std::string>("", "time", "-time", "score", "-score", "entity", "-evidence.mean", "id",
                                               "source");
    what.limit = 0;
    auto whole = column(must(ask(*store, what)), "id");
    RC_ASSERT(whole.size() == times.size());
    RC_ASSERT(std::set<std::string>(whole.begin(), whole.end()).size() == whole.size());
    texts paged;
    what.limit = *rc::gen::inRange<std::size_t>(1, 5);
    for (;;) {
      auto page = must(ask(*store, what));
      auto ids = column(page, "id");
      RC_ASSERT(ids.size() <= what.limit);
      paged.insert(paged.end(), ids.begin(), ids.end());
      RC_ASSERT(paged.size() <= whole.size());
      if (!page.next)
        break;
      what.cursor = *page.next;
    }
    RC_ASSERT(paged == whole);
  }));
}

CAF_TEST(what is stored meanwhile neither repeats nor skips anything else) {
  filled_store store;
  for (int i = 0; i < 10; ++i)
    store.write({make_alert("m" + std::to_string(i), "e", six_o_clock + std::int64_t{10} * i)});
  auto what = alerts();
  what.limit = 4;
  auto first = must(ask(*store, what));
  store.write({make_alert("early", "e", six_o_clock + 1), make_alert("later", "e", six_o_clock + 45)});
  what.cursor = first.next.value();
  auto second = must(ask(*store, what));
  CAF_CHECK_EQUAL(column(second, "id"), (texts{"m4", "later", "m5", "m6"}));
}

CAF_TEST(windows are paged over merged results) {
  filled_store store;
  std::vector<document> documents;
  for (int i = 0; i < 10; ++i)
    for (int partition = 0; partition < 3; ++partition)
      documents.push_back(make({.start = six_o_clock + i * minute, .partition = partition, .temperatures = {1.0 * i}}));
  store.write(documents);
  auto what = windows();
  what.limit = 4;
  texts starts;
  do {
    auto page = must(ask(*store, what));
    for (auto& start : column(page, "start"))
      starts.push_back(start);
    what.cursor = page.next.value_or("");
  } while (!what.cursor.empty());
  CAF_CHECK_EQUAL(starts.size(), 10u);
  CAF_CHECK(std::is_sorted(starts.begin(), starts.end()));
}

CAF_TEST(a cursor that is damaged or of another query is refused) {
  filled_store store;
  store.write({make_alert("a", "e", six_o_clock), make_alert("b", "e", six_o_clock)});
  auto what = alerts();
  what.limit = 1;
  auto cursor = must(ask(*store, what)).next.value();
  for (auto wrong : {std::string("x"), std::string("zz"), cursor.substr(2), cursor + "0", std::string("5b5d"),
                     std::string("7b7d")}) {
    what.cursor = wrong;
    CAF_CHECK(refused(*store, what, "cursor"));
  }
  what.cursor = cursor;
  what.entity = "e";
  CAF_CHECK(refused(*store, what, "cursor"));
  what.entity.clear();
  what.limit = 7; // may change from page to page
  CAF_CHECK_EQUAL(column(must(ask(*store, what)), "id"), (texts{"b"}));
}

CAF_TEST(options that a subject has no use for are refused by name) {
  filled_store store;
  auto what = alerts();
  what.rollup = milliseconds{1'000};
  CAF_CHECK(refused(*store, what, "--rollup"));
  what = alerts();
  what.group = {{"a", "b"}};
  CAF_CHECK(refused(*store, what, "--group"));
  what = {};
  what.subject = query::subject::labels;
  what.pipeline = "p";
  CAF_CHECK(refused(*store, what, "--pipeline"));
  what = {};
  what.subject = query::subject::runs;
  what.from = timestamp{0};
  CAF_CHECK(refused(*store, what, "--from"));
  CAF_CHECK(!query::parse_subject("window"));
  CAF_CHECK(must(query::parse_subject("events")) == query::subject::events);
}

CAF_TEST(labels entities events and runs can be asked for too) {
  filled_store store;
  document entity{collection::entities,
                  "e",
                  {{"entity", "s-1"}, {"topic", "t"}, {"partition", 0}, {"time", six_o_clock}, {"message", {{"x", 1}}}},
                  "",
                  false,
                  false,
                  5};
  document event{
      collection::events,
      "v",
      {{"topic", "t"}, {"partition", 0}, {"offset", 5}, {"time", six_o_clock}, {"key", "s-1"}, {"message", {{"x", 1}}}},
      "",
      false,
      false,
      5};
  store.write({make_label("l", "s-1", "sensor.stuck", six_o_clock, std::nullopt), entity, event});
  must((*store).put_record("runs", "r1", {{"command", "run"}, {"seed", 42}}));
  auto one = [&](query::subject of, std::string entity_asked) {
    query::request what;
    what.subject = of;
    what.entity = std::move(entity_asked);
    auto answer = must(ask(*store, what));
    return answer.items.size() == 1 ? text(answer.items[0]) : answer.why_empty;
  };
  CAF_CHECK_EQUAL(
      one(query::subject::labels, "s-1"),
      R"({"label_id":"l","cause":"sensor.stuck","entity":"s-1","topic":"iot.readings","start":"2026-01-05T06:00:00.000Z","end":null,"malicious":true})");
  CAF_CHECK_EQUAL(one(query::subject::entities, "s-1"),
                  R"({"entity":"s-1","topic":"t","time":"2026-01-05T06:00:00.000Z","message":{"x":1}})");
  CAF_CHECK_EQUAL(
      one(query::subject::events, "s-1"),
      R"({"topic":"t","partition":0,"offset":5,"time":"2026-01-05T06:00:00.000Z","key":"s-1","message":{"x":1}})");
  CAF_CHECK_EQUAL(one(query::subject::runs, ""), R"({"command":"run","seed":42})");
  CAF_CHECK(one(query::subject::labels, "s-2").find("2026-01-05T06:00:00.000Z") != std::string::npos);
}
