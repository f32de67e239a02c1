// Who may replace and remove what: generations, writes, tombstones, claims. Part of conformance.hpp.
#pragma once

#include "conformance_documents.hpp"

namespace {

namespace conformance::guards {

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
  CAF_CHECK(all(store).at(0).body.at("start").as_int64() == 1'000);
  CAF_CHECK_EQUAL(must(write(store, {window("id", 3'000)}, {3, 0})).written, 1u);
  CAF_CHECK(all(store).at(0).body.at("start").as_int64() == 3'000);
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
  CAF_CHECK(all(store).at(0).body.at("start").as_int64() == 3'000);
  auto fourth = window("id", 4'000);
  batch = {{&third, {1, 3}}, {&fourth, {1, 3}}};
  must(store.write(batch));
  CAF_CHECK(all(store).at(0).body.at("start").as_int64() == 4'000);
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

} // namespace conformance::guards

} // namespace
