#define CAF_SUITE config.json_shape

#include "config/json_shape.hpp"

#include <random>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;

namespace {

using kind = json_scalar::kind;

/// What a path finds, as the parser sees it: null where there is nothing.
const boost::json::value* find(const boost::json::value& in, const std::string& path) {
  const auto* at = &in;
  for (std::size_t from = 0; from <= path.size();) {
    auto dot = std::min(path.find('.', from), path.size());
    if (!at->is_object())
      return nullptr;
    at = at->get_object().if_contains(path.substr(from, dot - from));
    if (at == nullptr)
      return nullptr;
    from = dot + 1;
  }
  return at;
}

bool same(const json_scalar& got, const boost::json::value* wanted) {
  switch (got.is) {
  case kind::missing:
    return wanted == nullptr;
  case kind::text:
    return wanted != nullptr && wanted->is_string() && std::string_view{wanted->get_string()} == got.text;
  case kind::integer:
    if (wanted == nullptr || !wanted->is_number())
      return false;
    return got.count > 18 ||
           (wanted->is_int64() && (got.text[0] == '-' ? -got.digits : got.digits) == wanted->get_int64());
  case kind::real:
    return wanted != nullptr && wanted->is_double();
  case kind::literal:
    return wanted != nullptr && (wanted->is_bool() || wanted->is_null());
  }
  return false;
}

/// Messages of one random form, with values that change.
class random_form {
public:
  explicit random_form(std::uint64_t seed)
      : bits_{seed} {
    form_ = object(2);
  }

  std::uint64_t below(std::uint64_t n) {
    return bits_() % n;
  }
  std::string message() {
    std::string out;
    for (auto c : form_)
      out += c == '@' ? scalar() : std::string(1, c);
    return out;
  }
  /// The same with a byte changed, lost or added.
  std::string damaged() {
    static constexpr std::string_view bytes = "{}[]\",:0123456789.-eE tfn\\\x01\xc3\xa9";
    auto out = message();
    auto at = below(out.size());
    auto c = bytes[below(bytes.size())];
    switch (below(3)) {
    case 0:
      out[at] = c;
      break;
    case 1:
      out.erase(at, 1 + below(3));
      break;
    default:
      out.insert(at, 1, c);
    }
    return out;
  }

private:
  std::string space() {
    static const char* const spaces[] = {"", "", "", " ", "\n"};
    return spaces[below(std::size(spaces))];
  }
  std::string object(int depth) {
    static const char* const names[] = {"a", "b", "c", "a rather long name", "é"};
    std::string out = "{" + space();
    auto first = below(std::size(names));
    for (std::uint64_t i = 0, n = below(5); i < n; ++i)
      out += (i > 0 ? "," : "") + space() + "\"" + names[(first + i) % std::size(names)] + "\"" + space() + ":" +
             space() + (depth > 0 && below(4) == 0 ? object(depth - 1) : "@") + space();
    return out + "}";
  }
  std::string scalar() {
    static const char* const scalars[] = {"0",
                                          "-0",
                                          "7",
                                          "-12",
                                          "3.25",
                                          "-0.5",
                                          "true",
                                          "false",
                                          "null",
                                          "\"\"",
                                          "\"x\"",
                                          "\"é\"",
                                          "\"a longer text, of 31 bytes.....\"",
                                          "123456789012345678",
                                          "1234567890123456789",
                                          "0.000001"};
    return scalars[below(std::size(scalars))];
  }

  std::mt19937_64 bits_;
  std::string form_;
};

} // namespace

CAF_TEST(a message of a learnt form is read without parsing) {
  json_shapes sut{{"id", "at.lat", "gone"}};
  CAF_CHECK(!sut.read(R"({"id":"s-1","at":{"lat":1.5},"on":true})"));
  sut.learn(R"({"id":"s-1","at":{"lat":1.5},"on":true})");
  CAF_REQUIRE(sut.read(R"({"id":"s-22","at":{"lat":-47},"on":null})"));
  CAF_CHECK_EQUAL(sut.at(0).text, "s-22");
  CAF_CHECK(sut.at(0).is == kind::text);
  CAF_CHECK(sut.at(1).is == kind::integer);
  CAF_CHECK_EQUAL(sut.at(1).digits, 47);
  CAF_CHECK_EQUAL(sut.at(1).text, "-47");
  CAF_CHECK(sut.at(2).is == kind::missing);
}

CAF_TEST(what has another form or is no JSON is not read) {
  json_shapes sut{{"id"}};
  sut.learn(R"({"id":1,"x":2})");
  CAF_CHECK(sut.read(R"({"id":3,"x":"y"})"));
  for (const auto* other : {R"({"id":1})",
                            R"({"x":2,"id":1})",
                            R"({"id":1,"x":2,"y":3})",
                            R"({"id":1,"x":[2]})",
                            R"({"id":1,"x":{}})",
                            R"({"id": 1,"x":2})",
                            R"({"id":01,"x":2})",
                            R"({"id":1.,"x":2})",
                            R"({"id":-,"x":2})",
                            R"({"id":1e5,"x":2})",
                            R"({"id":tru,"x":2})",
                            R"({"id":NaN,"x":2})",
                            R"({"id":"a\n","x":2})",
                            "{\"id\":\"\xff\",\"x\":2}",
                            "{\"id\":\"\x01\",\"x\":2}",
                            R"({"id":"a,"x":2})",
                            R"({"id":,"x":2})",
                            R"({"id":1,"x":2} )",
                            R"({"id":1,"x":2}})",
                            R"({"id":1,"x":2)",
                            R"({"id":1,"x":)",
                            R"({"id":1,"x")",
                            "{",
                            "",
                            "}"})
    CAF_CHECK(!sut.read(other));
}

CAF_TEST(numbers of any length are read wherever the message ends and what only looks like one is refused) {
  json_shapes sut{{"x"}};
  sut.learn(R"({"x":1,"y":2})");
  const std::string digits = "90817263549081726354";
  for (const auto* sign : {"", "-"})
    for (std::size_t whole = 1; whole <= digits.size(); ++whole)
      for (std::size_t places = 0; places <= digits.size(); ++places)
        for (const auto* rest : {"2}", R"("a text that is long enough to be looked at in one go"})"}) {
          auto number = sign + digits.substr(0, whole) + (places > 0 ? "." + digits.substr(0, places) : "");
          const auto message = R"({"x":)" + number + R"(,"y":)" + rest;
          CAF_REQUIRE(sut.read(message));
          const auto& x = sut.at(0);
          CAF_REQUIRE_EQUAL(x.text, number);
          CAF_REQUIRE(x.is == (places > 0 ? kind::real : kind::integer));
          CAF_REQUIRE_EQUAL(std::size_t{x.count}, whole + places);
          CAF_REQUIRE_EQUAL(std::size_t{x.places}, places);
          if (whole + places <= 18)
            CAF_REQUIRE_EQUAL(x.digits, std::stoll(digits.substr(0, whole) + digits.substr(0, places)));
        }
  for (const auto* wrong : {"01", "00", "-01", "1.", "-1.", "01.5", ".5", "-.5", "-", "1e5", "1E5", "1.5e5", "1.e5",
                            "1.2.3", "--1", "1-", "1:"})
    for (const auto* rest : {"2}", R"("a text that is long enough to be looked at in one go"})"}) {
      CAF_CHECK(!sut.read(std::string{R"({"x":)"} + wrong + R"(,"y":)" + rest));
      CAF_CHECK(!sut.read(std::string{R"({"x":1,"y":)"} + wrong + "}"));
    }
}

CAF_TEST(a repeated name and an array leave a message without a form) {
  for (const auto* message :
       {R"({"id":1,"id":2})", R"({"id":1,"x":[]})", R"({"id":{"a":1}})", R"({"\u0069d":1})", "[1]", "7"}) {
    json_shapes sut{{"id"}};
    sut.learn(message);
    CAF_CHECK(!sut.read(message));
  }
}

CAF_TEST(a topic with several forms has all of them known) {
  json_shapes sut{{"a"}};
  const std::vector<std::string> forms{R"({"a":1})", R"({"a":1,"b":2})", R"({"b":1})", R"({"c":1,"a":2})"};
  for (const auto& form : forms)
    sut.learn(form);
  for (int round = 0; round < 3; ++round)
    for (const auto& form : forms)
      CAF_CHECK(sut.read(form));
  CAF_CHECK_EQUAL(sut.at(0).digits, 2);
}

CAF_TEST(ever new forms are not learnt for ever) {
  json_shapes sut{{"a"}};
  for (int i = 0; i < 100'000; ++i) {
    auto message = "{\"n" + std::to_string(i) + "\":1}";
    if (!sut.read(message))
      sut.learn(message);
  }
  CAF_CHECK(!sut.read(R"({"n0":1})"));
}

CAF_TEST(what is read is JSON and its values are what a parser finds) {
  const std::vector<std::string> paths{"a", "b", "c", "a.b", "b.a", "a rather long name", "é", "c.c"};
  rc::check([&](std::uint64_t seed) {
    random_form form{seed};
    json_shapes sut{paths};
    auto learnt = form.message();
    sut.learn(learnt);
    auto known = sut.read(learnt);
    for (int i = 0; i < 20; ++i) {
      auto good = form.below(2) == 0;
      auto message = good ? form.message() : form.damaged();
      auto read = sut.read(message);
      RC_ASSERT(!good || read == known);
      if (!read)
        continue;
      boost::json::error_code failed;
      auto parsed = boost::json::parse(message, failed);
      RC_ASSERT(!failed);
      for (std::size_t p = 0; p < paths.size(); ++p)
        RC_ASSERT(same(sut.at(p), find(parsed, paths[p])));
    }
  });
}
