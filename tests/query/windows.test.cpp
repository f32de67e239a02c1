#define CAF_SUITE query.windows

#include <algorithm>
#include <map>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "filled_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

bool says(const error& what, std::string_view part) {
  return what.message.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(partials of all partitions become one window in the shape of the contract) {
  filled_store store;
  store.write(
      {make({.partition = 0, .temperatures = {20, 21}}), make({.partition = 1, .temperatures = {25}, .final = false})});
  auto found = must(ask(*store, windows()));
  CAF_REQUIRE_EQUAL(found.items.size(), 1u);
  CAF_CHECK(!found.next);
  auto expected_body =
      json::parse(R"({"pipeline":"city-climate","window":"climate-1m","start":"2026-01-05T06:00:00.000Z",
    "end":"2026-01-05T06:01:00.000Z","group":{"district":"north"},"events":3,"final":false,"late":0,
    "temperature":{"count":3,"mean":22,"max":25,"missing":0}})");
  CAF_CHECK_EQUAL(text(found.items[0]), json::serialize(expected_body));
}

CAF_TEST(pipeline window group entity and time choose) {
  filled_store store;
  store.write({make({.temperatures = {1}}), make({.start = six_o_clock + minute, .temperatures = {2}}),
               make({.start = six_o_clock + 2 * minute, .district = "south", .temperatures = {3}}),
               make({.window = "climate-5m", .length = 5 * minute, .temperatures = {4}}),
               make({.pipeline = "other", .temperatures = {5}}), make({.district = 7, .temperatures = {6}})});
  auto count_of = [&](auto change) {
    auto what = windows();
    change(what);
    auto items = must(ask(*store, what)).items.size();
    CAF_CHECK_EQUAL(must(query::count(*store, what)), items);
    return items;
  };
  CAF_CHECK_EQUAL(count_of([](auto&) {}), 5u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.pipeline.clear(); }), 6u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.window = "climate-5m"; }), 1u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.group = {{"district", "south"}}; }), 1u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.group = {{"district", "7"}}; }), 1u); // a number, as text
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.group = {{"district", "nor"}}; }), 0u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.group = {{"region", "north"}}; }), 0u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.entity = "south"; }), 1u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.from = timestamp{six_o_clock + minute}; }), 2u);
  CAF_CHECK_EQUAL(count_of([](auto& what) { what.to = timestamp{six_o_clock + minute}; }), 3u);
}

CAF_TEST(a group is found alike by the store and by looking at each whatever its values are) {
  const json::array districts{7,      7.5,    -0.25, 1e21,         true,      nullptr, "7",
                              "true", "null", "",    "a \"b\", c", "Währing", "[7]"};
  filled_store store;
  std::vector<document> written;
  for (const auto& district : districts)
    written.push_back(make({.district = district, .temperatures = {1}}));
  store.write(written);
  std::size_t found = 0;
  for (const auto* asked :
       {"7", "7.0", "7.5", "-0.25", "1e+21", "1e21", "true", "null", "", "a \"b\", c", "Währing", "[7]", "8"}) {
    auto what = windows();
    what.group = {{"district", asked}};
    const auto by_store = query::render(must(ask(*store, what)), query::subject::windows, query::format::ndjson, 0);
    what.window.clear(); // so that the store can't tell which fields a group has
    CAF_CHECK_EQUAL(by_store,
                    query::render(must(ask(*store, what)), query::subject::windows, query::format::ndjson, 0));
    found += must(ask(*store, what)).items.size();
  }
  CAF_CHECK_EQUAL(found, districts.size());
}

CAF_TEST(where and sort see merged values) {
  filled_store store;
  store.write({make({.partition = 0, .temperatures = {10}}), make({.partition = 1, .temperatures = {30}}),
               make({.start = six_o_clock + minute, .temperatures = {15}}),
               make({.start = six_o_clock + 2 * minute, .temperatures = {5}})});
  auto what = windows();
  what.where = json::parse(R"({"temperature.mean": {"$gte": 15}, "start": {"$lt": "2026-01-05T06:02"}})").as_object();
  what.sort = "-temperature.mean";
  CAF_CHECK_EQUAL(column(must(ask(*store, what)), "start"),
                  (texts{"2026-01-05T06:00:00.000Z", "2026-01-05T06:01:00.000Z"}));
  what.sort = "temperature.mean";
  CAF_CHECK_EQUAL(column(must(ask(*store, what)), "start"),
                  (texts{"2026-01-05T06:01:00.000Z", "2026-01-05T06:00:00.000Z"}));
  what.where = json::parse(R"({"temperature.max": 30})").as_object();
  CAF_CHECK_EQUAL(must(query::count(*store, what)), 1u);
  what.where = json::parse(R"({"temperature.max": {"$gtt": 30}})").as_object();
  auto refused = ask(*store, what);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::invalid);
  CAF_CHECK(says(refused.error(), "$gt"));
}

CAF_TEST(a sort field that nothing has is refused with the fields that there are) {
  filled_store store;
  store.write({make({.temperatures = {10}})});
  auto what = windows();
  what.sort = "-temperature.meen";
  auto refused = ask(*store, what);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::invalid);
  CAF_CHECK(says(refused.error(), "temperature.mean"));
}

CAF_TEST(runs are sorted by their end though none has ended) {
  filled_store store;
  must((*store).put_record("runs", "1", {{"id", "1"}, {"began", "2026-01-05T06:00:00.000Z"}}));
  query::request what;
  what.subject = query::subject::runs;
  what.sort = "-ended";
  CAF_CHECK_EQUAL(must(ask(*store, what)).items.size(), 1u);
  what.sort = "-eneded";
  CAF_CHECK(!ask(*store, what).has_value());
}

CAF_TEST(a sort field is held against all that is chosen and not against what where leaves of it) {
  filled_store store;
  auto with = make_alert("a", "s-1", six_o_clock);
  with.body["evidence"] = json::object{{"z", 4.5}};
  store.write({with, make_alert("b", "s-1", six_o_clock + minute)});
  query::request what;
  what.subject = query::subject::alerts;
  what.sort = "evidence.z";
  what.where = json::parse(R"({"id": "b"})").as_object(); // leaves the one without
  CAF_CHECK_EQUAL(must(query::ask(*store, what)).items.size(), 1u);
  what.where.reset();
  what.from = timestamp{six_o_clock + minute}; // chooses the one without
  CAF_CHECK(!query::ask(*store, what));
  what.from = timestamp{six_o_clock + 2 * minute}; // chooses none: nothing to object to
  CAF_CHECK(must(query::ask(*store, what)).items.empty());
}

CAF_TEST(what a later claim has overtaken is no result) {
  filled_store store;
  store.claim("city-climate", 100);
  store.write({make({.temperatures = {1}, .offset = 99}),
               make({.start = six_o_clock + minute, .temperatures = {2}, .offset = 100}),
               make({.partition = 1, .temperatures = {3}, .offset = 500})},
              {1, 1});
  CAF_CHECK_EQUAL(must(ask(*store, windows())).items.size(), 2u);
  store.claim("city-climate", 100); // removes it, and a zombie writes it again
  store.write({make({.start = six_o_clock + minute, .temperatures = {2}, .offset = 100})}, {1, 2});
  auto found = must(ask(*store, windows()));
  CAF_REQUIRE_EQUAL(found.items.size(), 1u);
  CAF_CHECK_EQUAL(found.items[0].at("events").as_int64(), 2);
  store.write({make({.start = six_o_clock + minute, .temperatures = {2, 3, 4}, .offset = 110})}, {2, 1});
  CAF_CHECK_EQUAL(must(ask(*store, windows())).items.size(), 2u);
}

CAF_TEST(tumbling windows roll up to a multiple of their length) {
  filled_store store;
  std::vector<document> documents;
  for (int i = 0; i < 120; ++i)
    documents.push_back(
        make({.start = six_o_clock + i * minute, .partition = i % 3, .temperatures = {static_cast<double>(i)}}));
  store.write(documents);
  auto what = windows();
  what.rollup = milliseconds{60 * minute};
  auto found = must(ask(*store, what));
  CAF_CHECK_EQUAL(column(found, "start"), (texts{"2026-01-05T06:00:00.000Z", "2026-01-05T07:00:00.000Z"}));
  CAF_CHECK_EQUAL(column(found, "end"), (texts{"2026-01-05T07:00:00.000Z", "2026-01-05T08:00:00.000Z"}));
  CAF_CHECK_EQUAL(column(found, "events"), (texts{"60", "60"}));
  CAF_CHECK_EQUAL(found.items[1].at("temperature").at("mean").to_number<double>(), 89.5);
  CAF_CHECK_EQUAL(found.items[1].at("temperature").at("max").to_number<double>(), 119);
  what.from = timestamp{six_o_clock + minute}; // chosen by the longer window's start, and then whole
  found = must(ask(*store, what));
  CAF_CHECK_EQUAL(column(found, "start"), (texts{"2026-01-05T07:00:00.000Z"}));
  CAF_CHECK_EQUAL(column(found, "events"), (texts{"60"}));
  what.from.reset();
  what.to = timestamp{six_o_clock + minute};
  found = must(ask(*store, what));
  CAF_CHECK_EQUAL(column(found, "start"), (texts{"2026-01-05T06:00:00.000Z"}));
  CAF_CHECK_EQUAL(column(found, "events"), (texts{"60"}));
}

CAF_TEST(a roll - up that can not be is refused with what can) {
  filled_store store;
  store.write({make({.temperatures = {1}}), make({.window = "climate-5m", .length = 5 * minute, .temperatures = {4}}),
               make({.window = "climate-5m", .start = six_o_clock + minute, .length = 5 * minute, .temperatures = {4}}),
               make({.window = "visits", .start = six_o_clock + 1, .length = 1'000, .temperatures = {4}}),
               make({.window = "visits", .start = six_o_clock + 2'001, .length = 3'000, .temperatures = {4}})});
  auto refusal = [&](std::string window, std::int64_t rollup) {
    auto what = windows();
    what.window = std::move(window);
    what.rollup = milliseconds{rollup};
    auto answer = ask(*store, what);
    if (answer)
      return std::string("answered");
    CAF_CHECK(answer.error().kind == error_kind::invalid);
    return answer.error().message;
  };
  CAF_CHECK(refusal("climate-1m", 90'000).find("multiples of its length, 1m") != std::string::npos);
  CAF_CHECK(refusal("climate-1m", 0).find("1h") != std::string::npos);
  CAF_CHECK(refusal("climate-5m", 10 * minute).find("not tumbling") != std::string::npos);
  CAF_CHECK(refusal("visits", 60 * minute).find("not tumbling") != std::string::npos);
  CAF_CHECK_EQUAL(refusal("climate-1m", minute), "answered");
}

CAF_TEST(an empty answer says what is there instead) {
  filled_store store;
  auto why = [&](query::request what) {
    auto answer = must(ask(*store, what));
    CAF_CHECK(answer.items.empty());
    return answer.why_empty;
  };
  CAF_CHECK(why(windows()).find("holds no") != std::string::npos);
  store.claim("city-climate", 0);
  store.claim("web-traffic", 0);
  store.write({make({.temperatures = {1}})});
  auto what = windows();
  what.pipeline = "city-climat";
  auto sentence = why(what);
  CAF_CHECK(sentence.find("did you mean 'city-climate'") != std::string::npos);
  CAF_CHECK(sentence.find("web-traffic") != std::string::npos);
  what = windows();
  what.window = "climate-1h";
  CAF_CHECK(why(what).find("climate-1m") != std::string::npos);
  what = windows();
  what.from = timestamp{six_o_clock + 60 * minute};
  CAF_CHECK(why(what).find("2026-01-05T06:00:00.000Z") != std::string::npos);
  what = windows();
  what.pipeline = "web-traffic";
  CAF_CHECK(why(what).find("web-traffic") != std::string::npos);
}

CAF_TEST(a window that there is not is told with those that the pipeline defines however much is stored) {
  filled_store store;
  store.claim("city-climate", 0);
  std::vector<document> many;
  for (int i = 0; i < 2'001; ++i)
    many.push_back(make({.start = six_o_clock + i * minute, .temperatures = {1}}));
  store.write(many);
  auto what = windows();
  what.window = "climate-1h";
  CAF_CHECK_EQUAL(must(ask(*store, what)).why_empty, "no windows of city-climate match"); // nobody says which there are
  must((*store).put_records("pipelines",
                            std::vector<storage::record>{
                                {"city-climate", {{"name", "city-climate"}, {"windows", {{{"name", "climate-1m"}}}}}},
                                {"web-traffic", {{"name", "web-traffic"}, {"windows", {{{"name", "status-1m"}}}}}}}));
  CAF_CHECK_EQUAL(must(ask(*store, what)).why_empty,
                  "there is no window 'climate-1h' in this store (did you mean 'climate-1m'?); there is climate-1m");
}

CAF_TEST(merging equals one partition that saw everything whatever the split and order) {
  filled_store store;
  CAF_CHECK(rc::check([&] {
    store.clear();
    std::map<std::pair<std::int64_t, std::string>, std::vector<double>> naive;
    std::map<std::tuple<std::int64_t, std::string, int>, std::vector<double>> split;
    auto events = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1 << 20));
    for (auto bits : events) {
      auto start = six_o_clock + (bits & 3) * minute;
      std::string district = (bits & 4) != 0 ? "north" : "south";
      auto temperature = static_cast<double>((bits >> 6) % 64) / 4; // sums of these are exact
      naive[{start, district}].push_back(temperature);
      split[{start, district, (bits >> 3) % 5}].push_back(temperature);
    }
    std::vector<document> documents;
    for (const auto& [where, temperatures] : split)
      documents.push_back(make({.start = std::get<0>(where),
                                .district = json::value(std::get<1>(where)),
                                .partition = std::get<2>(where),
                                .temperatures = temperatures}));
    if (*rc::gen::arbitrary<bool>())
      std::reverse(documents.begin(), documents.end());
    store.write(documents);
    auto what = windows();
    what.limit = 0;
    auto found = must(ask(*store, what));
    RC_ASSERT(found.items.size() == naive.size());
    for (const auto& item : found.items) {
      auto start = parse_iso8601(std::string(item.at("start").as_string()))->ms;
      const auto& expected_values = naive.at({start, std::string(item.at("group").at("district").as_string())});
      double sum = 0;
      for (auto x : expected_values)
        sum += x;
      RC_ASSERT(item.at("events").as_int64() == static_cast<std::int64_t>(expected_values.size()));
      RC_ASSERT(item.at("temperature").at("mean").to_number<double>() ==
                sum / static_cast<double>(expected_values.size()));
      RC_ASSERT(item.at("temperature").at("max").to_number<double>() ==
                *std::max_element(expected_values.begin(), expected_values.end()));
    }
  }));
}
