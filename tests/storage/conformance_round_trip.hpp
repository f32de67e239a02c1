// What is written comes back as it was. Part of conformance.hpp.
#pragma once

#include "conformance_documents.hpp"

namespace {

namespace conformance::round_trip {

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

} // namespace conformance::round_trip

} // namespace
