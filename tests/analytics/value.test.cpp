#define CAF_SUITE analytics.value

#include "analytics/value.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/json_scanner.hpp"
#include "damaged_bytes.hpp"
#include "random_json.hpp"

using namespace throng::analytics;
using throng::test::random_json;

namespace {

owned_value parsed(std::string_view json) {
  json_scanner in{json};
  switch (in.peek()) {
  case '"': {
    json_string token;
    in.take_string(token);
    std::string text;
    append_unescaped(text, token);
    return owned_value{value::of(std::string_view{text})};
  }
  case '[':
    return owned_value{value::array(json)};
  case '{':
    return owned_value{value::object(json)};
  case 't':
  case 'f':
  case 'n': {
    value out;
    in.take_literal(out);
    return owned_value{out};
  }
  default:
    json_number token;
    in.take_number(token);
    return owned_value{number_value(token)};
  }
}

/// No name twice in an object, as the decoder sees to.
owned_value random_value(random_json& random, int depth) {
  for (;;) {
    auto json = random.any(depth);
    if (!repeats_names(json))
      return parsed(json);
  }
}

int order(std::string_view a, std::string_view b) {
  auto x = parsed(a);
  auto y = parsed(b);
  return compare(x.view(), y.view());
}

std::string canonical(const value& x) {
  std::string out;
  append_canonical(out, x);
  return out;
}

std::string canonical(std::string_view json) {
  return canonical(parsed(json).view());
}

} // namespace

CAF_TEST(types are ordered as in MongoDB null numbers text objects arrays booleans) {
  const std::vector<std::string> rising = {"null",         "-5",    "2",   "2.5",         "\"\"",        "\"10\"",
                                           "\"9\"",        "\"a\"", "{}",  R"({"a": 1})", R"({"a": 2})", R"({"b": 1})",
                                           R"({"a": ""})", "[]",    "[1]", "[1, 0]",      "[2]",         "[10]",
                                           "[true]",       "false", "true"};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      CAF_MESSAGE(rising[i] << " and " << rising[j]);
      CAF_CHECK_EQUAL(order(rising[i], rising[j]), i < j ? -1 : (i > j ? 1 : 0));
    }
  }
}

CAF_TEST(numbers compare by their value whatever their type) {
  CAF_CHECK_EQUAL(order("1", "1.0"), 0);
  CAF_CHECK_EQUAL(order("0", "-0.0"), 0);
  CAF_CHECK_EQUAL(order("[1, {\"a\": 2.0}]", "[1.0,{\"a\":2}]"), 0);
  // 2^53 + 1 is no double: rounding either side would call them equal.
  CAF_CHECK_EQUAL(order("9007199254740993", "9007199254740992.0"), 1);
  CAF_CHECK_EQUAL(order("9223372036854775807", "9223372036854775808"), -1);
  CAF_CHECK_EQUAL(order("-9223372036854775808", "-9.223372036854775808e18"), 0);
  auto nan = value::of(std::nan(""));
  CAF_CHECK_EQUAL(compare(nan, value::of(-std::numeric_limits<double>::infinity())), -1);
  CAF_CHECK_EQUAL(compare(nan, nan), 0);
  CAF_CHECK_EQUAL(compare(value{}, value::null()), 0);
}

CAF_TEST(true is not 1 and text is not a number) {
  CAF_CHECK(order("true", "1") != 0);
  CAF_CHECK(order("\"1\"", "1") != 0);
  CAF_CHECK(order("false", "null") != 0);
}

CAF_TEST(canonical text is JSON without a choice) {
  CAF_CHECK_EQUAL(canonical("1.0"), "1");
  CAF_CHECK_EQUAL(canonical("-0.0"), "0");
  CAF_CHECK_EQUAL(canonical("2.50"), "2.5");
  CAF_CHECK_EQUAL(canonical("1e18"), "1000000000000000000");
  CAF_CHECK_EQUAL(canonical("1e19"), "1e+19");
  CAF_CHECK_EQUAL(canonical(value{}), "null");
  CAF_CHECK_EQUAL(canonical(value::of(std::nan(""))), "NaN");
  CAF_CHECK_EQUAL(canonical(R"("a\u0062\n\"")"), R"("ab\u000a\"")");
  CAF_CHECK_EQUAL(canonical(R"( { "\u0061" : [ 1.0 , null ] } )"), R"({"a":[1,null]})");
  CAF_CHECK_EQUAL(canonical("[1e400]"), "[null]");
}

CAF_TEST(the order is total and equal exactly where canonical texts are equal) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    std::vector<owned_value> values;
    for (int i = 0; i < 6; ++i)
      values.push_back(random_value(random, 3));
    for (const auto& a : values) {
      for (const auto& b : values) {
        auto ab = compare(a.view(), b.view());
        RC_ASSERT(ab == -compare(b.view(), a.view()));
        RC_ASSERT((ab == 0) == (canonical(a.view()) == canonical(b.view())));
        for (const auto& c : values) {
          if (ab <= 0 && compare(b.view(), c.view()) <= 0)
            RC_ASSERT(compare(a.view(), c.view()) <= 0);
        }
      }
    }
  }));
}

CAF_TEST(canonical text without allocation is the same text) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    auto x = random_value(random, 2);
    RC_ASSERT(std::string{canonical_text{x.view()}.view()} == canonical(x.view()));
  }));
  for (std::size_t size : {93U, 94U, 95U, 96U, 97U}) {
    std::string text(size, 'x');
    CAF_CHECK_EQUAL(std::string{canonical_text{value::of(std::string_view{text})}.view()}, "\"" + text + "\"");
  }
}

CAF_TEST(canonical text and JSON read back as an equal value) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    auto x = random_value(random, 3);
    RC_ASSERT(compare(parsed(canonical(x.view())).view(), x.view()) == 0);
    std::string json;
    append_json(json, x.view());
    RC_ASSERT(compare(parsed(json).view(), x.view()) == 0);
    RC_ASSERT(valid_json(json));
    RC_ASSERT(compare(owned_value{to_json(x.view())}.view(), x.view()) == 0);
  }));
}

CAF_TEST(doubles are written in the shortest form and read back to the bit) {
  CAF_CHECK(rc::check([](double x) {
    std::string json;
    append_json(json, value::of(x));
    RC_ASSERT(parsed(json).view().number() == x);
    RC_ASSERT(json.size() <= 24U);
  }));
}

CAF_TEST(numbers are correctly rounded) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    auto text = random.number();
    auto x = parsed(text).view();
    auto expected = std::strtod(text.c_str(), nullptr);
    if (std::isinf(expected))
      RC_ASSERT(x.kind() == value_kind::missing);
    else
      RC_ASSERT(x.number() == expected);
  }));
  CAF_CHECK_EQUAL(parsed("1e-400").view().number(), 0.0);
  CAF_CHECK_EQUAL(parsed("0." + std::string(400, '0') + "1").view().number(), 0.0);
  CAF_CHECK(parsed("1" + std::string(400, '0')).view().kind() == value_kind::missing);
  CAF_CHECK(parsed("-1" + std::string(400, '0') + ".5e-1").view().kind() == value_kind::missing);
  CAF_CHECK_EQUAL(parsed("1" + std::string(400, '0') + "e-400").view().number(), 1.0);
  CAF_CHECK_EQUAL(parsed("5e-324").view().number(), 5e-324);
}

CAF_TEST(what is no JSON has no JSON NaN and infinity become null) {
  std::string out;
  append_json(out, value::of(std::numeric_limits<double>::infinity()));
  append_json(out, value::of(std::nan("")));
  CAF_CHECK_EQUAL(out, "nullnull");
  CAF_CHECK(to_json(value::of(std::nan(""))).is_null());
  CAF_CHECK(number_json(20.0).is_int64());
  CAF_CHECK(number_json(20.5).is_double());
  CAF_CHECK(number_json(1e300).is_double());
  CAF_CHECK(number_json(std::nan("")).is_null());
}

CAF_TEST(a value in bytes comes back and other bytes are refused) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    auto x = random_value(random, 3);
    std::string bytes;
    byte_writer out{bytes};
    save_value(out, x.view());
    byte_reader in{bytes};
    auto back = load_value(in);
    RC_ASSERT(in.at_end());
    RC_ASSERT(back.view().kind() == x.view().kind());
    RC_ASSERT(compare(back.view(), x.view()) == 0);
  }));
  auto refused = [](std::string bytes) {
    byte_reader in{bytes};
    CAF_CHECK(throng::test::refuses([&] { load_value(in); }));
  };
  refused("");
  refused("\x09");
  refused(std::string{"\x05\x02\xc3\x28", 4});
  refused(std::string{"\x06\x02[1", 4});
  refused(std::string{"\x06\x02{}", 4});
  refused(std::string{"\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11});
}
