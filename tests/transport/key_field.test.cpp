#define CAF_SUITE transport.key_field

#include "transport/key_field.hpp"

#include <caf/test/unit_test.hpp>

#include <boost/json/parse.hpp>
#include <rapidcheck.h>

using namespace throng::transport;

namespace {

std::string key(std::string_view path, std::string_view json) {
  key_field field{path};
  const auto found = field.of(json);
  return found ? std::string{*found} : "(none)";
}

} // namespace

CAF_TEST(a string gives its bytes and a number its own text) {
  CAF_CHECK_EQUAL(key("id", R"({"id":"sensor-7"})"), "sensor-7");
  CAF_CHECK_EQUAL(key("id", R"({"id":"a\"b\\c\u00e9\n\ud83d\ude00"})"), "a\"b\\c\xc3\xa9\n\xf0\x9f\x98\x80");
  CAF_CHECK_EQUAL(key("id", R"({"id":""})"), "");
  for (const auto* number :
       {"0", "-0", "7", "-12", "1.50", "1e5", "1E+05", "-0.0", "12345678901234567890", "123456789012345678901234",
        "1e400", "0.1000000000000000055511151231257827021181583404541015625"})
    CAF_CHECK_EQUAL(key("id", std::string{R"({"id": )"} + number + " }"), number);
}

CAF_TEST(what is neither text nor number is no key) {
  for (const auto* json : {R"({"id":null})", R"({"id":true})", R"({"id":{}})", R"({"id":["x"]})", R"({"other":"x"})",
                           "{}", "[]", R"(["id","x"])", R"("id")", "7", R"([{"id":"x"}])"})
    CAF_CHECK_EQUAL(key("id", json), "(none)");
  CAF_CHECK_EQUAL(key("", R"({"":"x"})"), "(none)");
}

CAF_TEST(a dotted path goes through objects) {
  CAF_CHECK_EQUAL(key("a.b", R"({"b":"no","a":{"x":{"b":"no"},"b":"yes","c":[{"b":"no"}]},"z":{"b":"no"}})"), "yes");
  CAF_CHECK_EQUAL(key("a.b.c", R"({"a":{"b":{"c":5}}})"), "5");
  CAF_CHECK_EQUAL(key("a.b", R"({"a.b":"no"})"), "(none)");
  CAF_CHECK_EQUAL(key("a.b", R"({"a":[{"b":"no"}]})"), "(none)");
  CAF_CHECK_EQUAL(key("a.b", R"({"a":{"b":{"b":"no"}}})"), "(none)");
  CAF_CHECK_EQUAL(key("a.a", R"({"a":{"a":"yes"}})"), "yes");
  CAF_CHECK_EQUAL(key("a.b", R"({"x":[1,{"a":{"b":"no"}}],"a":{"y":[[]],"b":"yes"}})"), "yes");
}

CAF_TEST(of repeated names the last counts at every level) {
  CAF_CHECK_EQUAL(key("id", R"({"id":"first","id":"last"})"), "last");
  CAF_CHECK_EQUAL(key("id", R"({"id":"first","id":null})"), "(none)");
  CAF_CHECK_EQUAL(key("id", R"({"id":"first","id":{"id":"inner"}})"), "(none)");
  CAF_CHECK_EQUAL(key("a.b", R"({"a":{"b":"first"},"a":{"c":1}})"), "(none)");
  CAF_CHECK_EQUAL(key("a.b", R"({"a":{"b":"first"},"a":7})"), "(none)");
  CAF_CHECK_EQUAL(key("a.b", R"({"a":7,"a":{"b":"last"}})"), "last");
}

CAF_TEST(text that is not JSON has no key) {
  for (const auto* text : {"", " ", "{", R"({"id":"x")", R"({"id":"x"}})", R"({"id":"x"} {"id":"y"})", R"({"id":"x",})",
                           R"({"id":NaN})", R"({id:"x"})", "{\"id\":\"\xff\"}", R"({"id":"\ud800"})", "nonsense"})
    CAF_CHECK_EQUAL(key("id", text), "(none)");
  key_field field{"id"};
  CAF_CHECK(!field.of(R"({"id":"half)"));
  CAF_CHECK(field.of(R"({"id":"whole"})") == "whole"); // a failure leaves nothing behind
}

CAF_TEST(deep nesting is refused and not followed) {
  const auto nested = [](std::size_t depth) {
    return R"({"id":"x","deep":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CAF_CHECK_EQUAL(key("id", nested(60)), "x");
  CAF_CHECK_EQUAL(key("id", nested(10'000)), "(none)");
}

CAF_TEST(any path through any object finds what a whole parse finds) {
  CAF_CHECK(rc::check([] {
    // Objects of few names, so that paths meet and names repeat.
    const std::function<std::string(int)> any = [&any](int depth) -> std::string {
      switch (*rc::gen::inRange(0, depth > 0 ? 6 : 3)) {
      case 0:
        return std::to_string(*rc::gen::inRange(0, 100));
      case 1:
        return "\"s" + std::to_string(*rc::gen::inRange(0, 100)) + "\"";
      case 2:
        return "null";
      case 3:
        return "[" + any(depth - 1) + "]";
      default: {
        std::string object = "{";
        const auto count = *rc::gen::inRange(0, 4);
        for (int i = 0; i < count; ++i)
          object += std::string{i > 0 ? "," : ""} + "\"" + *rc::gen::element('a', 'b') + "\":" + any(depth - 1);
        return object + "}";
      }
      }
    };
    const auto text = any(4);
    const auto path = *rc::gen::element(std::string{"a"}, std::string{"a.b"}, std::string{"a.a"}, std::string{"b.a.b"});
    auto value = boost::json::parse(text);
    for (std::size_t from = 0; from <= path.size(); from += 2) {
      const auto* object = value.if_object();
      const auto* next = object != nullptr ? object->if_contains(path.substr(from, 1)) : nullptr;
      boost::json::value below = next != nullptr ? *next : boost::json::value();
      value = std::move(below);
    }
    const auto wanted = value.is_string()  ? std::string{value.get_string()}
                        : value.is_int64() ? std::to_string(value.get_int64())
                                           : "(none)";
    RC_ASSERT(key(path, text) == wanted);
  }));
}
