#define CAF_SUITE analytics.decoder

#include "analytics/decoder.hpp"

#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/json_scanner.hpp"
#include "random_json.hpp"

using namespace throng;
using namespace throng::analytics;
using config::timestamp_unit;
using throng::test::random_json;

namespace {

config::pipeline simple() {
  config::pipeline result;
  result.key = "k";
  result.timestamp = "t";
  return result;
}

/// A pipeline's decoder and an event, with the fields asked for.
struct fixture {
  config::pipeline pipeline;
  field_table fields;
  event e;
  std::unique_ptr<decoder> sut;
  std::string message; ///< the last one: the event borrows from it

  explicit fixture(config::pipeline definition = simple(), std::vector<std::string> paths = {})
      : pipeline(std::move(definition)) {
    for (const auto& path : paths)
      fields.message_field(path);
    sut = std::make_unique<decoder>(pipeline, fields);
  }

  /// The dead letter's reason, or nothing.
  std::string reason(std::string text, std::int64_t kafka = -1) {
    message = std::move(text);
    auto letter = sut->decode(message, {7, kafka}, e);
    if (!letter)
      return "";
    CAF_CHECK(letter->detail.size() <= 200);
    CAF_CHECK(valid_utf8(letter->detail));
    return std::string{to_string(letter->reason)};
  }

  std::string detail(std::string text, std::int64_t kafka = -1) {
    message = std::move(text);
    auto letter = sut->decode(message, {7, kafka}, e);
    return letter ? letter->detail : "";
  }

  std::string field(std::string_view path) {
    auto x = e.slots.at(fields.message_field(path));
    if (x.kind() == value_kind::missing)
      return "missing";
    std::string out;
    append_json(out, x);
    return out;
  }
};

/// A good message with one field more.
std::string with(std::string_view field) {
  return R"({"k":"a","t":"2026-01-05T06:00:00Z",)" + std::string{field} + "}";
}

std::string at(std::string_view time) {
  return R"({"k":"a","t":)" + std::string{time} + "}";
}

} // namespace

CAF_TEST(an event has its key and time and the fields that were asked for) {
  fixture f{simple(), {"temperature", "place.city", "place", "on", "absent"}};
  CAF_CHECK_EQUAL(
      f.reason(R"( {"k": "s-1", "t": "2026-01-05T06:00:00.123Z", "temperature": 21.50, "other": [1, {"x": 2}],)"
               R"( "place": {"city": "K\u00f6ln", "zip": 5}, "on": true} )",
               1'767'592'800'000),
      "");
  CAF_CHECK_EQUAL(f.e.key, "s-1");
  CAF_CHECK_EQUAL(f.e.time.ms, 1'767'592'800'123);
  CAF_CHECK_EQUAL(f.e.origin.offset, 7);
  CAF_CHECK_EQUAL(f.e.slots.size(), f.fields.size());
  CAF_CHECK_EQUAL(f.field("temperature"), "21.5");
  CAF_CHECK_EQUAL(f.field("place.city"), "\"Köln\"");
  CAF_CHECK_EQUAL(f.field("place"), R"({"city": "K\u00f6ln", "zip": 5})");
  CAF_CHECK_EQUAL(f.field("on"), "true");
  CAF_CHECK_EQUAL(f.field("absent"), "missing");
}

CAF_TEST(plain text is borrowed from the message) {
  fixture f{simple(), {"a"}};
  CAF_REQUIRE_EQUAL(f.reason(with(R"("a":"plain")")), "");
  const auto& message = f.message;
  auto text = f.e.slots[f.fields.message_field("a")].text();
  CAF_CHECK(text.data() >= message.data() && text.data() < message.data() + message.size());
}

CAF_TEST(the key is text or a number in its own text) {
  fixture f;
  auto key = [&](std::string_view json) {
    auto reason = f.reason(R"({"t": "2026-01-05", "k": )" + std::string{json} + "}");
    return reason.empty() ? f.e.key : reason;
  };
  CAF_CHECK_EQUAL(key(R"("a\u0062")"), "ab");
  CAF_CHECK_EQUAL(key("\"\""), "");
  CAF_CHECK_EQUAL(key("12"), "12");
  CAF_CHECK_EQUAL(key("1.50"), "1.50");
  CAF_CHECK_EQUAL(key("-0"), "-0");
  CAF_CHECK_EQUAL(key("1E2"), "1E2");
  CAF_CHECK_EQUAL(key("12345678901234567890123"), "12345678901234567890123");
  for (auto bad : {"null", "true", "[1]", "{}", "1e400"})
    CAF_CHECK_EQUAL(key(bad), "no_key");
  CAF_CHECK_EQUAL(f.reason(R"({"t": "2026-01-05"})"), "no_key");
  CAF_CHECK_EQUAL(f.detail(R"({"t": "2026-01-05", "k": [1, 2]})"), "`k` is [1, 2]: a key is text or a number.");
}

CAF_TEST(what is no JSON object is a dead letter with its reason) {
  fixture f;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not_json"},
      {" \n ", "not_json"},
      {"nonsense", "not_json"},
      {"{", "not_json"},
      {R"({"k":"a","t":"2026-01-05"}x)", "not_json"},
      {std::string{R"({"k":"a","t":"2026-01-05"})"} + '\0', "not_json"},
      {R"({"k":"a","t":"2026-01-05",})", "not_json"},
      {R"({"k":"a" "t":"2026-01-05"})", "not_json"},
      {"{k:1}", "not_json"},
      {"{'k':1}", "not_json"},
      {R"({"k":01})", "not_json"},
      {R"({"k":+1})", "not_json"},
      {R"({"k":.5})", "not_json"},
      {R"({"k":1.})", "not_json"},
      {R"({"k":1e})", "not_json"},
      {R"({"k":-})", "not_json"},
      {R"({"k":0x10})", "not_json"},
      {R"({"k":truee})", "not_json"},
      {R"({"k":nul})", "not_json"},
      {"{\"k\":\"a\nb\"}", "not_json"},
      {R"({"k":"\x41"})", "not_json"},
      {R"({"k":"\u12g4"})", "not_json"},
      {R"({"k":"\ud800"})", "not_json"},
      {R"({"k":"\udc00"})", "not_json"},
      {R"({"k":"\ud800\u0041"})", "not_json"},
      {R"(/* c */ {"k":1})", "not_json"},
      {"\xef\xbb\xbf{\"k\":1}", "not_json"},
      {"[]", "not_an_object"},
      {R"([{"k":"a","t":"2026-01-05"}])", "not_an_object"},
      {"\"text\"", "not_an_object"},
      {"12", "not_an_object"},
      {"null", "not_an_object"},
      {"[1", "not_json"},
      {R"({"k":NaN})", "not_finite_text"},
      {R"({"k":nan})", "not_finite_text"},
      {R"({"k":[1,-Infinity]})", "not_finite_text"},
      {R"({"k":Infinity})", "not_finite_text"},
      {R"({"x":-inf})", "not_finite_text"},
      {"NaN", "not_finite_text"},
      {"{\"k\":\"\xc3\x28\"}", "not_utf8"},
      {"{\"k\":\"\xff\"}", "not_utf8"},
      {"{\"\xc0\x80\":1}", "not_utf8"},
      {"{\"k\":\"\xed\xa0\x80\"}", "not_utf8"},
      {"{\"k\":\"\xf4\x90\x80\x80\"}", "not_utf8"},
      {"{\"k\":\"long enough for eight at once \xe2\x82\"}", "not_utf8"},
  };
  for (const auto& [message, reason] : cases) {
    CAF_MESSAGE(message.size() << " bytes, " << reason);
    CAF_CHECK_EQUAL(f.reason(message), reason);
  }
  CAF_CHECK_EQUAL(f.detail(R"({"k":tru})"), "At byte 5: expected a value, found `t`.");
  CAF_CHECK_EQUAL(f.detail("{\"k\":\"\xff\"}"), "At byte 6: byte 0xff is not UTF-8.");
  CAF_CHECK_EQUAL(f.detail("[1, 2]"), "The message is an array, not an object.");
}

CAF_TEST(text that looks like NaN within quotes is text) {
  fixture f{simple(), {"a"}};
  CAF_CHECK_EQUAL(f.reason(with(R"("a":"NaN")")), "");
  CAF_CHECK_EQUAL(f.field("a"), "\"NaN\"");
}

CAF_TEST(64 levels are read and the 65th is too deep and ten thousand overflow nothing) {
  fixture f{simple(), {"a"}};
  auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CAF_CHECK_EQUAL(f.reason(with("\"a\":" + nested(63))), "");
  CAF_CHECK_EQUAL(f.reason(with("\"a\":" + nested(64))), "too_deep");
  CAF_CHECK_EQUAL(f.reason(with("\"a\":" + std::string(10'000, '['))), "too_deep");
  CAF_CHECK_EQUAL(f.reason(std::string(10'000, '[')), "too_deep");
  std::string objects;
  for (int i = 0; i < 10'000; ++i)
    objects += "{\"a\":";
  CAF_CHECK_EQUAL(f.reason(objects), "too_deep");
}

CAF_TEST(a message of ten megabytes is read if max_message allows and else is too long) {
  fixture f{simple(), {"a"}};
  auto message = with("\"a\":\"" + std::string(10'000'000, 'x') + "\\n\"");
  CAF_CHECK_EQUAL(f.reason(message), "");
  CAF_CHECK_EQUAL(f.e.slots[f.fields.message_field("a")].text().size(), 10'000'001u);
  auto short_ones = simple();
  short_ones.max_message = message.size() - 1;
  fixture g{short_ones};
  CAF_CHECK_EQUAL(g.reason(message), "too_long");
}

CAF_TEST(of repeated names the last counts with all that it holds) {
  fixture f{simple(), {"a", "b.c", "b.d"}};
  f.reason(
      R"({"k":"x","k":"y","t":"2030-01-01","t":"2026-01-05T00:00:00Z","a":1,"a":2,"\u0061":3,"b":{"c":1},"b":{"d":2}})");
  CAF_CHECK_EQUAL(f.e.key, "y");
  CAF_CHECK_EQUAL(f.e.time.ms, 1'767'571'200'000);
  CAF_CHECK_EQUAL(f.field("a"), "3");
  CAF_CHECK_EQUAL(f.field("b.c"), "missing");
  CAF_CHECK_EQUAL(f.field("b.d"), "2");
  f.reason(with(R"("b":{"c":1},"b":5,"a":{"x":1,"x":2})"));
  CAF_CHECK_EQUAL(f.field("b.c"), "missing");
  CAF_CHECK_EQUAL(f.field("a"), R"({"x":2})");
  CAF_CHECK_EQUAL(f.reason(R"({"k":"x","t":"2026-01-05","k":null})"), "no_key");
}

CAF_TEST(a number too large for a double is missing) {
  fixture f{simple(), {"a", "b"}};
  CAF_CHECK_EQUAL(f.reason(with(R"("a":1e400,"b":-1E999)")), "");
  CAF_CHECK_EQUAL(f.field("a"), "missing");
  CAF_CHECK_EQUAL(f.field("b"), "missing");
  f.reason(with(R"("a":5,"a":1e400)"));
  CAF_CHECK_EQUAL(f.field("a"), "missing");
}

CAF_TEST(paths go through arrays by index and collect from their objects by name) {
  fixture f{simple(), {"a.b", "a.0", "a.1.b", "a.b.c"}};
  f.reason(with(R"("a":[{"b":1},{"b":{"c":[2]}},3,{"x":0}])"));
  CAF_CHECK_EQUAL(f.field("a.b"), R"([1,{"c":[2]}])");
  CAF_CHECK_EQUAL(f.field("a.0"), R"({"b":1})");
  CAF_CHECK_EQUAL(f.field("a.1.b"), R"({"c":[2]})");
  CAF_CHECK_EQUAL(f.field("a.b.c"), "[[2]]");
  f.reason(with(R"("a":[1,2])"));
  CAF_CHECK_EQUAL(f.field("a.b"), "missing");
  CAF_CHECK_EQUAL(f.field("a.0"), "1");
  f.reason(with(R"("a":5)"));
  CAF_CHECK_EQUAL(f.field("a.0"), "missing");
}

CAF_TEST(key and time may be deep in the message) {
  auto pipeline = simple();
  pipeline.key = "who.id";
  pipeline.timestamp = "when.0";
  fixture f{pipeline, {"who"}};
  CAF_CHECK_EQUAL(f.reason(R"({"when":["2026-01-05"],"who":{"id":5.0}})"), "");
  CAF_CHECK_EQUAL(f.e.key, "5.0");
  CAF_CHECK_EQUAL(f.e.time.ms, 1'767'571'200'000);
}

CAF_TEST(a time is ISO 8601 or a number with a unit) {
  fixture iso;
  CAF_CHECK_EQUAL(iso.reason(at("\"2026-01-05T06:00:00.123999+02:00\"")), "");
  CAF_CHECK_EQUAL(iso.e.time.ms, 1'767'585'600'123);
  CAF_CHECK_EQUAL(iso.reason(at("\"yesterday\"")), "bad_timestamp");
  CAF_CHECK_EQUAL(iso.reason(at("\"2026-02-30T00:00:00Z\"")), "bad_timestamp");
  CAF_CHECK_EQUAL(iso.reason(at("1767585600")), "bad_timestamp");
  CAF_CHECK_EQUAL(iso.reason(at("true")), "bad_timestamp");
  CAF_CHECK_EQUAL(iso.reason(at("{}")), "bad_timestamp");
  CAF_CHECK_EQUAL(iso.reason(at("null")), "no_timestamp");
  CAF_CHECK_EQUAL(iso.reason(R"({"k":"a"})"), "no_timestamp");
  CAF_CHECK_EQUAL(iso.detail(at("1767585600")), "`t` is 1767585600, a number, and the pipeline has no timestamp_unit.");

  auto ms_of = [](timestamp_unit unit, std::string_view number) {
    auto pipeline = simple();
    pipeline.timestamp_unit = unit;
    fixture f{pipeline};
    auto reason = f.reason(at(number));
    return reason.empty() ? std::to_string(f.e.time.ms) : reason;
  };
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "1767585600"), "1767585600000");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "1767585600.0019"), "1767585600001");
  // As a double times 1000 this would be cut to 1000.
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "1.001"), "1001");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "1.767585600e9"), "1767585600000");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "17675856000e-1"), "1767585600000");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::ms, "1767585600123.9"), "1767585600123");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::us, "1767585600123999"), "1767585600123");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::ns, "1767585600123999999"), "1767585600123");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::ns, "999999"), "0");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "-0.0"), "0");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "0e999999999999"), "0");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "-1"), "timestamp_out_of_range");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "1e300"), "timestamp_out_of_range");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "253402300799.9999"), "253402300799999");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "253402300800"), "timestamp_out_of_range");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "\"2026-01-05\""), "1767571200000");
  CAF_CHECK_EQUAL(ms_of(timestamp_unit::s, "\"1767585600\""), "bad_timestamp");
}

CAF_TEST(times outside 1970 to 9999 and too far past the Kafka timestamp are dead letters) {
  fixture f;
  CAF_CHECK_EQUAL(f.reason(at("\"1970-01-01T00:00:00Z\"")), "");
  CAF_CHECK_EQUAL(f.reason(at("\"1969-12-31T23:59:59.999Z\"")), "timestamp_out_of_range");
  CAF_CHECK_EQUAL(f.reason(at("\"9999-12-31T23:59:59.999Z\"")), "");
  CAF_CHECK_EQUAL(f.reason(at("\"+30000-01-01T00:00:00Z\"")), "timestamp_out_of_range");
  CAF_CHECK_EQUAL(f.reason(at("\"-0001-01-01T00:00:00Z\"")), "timestamp_out_of_range");
  auto kafka = 1'767'571'200'000;
  CAF_CHECK_EQUAL(f.reason(at("\"2026-01-05T01:00:00.000Z\""), kafka), "");
  CAF_CHECK_EQUAL(f.reason(at("\"2026-01-05T01:00:00.001Z\""), kafka), "too_far_ahead");
  CAF_CHECK_EQUAL(f.reason(at("\"2026-01-05T01:00:00.001Z\"")), "");
  CAF_CHECK_EQUAL(f.reason(at("\"1980-01-05T01:00:00.001Z\""), kafka), "");
}

CAF_TEST(without a timestamp field the event time is that of Kafka) {
  auto pipeline = simple();
  pipeline.timestamp = "";
  fixture f{pipeline};
  CAF_CHECK_EQUAL(f.reason(R"({"k":"a"})", 1234), "");
  CAF_CHECK_EQUAL(f.e.time.ms, 1234);
  CAF_CHECK_EQUAL(f.reason(R"({"k":"a"})"), "no_timestamp");
}

CAF_TEST(long and strange values make short details) {
  fixture f;
  std::string odd;
  for (int i = 0; i < 200; ++i)
    odd += "\\u0001é";
  CAF_CHECK_EQUAL(f.reason(at("\"" + odd + "\"")), "bad_timestamp");
  CAF_CHECK_EQUAL(f.reason(R"({"k":["é é é é é é é é é é é é é é é é é é é é é é é é é é é é"],"t":1})"), "no_key");
  auto pipeline = simple();
  pipeline.key = std::string(500, 'k');
  fixture g{pipeline};
  CAF_CHECK_EQUAL(g.reason(at("1")), "no_key");
}

namespace {

bool same(const boost::json::value& ours, const boost::json::value& dom) {
  if (dom.is_number()) {
    auto x = dom.to_number<double>();
    if (!std::isfinite(x))
      return ours.is_null();
    // Boost.JSON does not round correctly: the last bits may differ.
    return ours.is_number() && std::abs(ours.to_number<double>() - x) <= 1e-14 * std::abs(x);
  }
  if (dom.kind() != ours.kind())
    return false;
  if (dom.is_array()) {
    const auto& a = ours.get_array();
    const auto& b = dom.get_array();
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same);
  }
  if (dom.is_object()) {
    const auto& a = ours.get_object();
    for (const auto& field : dom.get_object()) {
      if (!a.contains(field.key()) || !same(a.at(field.key()), field.value()))
        return false;
    }
    return a.size() == dom.get_object().size();
  }
  return ours == dom;
}

const boost::json::value* look_up(const boost::json::value& in, std::string_view name) {
  return in.is_object() ? in.get_object().if_contains(name) : nullptr;
}

} // namespace

CAF_TEST(random documents decode as the DOM of Boost.JSON has them) {
  fixture f{simple(), {"a", "b", "c", "a.b", "b.c", "b.c.a"}};
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    random_json random{seed};
    auto message = with("\"z\":" + random.object(4));
    message.pop_back();
    for (auto n = random.below(6); n > 0; --n)
      message += "," + random.name() + ":" + random.any(4);
    message += "}";
    boost::json::value dom = boost::json::parse(message);
    auto letter = f.sut->decode(message, {}, f.e);
    RC_ASSERT(!letter);
    for (const auto& path : {"a", "b", "c", "a.b", "b.c", "b.c.a"}) {
      const boost::json::value* expected = &dom;
      bool array_in_the_way = false;
      for (std::string_view rest = path; expected != nullptr && !rest.empty();) {
        auto dot = std::min(rest.find('.'), rest.size());
        array_in_the_way = array_in_the_way || expected->is_array();
        expected = look_up(*expected, rest.substr(0, dot));
        rest.remove_prefix(std::min(dot + 1, rest.size()));
      }
      if (array_in_the_way)
        continue;
      auto x = f.e.slots[f.fields.message_field(path)];
      if (expected == nullptr)
        RC_ASSERT(x.kind() == value_kind::missing);
      else
        RC_ASSERT(same(to_json(x), *expected));
    }
  }));
}

CAF_TEST(damaged documents are taken or refused as Boost.JSON does) {
  fixture f{simple(), {"a", "b.c"}};
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    random_json random{seed};
    auto message = random.object(4);
    for (auto n = random.below(4); n > 0; --n) {
      static const std::string bytes = "{}[]\",:0123456789.eE+-\\utrfnl \x01\x7f\x80\xc3\xe2\xf0\xff";
      auto at = random.below(message.size());
      auto c = bytes[random.below(bytes.size())];
      if (random.below(2) == 0)
        message[at] = c;
      else
        message.insert(at, 1, c);
    }
    boost::json::error_code ec;
    auto dom = boost::json::parse(message, ec);
    if (ec == boost::json::error::exponent_overflow)
      return; // 1E9254740993 is JSON, and too large for a double: missing for us, refused by Boost
    auto letter = f.sut->decode(message, {}, f.e);
    RC_ASSERT(letter.has_value());
    bool not_json = letter->reason <= dead_reason::not_finite_text && letter->reason != dead_reason::not_an_object;
    RC_ASSERT(not_json == static_cast<bool>(ec));
    if (!ec)
      RC_ASSERT((letter->reason == dead_reason::not_an_object) == !dom.is_object());
    RC_ASSERT(valid_utf8(letter->detail));
  }));
}

CAF_TEST(a decoded event holds nothing of the message before) {
  fixture f{simple(), {"a", "b"}};
  f.reason(with(R"("a":"first\n","b":1)"));
  f.reason(with(R"("b":"x\ty")"));
  CAF_CHECK_EQUAL(f.field("a"), "missing");
  CAF_CHECK_EQUAL(f.field("b"), R"("x\u0009y")");
}

CAF_TEST(a decoder that has learnt a form reads what a fresh one reads) {
  rc::check([](std::uint64_t seed) {
    random_json random{seed};
    const std::vector<std::string> paths{"a", "b", "c", "a.b", "d"};
    fixture known{simple(), paths};
    for (int i = 0; i < 12; ++i) {
      auto place = [&] {
        return random.below(4) == 0 ? random.any(2) : random.below(2) == 0 ? random.number() : random.text();
      };
      auto message = R"({"k":"s-)" + std::to_string(random.below(9)) + R"(","t":"2026-01-05T06:00:0)" +
                     std::to_string(random.below(12)) + R"(.000Z","a":)" + place() + R"(,"b":)" + place() + R"(,"c":)" +
                     (random.below(3) == 0 ? "true" : "{\"b\":" + place() + "}") + "}";
      if (random.below(5) == 0)
        message[random.below(message.size())] = "{}[]\",:0-.e\\"[random.below(12)];
      fixture fresh{simple(), paths};
      auto wanted = fresh.reason(message);
      RC_ASSERT(known.reason(message) == wanted);
      if (!wanted.empty())
        continue;
      RC_ASSERT(known.e.key == fresh.e.key);
      RC_ASSERT(known.e.time == fresh.e.time);
      for (const auto& path : paths) {
        RC_ASSERT(known.field(path) == fresh.field(path));
        RC_ASSERT(known.e.slots.at(known.fields.message_field(path)).kind() ==
                  fresh.e.slots.at(fresh.fields.message_field(path)).kind());
      }
    }
  });
}
