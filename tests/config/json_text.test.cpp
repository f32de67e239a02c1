#define CAF_SUITE config.json

#include "config/json_text.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck.h>

using namespace throng::config;

namespace json = boost::json;

namespace {

/// `LINE:COLUMN sentence` of the only problem; else how many there are.
std::string problem_in(std::string_view text) {
  auto read = read_json(text, "f");
  if (read)
    return "none";
  if (read.error().size() != 1)
    return std::to_string(read.error().size());
  const auto& one = read.error().front();
  return fmt::format("{}:{} {}", one.line, one.column, one.sentence);
}

bool begins_with(const std::string& text, std::string_view prefix) {
  if (text.rfind(prefix, 0) == 0)
    return true;
  CAF_MESSAGE("it is: " << text);
  return false;
}

std::string place_of(const json_text& in, const std::string& path) {
  auto at = in.source.positions.find(path);
  return at == in.source.positions.end() ? "none" : fmt::format("{}:{}", at->second.line, at->second.column);
}

std::string key_place_of(const json_text& in, const std::string& path) {
  auto at = in.source.key_positions.find(path);
  return at == in.source.key_positions.end() ? "none" : fmt::format("{}:{}", at->second.line, at->second.column);
}

} // namespace

CAF_TEST(comments and trailing commas are allowed wherever blanks are) {
  auto read = read_json(R"(// first
/* a "comment" { */ { // after
  "a" /* k */ : /* v */ [1, /**/ 2,/***/], // x
  "b": "// no comment /* nor this */",
  "c": 12// ends a number
  ,
}
// last)",
                        "f");
  CAF_REQUIRE(read.has_value());
  CAF_CHECK_EQUAL(json::serialize(read->root), R"({"a":[1,2],"b":"// no comment /* nor this */","c":12})");
}

CAF_TEST(every value and key has its line and column) {
  auto read = read_json(
      "\xef\xbb\xbf{\n  \"a\": 12,\n  \"äö\": [true, {\"x\": null}, \"\\u0041\",\n -0.5e2],\r\n\t\"e\": \"\", "
      "\"f\":{}\n}",
      "f");
  CAF_REQUIRE(read.has_value());
  CAF_CHECK_EQUAL(place_of(*read, ""), "1:1");
  CAF_CHECK_EQUAL(key_place_of(*read, "a"), "2:3");
  CAF_CHECK_EQUAL(place_of(*read, "a"), "2:8");
  // Columns count characters, not bytes.
  CAF_CHECK_EQUAL(place_of(*read, "äö"), "3:9");
  CAF_CHECK_EQUAL(place_of(*read, "äö[0]"), "3:10");
  CAF_CHECK_EQUAL(place_of(*read, "äö[1]"), "3:16");
  CAF_CHECK_EQUAL(key_place_of(*read, "äö[1].x"), "3:17");
  CAF_CHECK_EQUAL(place_of(*read, "äö[1].x"), "3:22");
  CAF_CHECK_EQUAL(place_of(*read, "äö[2]"), "3:29");
  CAF_CHECK_EQUAL(place_of(*read, "äö[3]"), "4:2");
  CAF_CHECK_EQUAL(place_of(*read, "e"), "5:7");
  CAF_CHECK_EQUAL(place_of(*read, "f"), "5:15");
}

CAF_TEST(numbers are read to the last bit) {
  CAF_CHECK(rc::check([](std::uint64_t bits) {
    double x = 0;
    static_assert(sizeof x == sizeof bits);
    std::memcpy(&x, &bits, sizeof x);
    RC_PRE(std::isfinite(x));
    auto read = read_json(fmt::format("[{}]", x), "f");
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->root.at(0).to_number<double>() == x);
  }));
  CAF_CHECK(read_json("9223372036854775807", "f")->root == json::value(INT64_MAX));
  CAF_CHECK(read_json("-9223372036854775808", "f")->root == json::value(INT64_MIN));
}

CAF_TEST(a whole number is an integer however it is written) {
  for (auto text : {"1000", "1e3", "1000.0", "10E2", "0.1e4"})
    CAF_CHECK(read_json(text, "f")->root.is_int64());
  for (auto text : {"0.5", "1e300", "-0.0"})
    CAF_CHECK(read_json(text, "f")->root.is_double());
}

CAF_TEST(a number beyond a double is a problem and not infinity) {
  CAF_CHECK(begins_with(problem_in("{\"a\": 1e400}"), "1:7 1e400 is too large or too small"));
  CAF_CHECK(begins_with(problem_in("[-1e999]"), "1:2 -1e999 is too large or too small"));
}

CAF_TEST(a repeated key is a problem at its second place) {
  CAF_CHECK(
      begins_with(problem_in("{\"a\": 1,\n \"b\": {\"a\": 2},\n \"a\": 3}"), "3:2 the key stands here a second time"));
  auto read = read_json("{\"a\": {\"b\": 1, \"b\": 2}, \"a\": 3}", "f");
  CAF_REQUIRE(!read.has_value());
  CAF_REQUIRE_EQUAL(read.error().size(), 2u);
  CAF_CHECK_EQUAL(read.error()[0].path, "a.b");
  CAF_CHECK_EQUAL(read.error()[1].path, "a");
}

CAF_TEST(a syntax error has a place and a sentence) {
  CAF_CHECK(begins_with(problem_in(""), "1:0 nothing but blanks"));
  CAF_CHECK(begins_with(problem_in(" \n // c\n"), "2:"));
  CAF_CHECK(begins_with(problem_in("{\n \"a\": 1\n \"b\": 2}"),
                        "3:2 unexpected `\"` in the object that begins in line 1; is a comma"));
  CAF_CHECK(begins_with(problem_in("{\n \"a\" 1}"), "2:6 unexpected `1` after a key"));
  CAF_CHECK(begins_with(problem_in("{'a': 1}"), "1:2 unexpected `'`; texts and keys stand in double quotes"));
  CAF_CHECK(begins_with(problem_in("{a: 1}"), "1:2 unexpected `a`"));
  CAF_CHECK(begins_with(problem_in("[1, 2"), "1:5 the text ends, but the [ of line 1 is not closed"));
  CAF_CHECK(begins_with(problem_in("{\"a\": {\n\n"), "2:1 the text ends, but the { of line 1 is not closed"));
  CAF_CHECK(begins_with(problem_in("{} x"), "1:4 unexpected `x` after the end"));
  CAF_CHECK(begins_with(problem_in("{} {}"), "1:4 unexpected `{` after the end"));
  CAF_CHECK(begins_with(problem_in("[1] /* x"), "1:5 a comment begins here"));
  CAF_CHECK(begins_with(problem_in("[1 / 2]"), "1:4 unexpected `/`"));
  CAF_CHECK(begins_with(problem_in("[1]/"), "1:4 unexpected `/`"));
  CAF_CHECK(begins_with(problem_in("[\"a\nb\"]"), "1:4 a text may not hold a line break"));
  CAF_CHECK(begins_with(problem_in("[\"a\\x\"]"), "1:5 `x` does not continue an escape"));
  CAF_CHECK(begins_with(problem_in("[\"\xff\"]"), "1:3 the byte 0xff is not valid UTF-8"));
  CAF_CHECK(begins_with(problem_in("12x"), "1:3 unexpected `x` after the end"));
  CAF_CHECK(begins_with(problem_in("[NaN]"), "1:2 unexpected `N`"));
  CAF_CHECK(begins_with(problem_in("[01]"), "1:3 unexpected `1`"));
  CAF_CHECK(begins_with(problem_in("[,]"), "1:2 unexpected `,`"));
  CAF_CHECK(begins_with(problem_in("tru"), "1:3 the text ends within"));
}

CAF_TEST(size and depth and length of texts are bounded) {
  CAF_CHECK(begins_with(problem_in(std::string(10'000, '[')), "1:65 nested deeper than 64"));
  CAF_CHECK(read_json(std::string(64, '[') + std::string(64, ']'), "f").has_value());
  CAF_CHECK(begins_with(problem_in("[\"" + std::string(greatest_string + 1, 'a') + "\"]"), "1:2 a text of more than"));
  CAF_CHECK(read_json("[\"" + std::string(greatest_string, 'a') + "\"]", "f").has_value());
  CAF_CHECK(
      begins_with(problem_in("{\"" + std::string(greatest_string + 1, 'a') + "\": 1}"), "1:2 a text of more than"));
  CAF_CHECK(begins_with(problem_in(std::string(greatest_text + 1, ' ')), "0:0 4194305 bytes"));
}

CAF_TEST(any bytes are read or refused but never more) {
  CAF_CHECK(rc::check([] {
    auto text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("{}[]\",:/*\\ \n1-.eEtrufalsn\xc3\xa4\x01")));
    auto read = read_json(text, "f");
    if (!read)
      RC_ASSERT(!read.error().empty());
  }));
}

CAF_TEST(what is written as JSON is read back) {
  CAF_CHECK(rc::check([](const std::vector<std::pair<std::string, int>>& members) {
    json::object object;
    for (const auto& [key, value] : members)
      object[fmt::format("k{}", key.size())] = json::array{value, nullptr, true, json::object{{"in", value}}};
    auto read = read_json(json::serialize(object), "f");
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->root == json::value(object));
  }));
}
