#define CAF_SUITE analytics.match

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
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

} // namespace

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

CAF_TEST(a number too large for a double is nothing there) {
  CAF_CHECK(!matches(R"({"a": 5})", R"({"a": 1e400})"));
  CAF_CHECK(matches(R"({"a": null})", R"({"a": 1e400})"));
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
    const auto& example = x.example;
    field_table fields;
    if (x.for_match)
      CAF_CHECK(match::compile(example.as_object(), "where", fields, name_scope::message).has_value());
    else
      CAF_CHECK(expression::compile(example, "derive", fields, name_scope::message).has_value());
    CAF_CHECK(boost::json::serialize(example).find("\"" + x.name + "\"") != std::string::npos);
    CAF_CHECK(!x.sentence.empty());
    ++documented;
  }
  CAF_CHECK(documented >= 100);
}
