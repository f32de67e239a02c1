#define CAF_SUITE simulation.event_writer

#include "simulation/event_writer.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "config/time.hpp"

using namespace throng;
using namespace throng::simulation;

namespace {

struct fixture {
  byte_buffer bytes;
  iso_clock clock;
  event_writer sut{bytes, clock};

  std::string written() const {
    return std::string{bytes.view(0, bytes.size())};
  }
  /// What `fill` writes, as one object.
  template <class Fill>
  std::string object(Fill&& fill) {
    bytes.clear();
    sut.begin();
    fill(sut);
    sut.end();
    return written();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(event_writer_tests, fixture)

CAF_TEST(an object without fields is empty) {
  CAF_CHECK_EQUAL(object([](auto&) {}), "{}");
}

CAF_TEST(fields of every type stand in the order of the calls) {
  const auto text = object([](event_writer& e) {
    e.time("timestamp", *parse_iso8601("2024-02-29T23:59:59.007Z"));
    e.natural("seq", 18446744073709551615U);
    e.integer("least", INT64_MIN);
    e.text("name", "caf\u00e9 \"x\"");
    e.fixed<2>("amount", -7);
    e.decimal<1>("humidity", 55.25);
    e.boolean("yes", true);
    e.boolean("no", false);
    e.null("end");
  });
  CAF_CHECK_EQUAL(text, "{\"timestamp\":\"2024-02-29T23:59:59.007Z\",\"seq\":18446744073709551615,"
                        "\"least\":-9223372036854775808,\"name\":\"caf\u00e9 \\\"x\\\"\",\"amount\":-0.07,"
                        "\"humidity\":55.3,\"yes\":true,\"no\":false,\"end\":null}");
}

CAF_TEST(any text comes back from a parser) {
  CAF_CHECK(rc::check([](const std::vector<std::uint8_t>& ascii) {
    std::string value;
    for (auto byte : ascii)
      value += static_cast<char>(byte & 0x7f);
    value += "\u20ac\U0001f30d";
    fixture f;
    const auto parsed = boost::json::parse(f.object([&](event_writer& e) { e.text("t", value); }));
    RC_ASSERT(parsed.at("t").as_string() == value);
  }));
}

CAF_TEST(any fixed - point number is written exactly) {
  CAF_CHECK(rc::check([](std::int64_t value) {
    fixture f;
    auto text = f.object([&](event_writer& e) { e.fixed<3>("n", value); });
    text = text.substr(5, text.size() - 6);
    RC_ASSERT(text[text.size() - 4] == '.');
    text.erase(text.size() - 4, 1);
    RC_ASSERT(std::stoll(text) == value);
  }));
}

CAF_TEST(a decimal is rounded half up and reads back within half a unit of its last place) {
  const auto written_as = [this](double value) { return object([&](event_writer& e) { e.decimal<2>("n", value); }); };
  CAF_CHECK_EQUAL(written_as(0.125), "{\"n\":0.13}");
  CAF_CHECK_EQUAL(written_as(-0.125), "{\"n\":-0.12}");
  CAF_CHECK_EQUAL(written_as(-0.001), "{\"n\":0.00}");
  CAF_CHECK_EQUAL(written_as(1e30), "{\"n\":null}");
  CAF_CHECK_EQUAL(written_as(std::numeric_limits<double>::quiet_NaN()), "{\"n\":null}");
  CAF_CHECK_EQUAL(written_as(-std::numeric_limits<double>::infinity()), "{\"n\":null}");
  CAF_CHECK(rc::check([](std::int32_t thousandths) {
    fixture f;
    const auto value = thousandths / 1000.0;
    const auto parsed = boost::json::parse(f.object([&](event_writer& e) { e.decimal<2>("n", value); }));
    RC_ASSERT(std::fabs(parsed.at("n").as_double() - value) <= 0.005 + 1e-9);
  }));
}

CAF_TEST(times are those of the general writer also when the second is remembered) {
  CAF_CHECK(rc::check([](const std::vector<std::uint32_t>& steps) {
    iso_clock clock;
    timestamp time{-86'400'001};
    for (auto step : steps) {
      std::string text(iso_clock::text_size, ' ');
      clock.write(text.data(), time);
      RC_ASSERT(text == to_iso8601(time));
      time.ms += step % 3 == 0 ? step : step % 1500;
    }
  }));
}

CAF_TEST(any field can be dropped again and the rest stays JSON) {
  const auto with_dropped = [this](std::size_t field) {
    return object([&](event_writer& e) {
      e.integer("a", 1);
      e.text("b", "x,y");
      e.null("c");
      CAF_CHECK_EQUAL(e.fields(), 3U);
      e.drop(field);
    });
  };
  CAF_CHECK_EQUAL(with_dropped(0), "{\"b\":\"x,y\",\"c\":null}");
  CAF_CHECK_EQUAL(with_dropped(1), "{\"a\":1,\"c\":null}");
  CAF_CHECK_EQUAL(with_dropped(2), "{\"a\":1,\"b\":\"x,y\"}");
  CAF_CHECK_EQUAL(object([](event_writer& e) {
                    e.integer("only", 1);
                    e.drop(0);
                  }),
                  "{}");
}

CAF_TEST(more fields than can be dropped are still written) {
  const auto parsed = boost::json::parse(object([](event_writer& e) {
    for (int i = 0; i < 40; ++i)
      e.integer("field" + std::to_string(i), i);
  }));
  CAF_CHECK_EQUAL(parsed.as_object().size(), 40U);
}

CAF_TEST_FIXTURE_SCOPE_END()
