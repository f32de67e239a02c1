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

struct row {
  const char* definition;
  const char* expected;
};

} // namespace

CAF_TEST(expressions have the values that MongoDB gives them) {
  const std::string message =
      R"({"i": 7, "j": -2, "f": 2.5, "w": 4.0, "t": "Text", "e": "a\tb", "b": true, "n": null, "z": 0, "o": {"p": 3, "q": "x"},)"
      R"( "l": [3, 1, 2], "m": ["b", "a\n"], "big": 9223372036854775807, "s": [{"v": 1}, {"v": 2}]})";
  const row rows[] = {
      // Values and fields.
      {"5", "5"},
      {"2.5", "2.5f"},
      {"\"plain\"", "\"plain\""},
      {"null", "null"},
      {"\"$i\"", "7"},
      {"\"$o.p\"", "3"},
      {"\"$s.v\"", "[1,2]"},
      {"\"$absent\"", "missing"},
      {"\"$n\"", "null"},
      {R"({"$literal": "$i"})", "\"$i\""},
      {R"({"$literal": {"$add": [1]}})", R"({"$add":[1]})"},
      {R"(["$i", 1.5, "$absent", "$t"])", R"([7,1.5,null,"Text"])"},
      {R"({"a": "$i", "b": "$absent", "c": {"d": "$t"}})", R"({"a":7,"c":{"d":"Text"}})"},
      // Sums and products: integers as long as they fit.
      {R"({"$add": ["$i", 1]})", "8"},
      {R"({"$add": ["$i", "$f"]})", "9.5f"},
      {R"({"$add": ["$i", 1.0]})", "8f"},
      {R"({"$add": "$i"})", "7"},
      {R"({"$add": []})", "0"},
      {R"({"$add": ["$big", 1]})", "9223372036854775808f"},
      {R"({"$add": ["$i", "$n"]})", "null"},
      {R"({"$add": ["$i", "$absent"]})", "null"},
      {R"({"$add": ["$i", "$t"]})", "error"},
      {R"({"$add": ["$i", "$b"]})", "error"},
      {R"({"$add": ["$i", "$l"]})", "error"},
      {R"({"$subtract": ["$i", "$j"]})", "9"},
      {R"({"$subtract": ["$j", "$big"]})", "-9223372036854775808f"},
      {R"({"$subtract": ["$n", 1]})", "null"},
      {R"({"$subtract": ["$t", "$n"]})", "error"},
      {R"({"$multiply": ["$i", "$j", 2]})", "-28"},
      {R"({"$multiply": ["$f", 2]})", "5f"},
      {R"({"$multiply": ["$big", 2]})", "18446744073709551616f"},
      {R"({"$multiply": []})", "1"},
      {R"({"$divide": ["$i", 2]})", "3.5f"},
      {R"({"$divide": [6, 2]})", "3f"},
      {R"({"$divide": ["$i", "$z"]})", "error"},
      {R"({"$divide": ["$i", "$absent"]})", "null"},
      {R"({"$mod": ["$i", 4]})", "3"},
      {R"({"$mod": [-7, 4]})", "-3"},
      {R"({"$mod": ["$i", 2.5]})", "2f"},
      {R"({"$mod": ["$i", 0]})", "error"},
      {R"({"$mod": [-9223372036854775808, -1]})", "0"},
      {R"({"$abs": "$j"})", "2"},
      {R"({"$abs": [-2.5]})", "2.5f"},
      {R"({"$abs": -9223372036854775808})", "9223372036854775808f"},
      {R"({"$abs": "$n"})", "null"},
      {R"({"$abs": "$t"})", "error"},
      {R"({"$floor": "$f"})", "2f"},
      {R"({"$floor": -2.5})", "-3f"},
      {R"({"$floor": "$i"})", "7"},
      {R"({"$ceil": "$f"})", "3f"},
      {R"({"$ceil": "$absent"})", "null"},
      {R"({"$round": "$f"})", "2f"},
      {R"({"$round": 3.5})", "4f"},
      {R"({"$round": [-2.5]})", "-2f"},
      {R"({"$round": [2.345, 2]})", "2.35f"},
      {R"({"$round": [2.125, 2]})", "2.12f"},
      {R"({"$round": [1234.5, -2]})", "1200f"},
      {R"({"$round": [1250, -2]})", "1200"},
      {R"({"$round": [1350, -2]})", "1400"},
      {R"({"$round": [-1351, -2]})", "-1400"},
      {R"({"$round": ["$big", -19]})", "0"},
      {R"({"$round": ["$big", -1]})", "9223372036854775808f"},
      {R"({"$round": [1, 101]})", "error"},
      {R"({"$round": [1, 0.5]})", "error"},
      {R"({"$round": ["$n", 1]})", "null"},
      // The least and the greatest, over all types.
      {R"({"$min": ["$i", "$f", "$n", "$absent"]})", "2.5f"},
      {R"({"$max": ["$i", "$f"]})", "7"},
      {R"({"$max": ["$i", "$t", "$b"]})", "true"},
      {R"({"$min": ["$n", "$absent"]})", "null"},
      {R"({"$min": "$l"})", "1"},
      {R"({"$max": ["$l"]})", "3"},
      {R"({"$min": "$m"})", "\"a\\u000a\""},
      {R"({"$max": ["$l", 9]})", "[3, 1, 2]"},
      // Comparison: all types have an order, and absent is below null.
      {R"({"$eq": ["$w", 4]})", "true"},
      {R"({"$eq": ["$i", "7"]})", "false"},
      {R"({"$eq": ["$n", null]})", "true"},
      {R"({"$eq": ["$absent", null]})", "false"},
      {R"({"$gt": ["$n", "$absent"]})", "true"},
      {R"({"$eq": ["$absent", "$gone"]})", "true"},
      {R"({"$ne": ["$i", 7]})", "false"},
      {R"({"$gt": ["$t", 1000]})", "true"},
      {R"({"$lt": ["$n", -1000]})", "true"},
      {R"({"$gte": ["$i", 7.0]})", "true"},
      {R"({"$lte": ["$i", 6]})", "false"},
      {R"({"$lt": ["$b", "$t"]})", "false"},
      {R"({"$cmp": ["$i", "$j"]})", "1"},
      {R"({"$cmp": ["$j", "$j"]})", "0"},
      {R"({"$cmp": [1, "a"]})", "-1"},
      {R"({"$eq": ["$l", [3, 1, 2.0]]})", "true"},
      {R"({"$eq": ["$o", {"p": 3, "q": "x"}]})", "true"},
      // Logic: 0, null and absent are false, all else is true.
      {R"({"$and": ["$i", "$t", "$l"]})", "true"},
      {R"({"$and": ["$i", "$z"]})", "false"},
      {R"({"$and": []})", "true"},
      {R"({"$or": ["$z", "$n", "$absent"]})", "false"},
      {R"({"$or": ["$z", ""]})", "true"},
      {R"({"$or": []})", "false"},
      {R"({"$not": ["$z"]})", "true"},
      {R"({"$not": "$t"})", "false"},
      {R"({"$cond": [{"$gt": ["$i", 5]}, "high", "low"]})", "\"high\""},
      {R"({"$cond": {"if": "$absent", "then": 1, "else": "$f"}})", "2.5f"},
      {R"({"$cond": [true, 1, {"$add": ["$t", 1]}]})", "1"},
      {R"({"$ifNull": ["$n", "$absent", "$i"]})", "7"},
      {R"({"$ifNull": ["$z", 1]})", "0"},
      {R"({"$ifNull": ["$n", "$absent"]})", "missing"},
      {R"({"$ifNull": [{"$add": ["$t", 1]}, 0]})", "error"},
      {R"({"$switch": {"branches": [{"case": "$z", "then": 1}, {"case": "$i", "then": 2}], "default": 3}})", "2"},
      {R"({"$switch": {"branches": [{"case": "$z", "then": 1}], "default": 3}})", "3"},
      {R"({"$switch": {"branches": [{"case": "$z", "then": 1}]}})", "error"},
      // Elements and text.
      {R"({"$in": [2, "$l"]})", "true"},
      {R"({"$in": ["$i", [1, "$i"]]})", "true"},
      {R"({"$in": ["$i", ["7"]]})", "false"},
      {R"({"$in": ["$i", {"$literal": [7.0]}]})", "true"},
      {R"({"$in": ["$i", "$t"]})", "error"},
      {R"({"$concat": ["$t", "-", "$e"]})", "\"Text-a\\u0009b\""},
      {R"({"$concat": ["$t", "$n"]})", "null"},
      {R"({"$concat": ["$t", "$i"]})", "error"},
      {R"({"$concat": []})", "\"\""},
      {R"({"$toLower": "$t"})", "\"text\""},
      {R"({"$toUpper": "ab-Z{é}"})", "\"AB-Z{é}\""},
      {R"({"$toUpper": "$absent"})", "\"\""},
      {R"({"$toLower": "$i"})", "\"7\""},
      {R"({"$toLower": "$b"})", "error"},
      // Nested.
      {R"({"$add": [{"$multiply": ["$f", 1.8]}, 32]})", "36.5f"},
      {R"({"$subtract": ["$f", {"$multiply": [0.05, {"$ifNull": ["$absent", 10]}]}]})", "2f"},
  };
  for (const auto& [definition, expected] : rows) {
    CAF_MESSAGE(definition);
    CAF_CHECK_EQUAL(evaluated(definition, message), expected);
  }
}

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
