#define CAF_SUITE analytics.match

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/expression.hpp"
#include "decoded_event.hpp"
#include "random_json.hpp"

using namespace throng::analytics;
using throng::test::decoded_event;

namespace {

bool matches(const std::string& definition, const std::string& message) {
  field_table fields;
  auto sut = match::compile(boost::json::parse(definition).as_object(), "where", fields, name_scope::message);
  if (!sut)
    throw std::runtime_error{definition + ": " + sut.error().front().sentence};
  decoded_event event{fields, message};
  return sut->matches(event.e);
}

findings wrong(const std::string& definition) {
  field_table fields;
  auto sut = match::compile(boost::json::parse(definition).as_object(), "where", fields, name_scope::message);
  return sut ? findings{} : sut.error();
}

struct row {
  const char* definition;
  const char* message;
  bool expected;
};

} // namespace

CAF_TEST(conditions hold as in MongoDB) {
  const row rows[] = {
      // Everything and nothing.
      {R"({})", R"({})", true},
      {R"({})", R"({"a": 1})", true},
      // Equality: numbers across their types and nothing else across types.
      {R"({"a": 1})", R"({"a": 1})", true},
      {R"({"a": 1})", R"({"a": 1.0})", true},
      {R"({"a": 1})", R"({"a": "1"})", false},
      {R"({"a": 1})", R"({"a": true})", false},
      {R"({"a": 1})", R"({})", false},
      {R"({"a": {"$eq": "x"}})", R"({"a": "x"})", true},
      {R"({"a": 9007199254740993})", R"({"a": 9007199254740992.0})", false},
      {R"({"a": false})", R"({"a": 0})", false},
      // Null and absent.
      {R"({"a": null})", R"({})", true},
      {R"({"a": null})", R"({"a": null})", true},
      {R"({"a": null})", R"({"a": 0})", false},
      {R"({"a": {"$ne": null}})", R"({})", false},
      {R"({"a": {"$ne": null}})", R"({"a": 0})", true},
      {R"({"a": {"$gte": null}})", R"({})", true},
      {R"({"a": {"$lte": null}})", R"({"a": null})", true},
      {R"({"a": {"$gt": null}})", R"({"a": 5})", false},
      {R"({"a": 5})", R"({"a": 1e400})", false},
      {R"({"a": null})", R"({"a": 1e400})", true},
      // Not equal takes in what is absent or of another type.
      {R"({"a": {"$ne": 1}})", R"({})", true},
      {R"({"a": {"$ne": 1}})", R"({"a": "1"})", true},
      {R"({"a": {"$ne": 1}})", R"({"a": 1.0})", false},
      // Order within one type only.
      {R"({"a": {"$gt": 5}})", R"({"a": 6})", true},
      {R"({"a": {"$gt": 5}})", R"({"a": 5})", false},
      {R"({"a": {"$gte": 5}})", R"({"a": 5.0})", true},
      {R"({"a": {"$gt": 5}})", R"({"a": "6"})", false},
      {R"({"a": {"$gt": 5}})", R"({"a": true})", false},
      {R"({"a": {"$lt": 5}})", R"({})", false},
      {R"({"a": {"$lt": 5}})", R"({"a": null})", false},
      {R"({"a": {"$lt": "b"}})", R"({"a": "a"})", true},
      {R"({"a": {"$lt": "b"}})", R"({"a": 1})", false},
      {R"({"a": {"$gt": false}})", R"({"a": true})", true},
      {R"({"a": {"$gt": -60, "$lt": 60}})", R"({"a": 0})", true},
      {R"({"a": {"$gt": -60, "$lt": 60}})", R"({"a": 60})", false},
      {R"({"a": {"$gte": "2026-01-05"}})", R"({"a": "2026-01-05T06:00:00Z"})", true},
      // Not turns a whole condition around.
      {R"({"a": {"$not": {"$gt": 5}}})", R"({"a": 6})", false},
      {R"({"a": {"$not": {"$gt": 5}}})", R"({"a": "x"})", true},
      {R"({"a": {"$not": {"$gt": 5}}})", R"({})", true},
      {R"({"a": {"$not": {"$gt": 0, "$lt": 9}}})", R"({"a": 10})", true},
      // One of.
      {R"({"a": {"$in": [1, "x", null]}})", R"({"a": 1.0})", true},
      {R"({"a": {"$in": [1, "x", null]}})", R"({"a": "x"})", true},
      {R"({"a": {"$in": [1, "x", null]}})", R"({})", true},
      {R"({"a": {"$in": [1, "x"]}})", R"({"a": "1"})", false},
      {R"({"a": {"$in": []}})", R"({"a": 1})", false},
      {R"({"a": {"$nin": [1, 2]}})", R"({"a": 3})", true},
      {R"({"a": {"$nin": [1, 2]}})", R"({})", true},
      {R"({"a": {"$nin": [1, 2]}})", R"({"a": 2})", false},
      {R"({"a": {"$nin": []}})", R"({"a": 1})", true},
      // Exists.
      {R"({"a": {"$exists": true}})", R"({"a": null})", true},
      {R"({"a": {"$exists": true}})", R"({})", false},
      {R"({"a": {"$exists": false}})", R"({})", true},
      {R"({"a": {"$exists": false}})", R"({"a": null})", false},
      // Arrays: the whole or an element.
      {R"({"a": 2})", R"({"a": [1, 2]})", true},
      {R"({"a": "x\ny"})", R"({"a": ["x\ny"]})", true},
      {R"({"a": [1, 2]})", R"({"a": [1, 2.0]})", true},
      {R"({"a": [1, 2]})", R"({"a": [[1, 2], 3]})", true},
      {R"({"a": [1, 2]})", R"({"a": [2, 1]})", false},
      {R"({"a": {"$gt": 5}})", R"({"a": [1, 9]})", true},
      {R"({"a": {"$gt": 5, "$lt": 3}})", R"({"a": [1, 9]})", true},
      {R"({"a": {"$ne": 2}})", R"({"a": [1, 2]})", false},
      {R"({"a": {"$in": [9, 2]}})", R"({"a": [1, 2]})", true},
      {R"({"a": {"$nin": [9, 2]}})", R"({"a": [1, 2]})", false},
      {R"({"a": null})", R"({"a": [1, null]})", true},
      {R"({"a": {"$gt": [1]}})", R"({"a": [2]})", true},
      {R"({"a": []})", R"({"a": []})", true},
      // Objects are equal with the same fields in the same order.
      {R"({"a": {"b": 1}})", R"({"a": {"b": 1.0}})", true},
      {R"({"a": {"b": 1}})", R"({"a": {"b": 1, "c": 2}})", false},
      {R"({"a": {"b": 1, "c": 2}})", R"({"a": {"c": 2, "b": 1}})", false},
      {R"({"a": {}})", R"({"a": {}})", true},
      {R"({"a": {}})", R"({"a": {"b": 1}})", false},
      // Dotted paths.
      {R"({"a.b": 1})", R"({"a": {"b": 1}})", true},
      {R"({"a.b": null})", R"({"a": 5})", true},
      {R"({"a.b": 2})", R"({"a": [{"b": 1}, {"b": 2}]})", true},
      {R"({"a.1": 2})", R"({"a": [1, 2]})", true},
      {R"({"a.b": {"$exists": true}})", R"({"a": {"c": 1}})", false},
      // Text by a pattern.
      {R"({"a": {"$regex": "^/api/"}})", R"({"a": "/api/v1"})", true},
      {R"({"a": {"$regex": "^/api/"}})", R"({"a": "x/api/"})", false},
      {R"({"a": {"$regex": "API"}})", R"({"a": "/api/v1"})", false},
      {R"({"a": {"$regex": "API", "$options": "i"}})", R"({"a": "/api/v1"})", true},
      {R"({"a": {"$options": "i", "$regex": "API"}})", R"({"a": "/api/v1"})", true},
      {R"({"a": {"$regex": "^b", "$options": "m"}})", R"({"a": "a\nb"})", true},
      {R"({"a": {"$regex": "1"}})", R"({"a": 1})", false},
      {R"({"a": {"$regex": "x"}})", R"({"a": ["y", "x"]})", true},
      {R"({"a": {"$regex": ""}})", R"({})", false},
      {R"({"a": {"$not": {"$regex": "x"}}})", R"({"a": "y"})", true},
      {R"({"a": {"$regex": "ö.$"}})", R"({"a": "\u00f6ß"})", true},
      // Together.
      {R"({"a": 1, "b": 2})", R"({"a": 1, "b": 2})", true},
      {R"({"a": 1, "b": 2})", R"({"a": 1})", false},
      {R"({"$or": [{"a": 1}, {"b": 2}]})", R"({"b": 2})", true},
      {R"({"$or": [{"a": 1}, {"b": 2}]})", R"({"b": 3})", false},
      {R"({"$and": [{"a": 1}, {"b": 2}]})", R"({"a": 1, "b": 2})", true},
      {R"({"$nor": [{"a": 1}, {"b": 2}]})", R"({"a": 2, "b": 1})", true},
      {R"({"$nor": [{"a": 1}, {"b": 2}]})", R"({"a": 1})", false},
      {R"({"c": 3, "$or": [{"a": 1}, {"$and": [{"b": 2}, {"d": {"$exists": false}}]}]})", R"({"c": 3, "b": 2})", true},
  };
  for (const auto& [definition, message, expected] : rows) {
    CAF_MESSAGE(definition << " on " << message);
    CAF_CHECK_EQUAL(matches(definition, message), expected);
  }
}

CAF_TEST(an operator that is not there is named with the nearest one that is) {
  auto found = wrong(R"({"temperature": {"$gtt": 5}, "$or": [{"a": {"$inn": [1]}}], "$nand": []})");
  CAF_REQUIRE_EQUAL(found.size(), 3u);
  CAF_CHECK_EQUAL(found[0].path, "where.temperature.$gtt");
  CAF_CHECK_EQUAL(found[0].sentence, "`$gtt` is no match operator; did you mean `$gt`?");
  CAF_CHECK_EQUAL(found[1].path, "where.$or[0].a.$inn");
  CAF_CHECK_EQUAL(found[2].path, "where.$nand");
  CAF_CHECK(found[2].sentence.find("did you mean `$and`") != std::string::npos);
  CAF_CHECK(wrong(R"({"a": {"$somethingElse": 1}})").at(0).sentence.find("$exists") != std::string::npos);
}

CAF_TEST(all that is wrong is said at once with its place) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"$and": []})", "where.$and"},
      {R"({"$or": {"a": 1}})", "where.$or"},
      {R"({"$or": [1]})", "where.$or[0]"},
      {R"({"$gt": 5})", "where.$gt"},
      {R"({"a": {"$and": [{"b": 1}]}})", "where.a.$and"},
      {R"({"a": {"$in": 5}})", "where.a.$in"},
      {R"({"a": {"$exists": "yes"}})", "where.a.$exists"},
      {R"({"a": {"$not": 5}})", "where.a.$not"},
      {R"({"a": {"$not": {}}})", "where.a.$not"},
      {R"({"a": {"$not": {"$inn": []}}})", "where.a.$not.$inn"},
      {R"({"a": {"$regex": 5}})", "where.a.$regex"},
      {R"({"a": {"$regex": "("}})", "where.a.$regex"},
      {R"({"a": {"$regex": "a", "$options": "ix"}})", "where.a.$regex"},
      {R"({"a": {"$options": "i"}})", "where.a.$options"},
      {R"({"a": {"$gt": 1, "b": 2}})", "where.a.b"},
  };
  for (const auto& [definition, path] : cases) {
    auto found = wrong(definition);
    CAF_MESSAGE(definition);
    CAF_REQUIRE_EQUAL(found.size(), 1u);
    CAF_CHECK_EQUAL(found[0].path, path);
    CAF_CHECK(!found[0].sentence.empty());
  }
}

CAF_TEST(names mean the message in where and the computed field afterwards) {
  field_table fields;
  auto definition = boost::json::parse(R"({"a": 1})").as_object();
  auto computed = fields.computed_field("a");
  auto where = match::compile(definition, "where", fields, name_scope::message);
  auto when = match::compile(definition, "when", fields, name_scope::pipeline);
  decoded_event event{fields, R"({"a": 1})"};
  event.e.slots[computed] = value::of(std::int64_t{2});
  CAF_CHECK(where->matches(event.e));
  CAF_CHECK(!when->matches(event.e));
}

CAF_TEST(a number too large for a double within an array is nothing there) {
  CAF_CHECK(matches(R"({"a": [1, null]})", R"({"a": [1, null]})"));
  CAF_CHECK(!matches(R"({"a": {"$gt": [1, 1e400]}})", R"({"a": [1, null]})"));
  CAF_CHECK(matches(R"({"a": {"$gt": [1, 1e400]}})", R"({"a": [1, 2]})"));
  CAF_CHECK(matches(R"({"a": {"$gte": {"b": 1e400}}})", R"({"a": {"b": 7}})"));
}

CAF_TEST(a condition and its contrary never both hold) {
  using throng::test::random_json;
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    static const char* const operators[] = {"$eq", "$gt", "$gte", "$lt", "$lte"};
    auto message = random.object(3);
    auto condition = std::string{"{\""} + operators[random.below(5)] + "\":" + random.any(2) + "}";
    auto holds = matches(R"({"a":)" + condition + "}", message);
    RC_ASSERT(matches(R"({"a": {"$not":)" + condition + "}}", message) != holds);
    RC_ASSERT(matches(R"({"$nor": [{"a":)" + condition + "}]}", message) != holds);
  }));
}

CAF_TEST(every operator in the documentation compiles with its example) {
  int documented = 0;
  for (const auto& x : supported_operators()) {
    auto example = boost::json::parse(x.example);
    field_table fields;
    if (x.for_match)
      CAF_CHECK(match::compile(example.as_object(), "where", fields, name_scope::message).has_value());
    else
      CAF_CHECK(expression::compile(example, "derive", fields, name_scope::message).has_value());
    CAF_CHECK(std::string{x.example}.find(x.name) != std::string::npos);
    CAF_CHECK(!x.sentence.empty());
    ++documented;
  }
  CAF_CHECK(documented >= 30);
}
