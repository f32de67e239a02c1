// What can be asked of a store, and in which order it answers. Part of conformance.hpp.
#pragma once

#include "conformance_documents.hpp"

namespace {

namespace conformance::finding {

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

} // namespace conformance::finding

} // namespace
