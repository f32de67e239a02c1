// What every result_store does, sentence by sentence of its header. A suite defines CAF_SUITE and `fresh_store()`, then includes this.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>

#include "must.hpp"
#include "storage/result_store.hpp"

namespace {

/// Empty of documents, chunks and records; header ids of earlier tests may stand. Defined by the suite.
throng::storage::result_store& fresh_store();

namespace conformance {

namespace json = boost::json;
using namespace throng;
using namespace throng::storage;
using analytics::collection;
using analytics::document;
using compare = condition::comparison;

using throng::test::must;

inline document make(collection into, std::string id, json::object body, std::int64_t offset = 0,
                     std::string state = {}) {
  return {into, std::move(id), std::move(body), std::move(state), false, offset};
}

inline document window(std::string id, std::int64_t start, std::int64_t offset = 0, std::int64_t partition = 0) {
  return make(collection::windows, std::move(id),
              {{"pipeline", "p"},
               {"window", "w"},
               {"start", start},
               {"end", start + 60'000},
               {"group", {{"district", "north"}}},
               {"group_key", "north"},
               {"partition", partition},
               {"events", 3}},
              offset);
}

inline document tombstone(document of) {
  of.superseded = true;
  of.state.clear();
  return of;
}

inline expected<write_summary> write(result_store& to, const std::vector<document>& documents, stamp as) {
  std::vector<stamped_document> batch;
  for (const auto& each : documents)
    batch.push_back({&each, as});
  return to.write(batch);
}

inline std::vector<stored_document> all(result_store& from, collection of = collection::windows) {
  return must(from.find({of, {}, "", false, 0}));
}

inline std::vector<std::string> ids(const std::vector<stored_document>& documents) {
  std::vector<std::string> out;
  for (const auto& each : documents)
    out.push_back(each.id);
  return out;
}

using names = std::vector<std::string>;

inline names found(result_store& in, find_query query) {
  return ids(must(in.find(query)));
}

CAF_TEST(a document comes back as it was written) {
  auto& store = fresh_store();
  auto d = make(collection::windows, "id1",
                {{"pipeline", "p"},
                 {"window", "w"},
                 {"start", 1'767'592'800'000},
                 {"end", nullptr},
                 {"partition", 2},
                 {"mean", 0.1},
                 {"whole", 5.0},
                 {"sum", -0.0},
                 {"least", 5e-324},
                 {"greatest", 1.7976931348623157e308},
                 {"min", std::numeric_limits<std::int64_t>::min()},
                 {"max", std::numeric_limits<std::uint64_t>::max()},
                 {"yes", true},
                 {"nothing", nullptr},
                 {"text", "Zoë \"\\\n\t\x01 \U0001F600"},
                 {"list", {1, "two", 3.5, nullptr, json::object{{"four", 4}}}},
                 {"empty", json::object{}},
                 {"none", json::array{}}},
                77, std::string("\0state\xff", 7));
  CAF_CHECK_EQUAL(must(write(store, {d}, {3, 4})).written, 1u);
  auto back = all(store);
  CAF_REQUIRE_EQUAL(back.size(), 1u);
  CAF_CHECK_EQUAL(back[0].id, "id1");
  CAF_CHECK(back[0].body == d.body);
  CAF_CHECK(back[0].body.at("whole").is_double());
  CAF_CHECK(std::signbit(back[0].body.at("sum").get_double()));
  CAF_CHECK_EQUAL(back[0].state, d.state);
  CAF_CHECK_EQUAL(back[0].as.generation, 3u);
  CAF_CHECK_EQUAL(back[0].as.write, 4u);
  CAF_CHECK_EQUAL(back[0].offset, 77);
}

CAF_TEST(the order of the fields of a body stays) {
  auto& store = fresh_store();
  auto d =
      make(collection::windows, "id", {{"zebra", 1}, {"apple", 2}, {"pipeline", "p"}, {"mango", {{"z", 1}, {"a", 2}}}});
  must(write(store, {d}, {1, 1}));
  CAF_CHECK_EQUAL(json::serialize(all(store).at(0).body), json::serialize(d.body));
}

CAF_TEST(doubles come back to the last bit) {
  auto& store = fresh_store();
  json::array doubles;
  std::uint64_t bits = 88172645463325252ULL; // xorshift64
  while (doubles.size() < 2'000) {
    bits ^= bits << 13U;
    bits ^= bits >> 7U;
    bits ^= bits << 17U;
    double x = 0;
    std::memcpy(&x, &bits, sizeof x);
    if (std::isfinite(x))
      doubles.push_back(x);
    doubles.push_back(static_cast<double>(bits % 4'000'000'000'000ULL) / 1e6);
  }
  auto d = make(collection::windows, "id", {{"doubles", doubles}});
  must(write(store, {d}, {1, 1}));
  auto back = all(store).at(0).body.at("doubles").as_array();
  CAF_REQUIRE_EQUAL(back.size(), doubles.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < back.size(); ++i)
    same += static_cast<std::size_t>(back[i].get_double() == doubles[i].get_double());
  CAF_CHECK_EQUAL(same, doubles.size());
}

CAF_TEST(odd keys and names that stores use themselves are free for a body to have) {
  auto& store = fresh_store();
  json::object odd{{"a.b", 1},
                   {"$x", 2},
                   {"", 3},
                   {"%24", 4},
                   {"$date", "2026"},
                   {"Straße", 5},
                   {std::string_view("n\0l", 3), 6},
                   {"x", {{"$oid", {{"$ref", 1}}}, {"a.b.c", nullptr}, {"", json::array{json::object{{"$y", 1}}}}}}};
  json::object body = odd;
  for (auto name : {"_id", "id", "generation", "write", "offset", "state", "deleted", "body"})
    body[name] = "mine";
  body["group"] = odd;
  body["pipeline"] = "p";
  auto d = make(collection::windows, "id", body, 5);
  must(write(store, {d}, {1, 1}));
  auto back = all(store).at(0);
  CAF_CHECK(back.body == d.body);
  CAF_CHECK_EQUAL(back.offset, 5);
  CAF_CHECK_EQUAL(back.id, "id");
}

CAF_TEST(times are the same whatever the store makes of them) {
  auto& store = fresh_store();
  std::vector<document> written;
  for (std::int64_t ms : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{253402300799999}})
    written.push_back(make(collection::alerts, "at" + std::to_string(ms), {{"pipeline", "p"}, {"time", ms}}));
  must(write(store, written, {1, 1}));
  auto back = must(store.find({collection::alerts, {}, "time", false, 0}));
  CAF_REQUIRE_EQUAL(back.size(), 4u);
  CAF_CHECK(back[1].body.at("time") == json::value(1));
  CAF_CHECK(back[3].body.at("time").is_int64());
  CAF_CHECK_EQUAL(back[3].body.at("time").get_int64(), 253402300799999);
}

CAF_TEST(an empty batch writes nothing and is no error) {
  auto& store = fresh_store();
  auto sum = must(store.write({}));
  CAF_CHECK_EQUAL(sum.written + sum.repeated + sum.fenced, 0u);
}

CAF_TEST(a greater write of a generation replaces and a lesser one changes nothing) {
  auto& store = fresh_store();
  must(write(store, {window("id", 1'000)}, {1, 5}));
  CAF_CHECK_EQUAL(must(write(store, {window("id", 2'000)}, {1, 6})).written, 1u);
  auto late = must(write(store, {window("id", 3'000)}, {1, 5}));
  CAF_CHECK_EQUAL(late.repeated, 1u);
  CAF_CHECK_EQUAL(late.written, 0u);
  auto back = all(store);
  CAF_REQUIRE_EQUAL(back.size(), 1u);
  CAF_CHECK_EQUAL(back[0].body.at("start").as_int64(), 2'000);
  CAF_CHECK_EQUAL(back[0].as.write, 6u);
}

CAF_TEST(the same stamp again changes nothing and is no failure) {
  auto& store = fresh_store();
  must(write(store, {window("id", 1'000)}, {2, 5}));
  auto again = must(write(store, {window("id", 1'000)}, {2, 5}));
  CAF_CHECK_EQUAL(again.written, 1u);
  CAF_CHECK_EQUAL(again.fenced, 0u);
  CAF_CHECK_EQUAL(all(store).size(), 1u);
}

CAF_TEST(a zombie of an older generation is fenced whatever its write) {
  auto& store = fresh_store();
  must(write(store, {window("id", 1'000)}, {2, 1}));
  auto zombie = must(write(store, {window("id", 2'000), window("other", 2'000)}, {1, 99}));
  CAF_CHECK_EQUAL(zombie.fenced, 1u);
  CAF_CHECK_EQUAL(zombie.written, 1u);
  CAF_CHECK_EQUAL(all(store).at(0).body.at("start").as_int64(), 1'000);
  CAF_CHECK_EQUAL(must(write(store, {window("id", 3'000)}, {3, 0})).written, 1u);
  CAF_CHECK_EQUAL(all(store).at(0).body.at("start").as_int64(), 3'000);
}

CAF_TEST(replacing leaves nothing of what stood there) {
  auto& store = fresh_store();
  must(write(store, {make(collection::windows, "id", {{"pipeline", "p"}, {"old", 1}, {"start", 5}}, 1, "old state")},
             {1, 1}));
  must(write(store, {make(collection::windows, "id", {{"pipeline", "p"}, {"new", 2}}, 2)}, {1, 2}));
  auto back = all(store).at(0);
  CAF_CHECK(back.body == (json::object{{"pipeline", "p"}, {"new", 2}}));
  CAF_CHECK_EQUAL(back.state, "");
  CAF_CHECK(found(store, {collection::windows, {{"start", compare::eq, 5}}, "", false, 0}).empty());
}

CAF_TEST(of one id twice in a batch the last of the greatest stamp stays) {
  auto& store = fresh_store();
  auto first = window("id", 1'000);
  auto second = window("id", 2'000);
  auto third = window("id", 3'000);
  std::vector<stamped_document> batch{{&first, {1, 1}}, {&third, {1, 2}}, {&second, {1, 1}}};
  must(store.write(batch));
  CAF_CHECK_EQUAL(all(store).at(0).body.at("start").as_int64(), 3'000);
  auto fourth = window("id", 4'000);
  batch = {{&third, {1, 3}}, {&fourth, {1, 3}}};
  must(store.write(batch));
  CAF_CHECK_EQUAL(all(store).at(0).body.at("start").as_int64(), 4'000);
}

CAF_TEST(a batch holds documents of several collections and any number of them) {
  auto& store = fresh_store();
  std::vector<document> documents;
  for (int i = 0; i < 2'500; ++i)
    documents.push_back(window("w" + std::to_string(i), i));
  documents.push_back(make(collection::alerts, "a", {{"pipeline", "p"}, {"time", 1}}));
  documents.push_back(make(collection::entities, "e", {{"entity", "x"}}));
  documents.push_back(make(collection::labels, "l", {{"label_id", "x"}}));
  documents.push_back(make(collection::events, "v", {{"topic", "t"}}));
  documents.push_back(make(collection::books, "b", {{"topic", "t"}}));
  CAF_CHECK_EQUAL(must(write(store, documents, {1, 1})).written, 2'505u);
  CAF_CHECK_EQUAL(all(store).size(), 2'500u);
  for (auto of : {collection::alerts, collection::entities, collection::labels, collection::events, collection::books})
    CAF_CHECK_EQUAL(all(store, of).size(), 1u);
}

CAF_TEST(a superseded document is not found and its tombstone keeps the guard) {
  auto& store = fresh_store();
  must(write(store, {window("id", 1'000)}, {1, 1}));
  CAF_CHECK_EQUAL(must(write(store, {tombstone(window("id", 1'000))}, {1, 2})).written, 1u);
  CAF_CHECK(all(store).empty());
  CAF_CHECK_EQUAL(must(write(store, {window("id", 1'000)}, {1, 1})).repeated, 1u);
  CAF_CHECK(all(store).empty());
  CAF_CHECK_EQUAL(must(write(store, {tombstone(window("id", 1'000))}, {0, 9})).fenced, 1u);
  CAF_CHECK_EQUAL(must(write(store, {window("id", 1'000)}, {2, 0})).written, 1u);
  CAF_CHECK_EQUAL(all(store).size(), 1u);
}

CAF_TEST(a tombstone can come before what it supersedes) {
  auto& store = fresh_store();
  CAF_CHECK_EQUAL(must(write(store, {tombstone(window("id", 1'000))}, {1, 2})).written, 1u);
  CAF_CHECK_EQUAL(must(write(store, {window("id", 1'000)}, {1, 1})).repeated, 1u);
  CAF_CHECK(all(store).empty());
}

CAF_TEST(every queryable field can be compared and sorted by) {
  auto& store = fresh_store();
  for (auto of : {collection::windows, collection::alerts, collection::entities, collection::labels, collection::events,
                  collection::books}) {
    for (auto field : queryable_fields(of)) {
      auto& empty = fresh_store();
      const auto& times = analytics::time_fields(of);
      bool is_number = field == "partition" || std::find(times.begin(), times.end(), field) != times.end();
      auto value = [&](int i) { return is_number ? json::value(i) : json::value("v" + std::to_string(i)); };
      std::vector<document> documents;
      for (int i = 1; i <= 4; ++i)
        documents.push_back(make(of, std::to_string(5 - i), {{field, value(i)}})); // ids fall as values rise
      documents.push_back(make(of, "9", {{"unrelated", 1}}));
      must(write(empty, documents, {1, 1}));
      std::string name(field);
      auto ask = [&](compare is, json::value than) {
        return found(empty, {of, {{name, is, std::move(than)}}, name, false, 0});
      };
      CAF_MESSAGE("field " << analytics::name(of) << "." << name);
      CAF_CHECK_EQUAL(ask(compare::eq, value(2)), (names{"3"}));
      CAF_CHECK_EQUAL(ask(compare::in, json::array{value(4), value(1), value(7)}), (names{"4", "1"}));
      CAF_CHECK_EQUAL(ask(compare::lt, value(3)), (names{"4", "3"}));
      CAF_CHECK_EQUAL(ask(compare::lte, value(3)), (names{"4", "3", "2"}));
      CAF_CHECK_EQUAL(ask(compare::gt, value(3)), (names{"1"}));
      CAF_CHECK_EQUAL(ask(compare::gte, value(3)), (names{"2", "1"}));
      CAF_CHECK_EQUAL(ask(compare::eq, nullptr), (names{"9"}));
      CAF_CHECK_EQUAL(found(empty, {of, {}, name, true, 3}), (names{"1", "2", "3"}));
      CAF_CHECK_EQUAL(found(empty, {of, {}, name, false, 2}), (names{"9", "4"}));
    }
  }
  (void)store;
}

CAF_TEST(comparison stays within a type) {
  auto& store = fresh_store();
  must(write(store,
             {make(collection::alerts, "number", {{"entity", 5}}), make(collection::alerts, "real", {{"entity", 5.0}}),
              make(collection::alerts, "text", {{"entity", "5"}}),
              make(collection::alerts, "null", {{"entity", nullptr}}),
              make(collection::alerts, "absent", {{"pipeline", "p"}})},
             {1, 1}));
  auto ask = [&](compare is, json::value than) {
    return found(store, {collection::alerts, {{"entity", is, std::move(than)}}, "", false, 0});
  };
  CAF_CHECK_EQUAL(ask(compare::eq, 5), (names{"number", "real"}));
  CAF_CHECK_EQUAL(ask(compare::eq, "5"), (names{"text"}));
  CAF_CHECK_EQUAL(ask(compare::eq, nullptr), (names{"absent", "null"}));
  CAF_CHECK_EQUAL(ask(compare::gte, 0), (names{"number", "real"}));
  CAF_CHECK_EQUAL(ask(compare::lt, "6"), (names{"text"}));
  CAF_CHECK_EQUAL(ask(compare::gt, ""), (names{"text"}));
  CAF_CHECK_EQUAL(ask(compare::in, json::array{"5", 5}), (names{"number", "real", "text"}));
  CAF_CHECK_EQUAL(ask(compare::in, json::array{}), names{});
  CAF_CHECK_EQUAL(found(store, {collection::alerts, {}, "entity", false, 0}),
                  (names{"absent", "null", "number", "real", "text"}));
}

CAF_TEST(all conditions must hold) {
  auto& store = fresh_store();
  must(write(store, {window("a", 1'000), window("b", 2'000), window("c", 3'000)}, {1, 1}));
  CAF_CHECK_EQUAL(
      found(store, {collection::windows,
                    {{"pipeline", compare::eq, "p"}, {"start", compare::gte, 2'000}, {"start", compare::lt, 3'000}},
                    "",
                    false,
                    0}),
      (names{"b"}));
  CAF_CHECK_EQUAL(found(store, {collection::windows, {{"pipeline", compare::eq, "q"}}, "", false, 0}), names{});
}

CAF_TEST(order by nothing is by id and ties are broken by id) {
  auto& store = fresh_store();
  must(write(store, {window("b", 1'000), window("a", 1'000), window("c", 500), window("B", 1'000)}, {1, 1}));
  CAF_CHECK_EQUAL(ids(all(store)), (names{"B", "a", "b", "c"}));
  CAF_CHECK_EQUAL(found(store, {collection::windows, {}, "start", false, 0}), (names{"c", "B", "a", "b"}));
  CAF_CHECK_EQUAL(found(store, {collection::windows, {}, "start", true, 0}), (names{"B", "a", "b", "c"}));
  CAF_CHECK_EQUAL(found(store, {collection::windows, {}, "start", false, 2}), (names{"c", "B"}));
  CAF_CHECK_EQUAL(found(store, {collection::windows, {}, "", true, 2}), (names{"c", "b"}));
}

CAF_TEST(text in any script is found) {
  auto& store = fresh_store();
  names texts{"Zürich", "東京", "👩‍🔬", "a'b\"c", "x; DROP TABLE windows", "%", "", "$where"};
  std::vector<document> documents;
  for (const auto& text : texts)
    documents.push_back(make(collection::alerts, "id of " + text, {{"entity", text}}));
  must(write(store, documents, {1, 1}));
  for (const auto& text : texts)
    CAF_CHECK_EQUAL(
        found(store, {collection::alerts, {{"entity", compare::eq, boost::json::value(text)}}, "", false, 0}),
        (names{"id of " + text}));
}

CAF_TEST(a field that is not queryable and a value without order are refused) {
  auto& store = fresh_store();
  auto kind = [&](find_query query) {
    auto result = store.find(query);
    return result                                       ? std::string("found")
           : result.error().kind == error_kind::invalid ? "invalid"
                                                        : result.error().message;
  };
  CAF_CHECK_EQUAL(kind({collection::windows, {{"temperature", compare::eq, 1}}, "", false, 0}), "invalid");
  CAF_CHECK_EQUAL(kind({collection::windows, {}, "temperature", false, 0}), "invalid");
  CAF_CHECK_EQUAL(kind({collection::windows, {{"start", compare::lt, nullptr}}, "", false, 0}), "invalid");
  CAF_CHECK_EQUAL(kind({collection::windows, {{"start", compare::eq, true}}, "", false, 0}), "invalid");
  CAF_CHECK_EQUAL(kind({collection::windows, {{"start", compare::in, 5}}, "", false, 0}), "invalid");
  auto sentence = store.find({collection::windows, {{"temperature", compare::eq, 1}}, "", false, 0}).error().message;
  CAF_CHECK(sentence.find("temperature") != std::string::npos);
  CAF_CHECK(sentence.find("group_key") != std::string::npos);
}

CAF_TEST(a claim removes what an older generation wrote at or past its beginning) {
  auto& store = fresh_store();
  must(write(store,
             {window("before", 1, 99), window("at", 2, 100), window("past", 3, 101), window("elsewhere", 4, 200, 1)},
             {1, 1}));
  must(write(store,
             {make(collection::alerts, "alert", {{"pipeline", "p"}, {"partition", 0}}, 150),
              make(collection::alerts, "other", {{"pipeline", "q"}, {"partition", 0}}, 150)},
             {1, 1}));
  must(write(store, {window("mine", 5, 120)}, {2, 1}));
  CAF_CHECK_EQUAL(must(store.remove_overtaken("p", "t", 0, 2, 100)), 3u);
  CAF_CHECK_EQUAL(ids(all(store)), (names{"before", "elsewhere", "mine"}));
  CAF_CHECK_EQUAL(ids(all(store, collection::alerts)), (names{"other"}));
  CAF_CHECK_EQUAL(must(store.remove_overtaken("p", "t", 0, 2, 100)), 0u);
}

CAF_TEST(a claim removes tombstones of older generations only) {
  auto& store = fresh_store();
  must(write(store, {tombstone(window("old", 1, 5))}, {1, 1}));
  must(write(store, {tombstone(window("new", 2, 6))}, {2, 1}));
  CAF_CHECK_EQUAL(must(store.remove_overtaken("p", "t", 0, 2, 100)), 1u);
  CAF_CHECK_EQUAL(must(write(store, {window("old", 1)}, {1, 1})).written, 1u); // nothing guards it any more
  CAF_CHECK_EQUAL(must(write(store, {window("new", 2)}, {1, 1})).fenced, 1u);
}

CAF_TEST(a recorder owns entities events and books of its topic and a labels recorder labels) {
  auto& store = fresh_store();
  auto of_topic = [](collection into, std::string topic) {
    return make(into, "of " + topic, {{"topic", topic}, {"partition", 1}}, 10);
  };
  std::vector<document> documents;
  for (auto into : {collection::entities, collection::events, collection::books})
    for (auto topic : {"iot.readings", "web.clicks"})
      documents.push_back(of_topic(into, topic));
  documents.push_back(of_topic(collection::labels, "iot.readings"));
  must(write(store, documents, {1, 1}));
  CAF_CHECK_EQUAL(must(store.remove_overtaken("recorder:g", "iot.readings", 1, 2, 0)), 3u);
  CAF_CHECK_EQUAL(ids(all(store, collection::entities)), (names{"of web.clicks"}));
  CAF_CHECK_EQUAL(all(store, collection::labels).size(), 1u);
  CAF_CHECK_EQUAL(must(store.remove_overtaken("recorder:g", "truth.labels", 1, 2, 0)), 1u);
  CAF_CHECK(all(store, collection::labels).empty());
}

CAF_TEST(removing a pipeline takes its windows and alerts and no others) {
  auto& store = fresh_store();
  auto other = window("other", 1);
  other.body["pipeline"] = "q";
  must(write(store,
             {window("mine", 1), other, make(collection::alerts, "alert", {{"pipeline", "p"}}),
              make(collection::labels, "label", {{"label_id", "p"}})},
             {1, 1}));
  must(store.remove_pipeline("p"));
  CAF_CHECK_EQUAL(ids(all(store)), (names{"other"}));
  CAF_CHECK(all(store, collection::alerts).empty());
  CAF_CHECK_EQUAL(all(store, collection::labels).size(), 1u);
}

CAF_TEST(removing takes what would be found and says how many) {
  auto& store = fresh_store();
  must(write(store,
             {window("early", 1), window("late", 200), tombstone(window("gone", 1)),
              make(collection::alerts, "alert", {{"pipeline", "p"}})},
             {1, 1}));
  find_query early{collection::windows, {{"pipeline", compare::eq, "p"}, {"start", compare::lt, 200}}, "", false, 0};
  CAF_CHECK_EQUAL(must(store.remove(early)), 1u);
  CAF_CHECK_EQUAL(ids(all(store)), (names{"late"}));
  CAF_CHECK_EQUAL(must(store.remove(early)), 0u);
  CAF_CHECK_EQUAL(all(store, collection::alerts).size(), 1u);
  CAF_CHECK_EQUAL(must(write(store, {window("gone", 1)}, {0, 1})).fenced, 1u); // the tombstone still guards it
  CAF_CHECK(!store.remove({collection::windows, {{"no such field", compare::eq, 1}}, "", false, 0}));
}

CAF_TEST(a header is replaced only where epoch and writer still are as expected) {
  auto& store = fresh_store();
  header_document first{"cas/t/0", 1, 1, "a", "one"};
  CAF_CHECK(!must(store.header("cas/t/0")));
  CAF_CHECK(!must(store.replace_header(first, header_document{"cas/t/0", 1, 1, "a", ""})));
  CAF_CHECK(must(store.replace_header(first, std::nullopt)));
  CAF_CHECK(!must(store.replace_header(first, std::nullopt)));
  header_document second{"cas/t/0", 2, 2, "b", std::string("two\0\xF0\x9F\x98\x80", 8)};
  CAF_CHECK(!must(store.replace_header(second, header_document{"cas/t/0", 1, 1, "x", "one"})));
  CAF_CHECK(!must(store.replace_header(second, header_document{"cas/t/0", 2, 1, "a", "one"})));
  CAF_CHECK(must(store.replace_header(second, first)));
  auto stands = must(store.header("cas/t/0"));
  CAF_REQUIRE(stands);
  CAF_CHECK_EQUAL(stands->epoch, 2u);
  CAF_CHECK_EQUAL(stands->generation, 2u);
  CAF_CHECK_EQUAL(stands->writer, "b");
  CAF_CHECK_EQUAL(stands->content, second.content);
}

CAF_TEST(of many who replace a header at once one succeeds) {
  auto& store = fresh_store();
  header_document first{"race/t/0", 1, 1, "", ""};
  must(store.replace_header(first, std::nullopt));
  std::vector<int> won(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < won.size(); ++i)
    threads.emplace_back([&, i] {
      auto done = store.replace_header({"race/t/0", 2, 2, std::to_string(i), ""}, first);
      won[i] = done && *done ? 1 : 0;
    });
  for (auto& thread : threads)
    thread.join();
  CAF_CHECK_EQUAL(std::count(won.begin(), won.end(), 1), 1);
}

CAF_TEST(headers are listed by prefix) {
  auto& store = fresh_store();
  for (auto id : {"list/a/0", "list/a/1", "list%2Fb/0", "listen/a/0"})
    must(store.replace_header({id, 1, 1, "w", id}, std::nullopt));
  names listed;
  for (const auto& each : must(store.headers("list/")))
    listed.push_back(each.id);
  CAF_CHECK_EQUAL(listed, (names{"list/a/0", "list/a/1"}));
  CAF_CHECK(must(store.headers("nobody/")).empty());
}

CAF_TEST(chunks up to 8 MiB are kept whole) {
  auto& store = fresh_store();
  std::string bytes(8U << 20U, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 2654435761U >> 13U);
  must(store.put_chunk("big/1/1/0", bytes));
  must(store.put_chunk("big/1/1/1", ""));
  must(store.put_chunk("other/1/1/0", "x"));
  CAF_CHECK(must(store.chunk("big/1/1/0")) == bytes);
  CAF_CHECK_EQUAL(must(store.chunk("big/1/1/1")).value_or("none"), "");
  CAF_CHECK(!must(store.chunk("big/1/1/2")));
  CAF_CHECK_EQUAL(must(store.chunk_ids("big/")), (names{"big/1/1/0", "big/1/1/1"}));
  must(store.put_chunk("big/1/1/0", "replaced"));
  CAF_CHECK_EQUAL(must(store.chunk("big/1/1/0")).value_or("none"), "replaced");
  must(store.remove_chunks({"big/1/1/0", "big/1/1/9"}));
  must(store.remove_chunks({}));
  CAF_CHECK_EQUAL(must(store.chunk_ids("big/")), (names{"big/1/1/1"}));
}

CAF_TEST(of a record the last write wins and kinds are apart) {
  auto& store = fresh_store();
  must(store.put_record("runs", "b", {{"seed", 1}, {"mean", 5.0}, {"_id", "x"}}));
  must(store.put_record("runs", "a", {{"seed", 2}}));
  must(store.put_record("runs", "b", {{"seed", 3}}));
  must(store.put_record("inputs", "b", {{"seed", 4}}));
  auto runs = must(store.records("runs"));
  CAF_REQUIRE_EQUAL(runs.size(), 2u);
  CAF_CHECK(runs[0] == (json::object{{"seed", 2}}));
  CAF_CHECK(runs[1] == (json::object{{"seed", 3}}));
  must(store.remove_records("runs"));
  CAF_CHECK(must(store.records("runs")).empty());
  CAF_CHECK_EQUAL(must(store.records("inputs")).size(), 1u);
  CAF_CHECK(!store.put_record("windows", "a", {}));
  CAF_CHECK(!store.put_record("no kind", "a", {}));
}

CAF_TEST(many records go in one call) {
  auto& store = fresh_store();
  std::vector<record> batch;
  for (int i = 0; i < 3'000; ++i)
    batch.push_back({"id" + std::to_string(i), {{"topic", "iot.readings"}, {"count", i}}});
  must(store.put_records("world_books", batch));
  must(store.put_records("world_books", {}));
  CAF_CHECK_EQUAL(must(store.records("world_books")).size(), 3'000u);
}

CAF_TEST(removing results leaves runs inputs and raised headers) {
  auto& store = fresh_store();
  must(write(store,
             {window("w", 1), make(collection::events, "e", {{"topic", "t"}}),
              make(collection::labels, "l", {{"entity", "t"}})},
             {1, 1}));
  must(store.put_record("runs", "r", {{"seed", 1}}));
  must(store.put_record("inputs", "i", {{"seed", 1}}));
  must(store.put_record("world_books", "b", {{"count", 1}}));
  must(store.put_chunk("removal/t/0/1/1/0", "chunk"));
  header_document header{"removal/t/0", 7, 3, "w", "content"};
  must(store.replace_header(header, std::nullopt));
  must(store.remove_results());
  for (auto of : {collection::windows, collection::events, collection::labels})
    CAF_CHECK(all(store, of).empty());
  CAF_CHECK_EQUAL(must(store.records("runs")).size(), 1u);
  CAF_CHECK_EQUAL(must(store.records("inputs")).size(), 1u);
  CAF_CHECK(must(store.records("world_books")).empty());
  CAF_CHECK(must(store.chunk_ids("")).empty());
  auto stands = must(store.header("removal/t/0"));
  CAF_REQUIRE(stands);
  CAF_CHECK_EQUAL(stands->generation, 3u);
  CAF_CHECK_EQUAL(stands->epoch, 8u);
  CAF_CHECK_EQUAL(stands->content, "");
  CAF_CHECK(!must(store.replace_header({"removal/t/0", 8, 3, "w", "late"}, header)));
}

CAF_TEST(stats count what can be found) {
  auto& store = fresh_store();
  must(write(store, {window("a", 1), window("b", 2), tombstone(window("c", 3))}, {1, 1}));
  must(store.put_record("runs", "r", {{"seed", 1}}));
  std::uint64_t windows = 0;
  std::uint64_t runs = 0;
  for (const auto& each : must(store.stats())) {
    if (each.name == "windows") {
      windows = each.documents;
      CAF_CHECK(each.bytes > 0);
    }
    if (each.name == "runs")
      runs = each.documents;
  }
  CAF_CHECK_EQUAL(windows, 2u);
  CAF_CHECK_EQUAL(runs, 1u);
}

CAF_TEST(a check of a store that can be written leaves nothing behind) {
  auto& store = fresh_store();
  must(store.check());
  for (const auto& each : must(store.stats()))
    CAF_CHECK(each.name != "probes" || each.documents == 0);
}

CAF_TEST(readers and writers may call from any thread) {
  auto& store = fresh_store();
  std::vector<std::string> errors(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < errors.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20 && errors[t].empty(); ++i) {
        auto written = write(store, {window(std::to_string(t) + "-" + std::to_string(i), i)}, {1, 1});
        auto read = store.find({collection::windows, {{"pipeline", compare::eq, "p"}}, "start", false, 5});
        if (!written || !read)
          errors[t] = !written ? written.error().message : read.error().message;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CAF_CHECK_EQUAL(errors, std::vector<std::string>(4));
  CAF_CHECK_EQUAL(all(store).size(), 80u);
}

} // namespace conformance

} // namespace
