#define CAF_SUITE analytics.expression

#include "analytics/expression.hpp"

#include <cmath>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "decoded_event.hpp"
#include "random_json.hpp"

using namespace throng::analytics;
using throng::test::decoded_event;

namespace {

/// The result as JSON; `missing`, and `error` where a type was wrong. A double is marked by `f`, since 4 and 4.0 look alike.
std::string evaluated(const std::string& definition, const std::string& message) {
  field_table fields;
  auto sut = expression::compile(boost::json::parse(definition), "derive.x", fields, name_scope::message);
  if (!sut)
    throw std::runtime_error{definition + ": " + sut.error().front().sentence};
  decoded_event event{fields, message};
  bool type_error = false;
  auto x = sut->evaluate(event.e, type_error);
  if (type_error)
    return x.kind() == value_kind::null ? "error" : "an error with a value";
  if (x.kind() == value_kind::missing)
    return "missing";
  std::string out;
  append_json(out, x);
  return out + (x.kind() == value_kind::real ? "f" : "");
}

findings wrong(const std::string& definition) {
  field_table fields;
  auto sut = expression::compile(boost::json::parse(definition), "derive.x", fields, name_scope::message);
  return sut ? findings{} : sut.error();
}

} // namespace

CAF_TEST(what is wrong is said with its place and the nearest operator) {
  auto found = wrong(R"({"$add": [{"$multply": ["$a", 2]}, {"$subtract": [1]}, "$$NOW", "$"]})");
  CAF_REQUIRE_EQUAL(found.size(), 4u);
  CAF_CHECK_EQUAL(found[0].path, "derive.x.$add[0].$multply");
  CAF_CHECK_EQUAL(found[0].sentence, "`$multply` is no expression operator; did you mean `$multiply`?");
  CAF_CHECK_EQUAL(found[1].path, "derive.x.$add[1].$subtract");
  CAF_CHECK_EQUAL(found[1].sentence, "`$subtract` takes 2 values, not 1.");
  CAF_CHECK_EQUAL(found[2].path, "derive.x.$add[2]");
  CAF_CHECK_EQUAL(found[3].path, "derive.x.$add[3]");
  for (auto bad : {R"({"$add": [1], "$abs": 1})", R"({"$cond": [1, 2]})", R"({"$cond": {"if": 1, "then": 2}})",
                   R"({"$switch": {"branches": []}})", R"({"$switch": [1]})", R"({"$ifNull": ["$a"]})",
                   R"({"$switch": {"branches": [{"case": 1}]}})", R"({"$switch": {"branches": [5]}})",
                   R"({"$cond": {"if": 1, "then": 2, "else": 3, "esle": 4}})", R"({"$regex": "x"})"}) {
    CAF_MESSAGE(bad);
    CAF_CHECK_EQUAL(wrong(bad).size(), 1u);
  }
}

CAF_TEST(rounding agrees with the nearest decimal of as many places) {
  CAF_CHECK(rc::check([](std::int32_t thousandths, std::uint8_t seed) {
    auto places = seed % 4;
    field_table fields;
    auto sut = expression::compile(boost::json::parse(R"({"$round": ["$x", )" + std::to_string(places) + "]}"), "x",
                                   fields, name_scope::message);
    auto x = thousandths / 1000.0;
    decoded_event event{fields, R"({"x": )" + std::to_string(x) + "}"};
    bool type_error = false;
    auto got = sut->evaluate(event.e, type_error).number();
    RC_ASSERT(std::abs(got - x) <= 0.5 * std::pow(10.0, -places) * (1 + 1e-9));
    auto scaled = got * std::pow(10.0, places);
    RC_ASSERT(std::abs(scaled - std::nearbyint(scaled)) < 1e-6);
  }));
}

CAF_TEST(arithmetic on random numbers agrees with the definition) {
  CAF_CHECK(rc::check([](std::int64_t a, std::int64_t b) {
    auto run = [&](const char* name) {
      field_table fields;
      auto sut = expression::compile(boost::json::parse(std::string{"{\""} + name + R"(": ["$a", "$b"]})"), "x", fields,
                                     name_scope::message);
      decoded_event event{fields, R"({"a": )" + std::to_string(a) + R"(, "b": )" + std::to_string(b) + "}"};
      bool type_error = false;
      auto result = sut->evaluate(event.e, type_error);
      RC_ASSERT(type_error == (b == 0 && (std::string_view{name} == "$divide" || std::string_view{name} == "$mod")));
      return result;
    };
    auto fits = [](long double x) { return x >= -9.2e18L && x <= 9.2e18L; };
    auto exact_sum = static_cast<long double>(a) + b;
    auto sum = run("$add");
    if (fits(exact_sum))
      RC_ASSERT(sum.integer() == static_cast<std::int64_t>(exact_sum));
    else
      RC_ASSERT(std::abs(sum.number() - static_cast<double>(exact_sum)) <= 4096);
    auto exact_product = static_cast<long double>(a) * b;
    auto product = run("$multiply");
    if (fits(exact_product))
      RC_ASSERT(product.integer() == static_cast<std::int64_t>(a) * b);
    else
      RC_ASSERT(product.number() == static_cast<double>(a) * static_cast<double>(b));
    if (b != 0) {
      RC_ASSERT(run("$divide").number() == static_cast<double>(a) / static_cast<double>(b));
      RC_ASSERT(run("$mod").integer() == a % b);
    } else {
      run("$divide");
      run("$mod");
    }
  }));
}

CAF_TEST(an array around a field of the greatest depth is a type error and not a deeper array) {
  auto deep = std::string(63, '[') + std::string(63, ']');
  CAF_CHECK_EQUAL(evaluated("[\"$a\"]", "{\"a\": " + deep + "}"), "[" + deep + "]");
  CAF_CHECK_EQUAL(evaluated("[[\"$a\"]]", "{\"a\": " + deep + "}"), "error");
}

CAF_TEST(text that replacing would make longer than a document may be is a type error) {
  std::string definition = "\"$t\"";
  for (int i = 0; i < 3; ++i)
    definition = R"({"$replaceAll": {"input": )" + definition + R"(, "find": "a", "replacement": ")" +
                 std::string(300, 'a') + "\"}}";
  CAF_CHECK_EQUAL(evaluated(definition, R"({"t": "a"})"), "error");
  CAF_CHECK_EQUAL(evaluated(definition, R"({"t": "b"})"), "\"b\"");
}

CAF_TEST(no random document makes an expression fail) {
  const std::vector<std::string> definitions = {
      R"({"$add": ["$a", "$b"]})",
      R"({"$max": ["$a", "$b", "$c"]})",
      R"({"$min": "$a"})",
      R"({"$in": ["$a", "$b"]})",
      R"({"$concat": ["$a", "$b"]})",
      R"({"$toUpper": "$a"})",
      R"({"$round": ["$a", "$b"]})",
      R"({"$cmp": ["$a", "$b"]})",
      R"({"x": "$a", "y": ["$b", "$c.a"]})",
      R"({"$mod": ["$a", "$b"]})",
      R"({"$switch": {"branches": [{"case": "$a", "then": "$b"}]}})",
  };
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    throng::test::random_json random{seed};
    auto message = random.object(3);
    for (const auto& definition : definitions) {
      auto result = evaluated(definition, message);
      RC_ASSERT(result != "an error with a value");
    }
  }));
}
