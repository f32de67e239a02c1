#define CAF_SUITE service.peek_options

#include <caf/test/unit_test.hpp>

#include "service/peek_options.hpp"

using namespace throng;
using namespace throng::service;

namespace {

using where = transport::start_offset::where;
constexpr timestamp now{1'767'592'800'000};

transport::topic_reader::choice position(const std::string& text) {
  transport::topic_reader::choice into;
  auto read = read_position(text, now, into);
  CAF_REQUIRE(read);
  return into;
}

transport::record message(std::optional<std::string> key, std::optional<std::string> value) {
  return {2, 17, 1'767'592'800'123, std::move(key), std::move(value), {}};
}

} // namespace

CAF_TEST(a position is an end an offset so many before the end or a time) {
  CAF_CHECK(position("earliest").from.from == where::earliest);
  CAF_CHECK(position("latest").from.from == where::latest);
  CAF_CHECK(position("1200").from.from == where::at);
  CAF_CHECK_EQUAL(position("1200").from.offset, 1200);
  CAF_CHECK_EQUAL(position("-10").last.value_or(0), 10);
  CAF_CHECK(!position("-24h").last);
  CAF_CHECK(position("-24h").from.from == where::time);
  CAF_CHECK_EQUAL(position("-24h").from.offset, now.ms - 86'400'000);
  CAF_CHECK_EQUAL(position("2026-01-05T06:00:01Z").from.offset, now.ms + 1000);
  transport::topic_reader::choice into;
  for (const auto* text : {"", "-", "--5", "first", "12x", "99999999999999999999"}) {
    auto read = read_position(text, now, into);
    CAF_CHECK(!read);
    CAF_CHECK(!read && read.error().message.find(std::string{"--start "} + text + ": must be ") == 0);
  }
}

CAF_TEST(what could harm a terminal is written as its bytes and all other text stays) {
  CAF_CHECK_EQUAL(shown_safely("plain {\"a\": \"b\\n\"}"), "plain {\"a\": \"b\\n\"}");
  CAF_CHECK_EQUAL(shown_safely("Grüße 🎈 日本"), "Grüße 🎈 日本");
  CAF_CHECK_EQUAL(shown_safely("\x1b[2J\r\n\t"), "\\x1b[2J\\x0d\\x0a\\x09");
  CAF_CHECK_EQUAL(shown_safely(std::string_view{"a\0b\x7f", 4}), "a\\x00b\\x7f");
  CAF_CHECK_EQUAL(shown_safely("\xff\xc3(\xe2\x82"), "\\xff\\xc3(\\xe2\\x82");
  CAF_CHECK_EQUAL(shown_safely("\xc2\x9b"
                               "31m"),
                  "\\xc2\\x9b31m"); // the C1 form of ESC [
  CAF_CHECK_EQUAL(shown_safely("\xe2\x80\xae"
                               "gpj"),
                  "\\xe2\\x80\\xaegpj");                            // right to left override
  CAF_CHECK_EQUAL(shown_safely("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // a surrogate is no character
}

CAF_TEST(a line of text shows place time key value and headers) {
  auto of = message("k\n", "{\"a\": 1}");
  of.headers = {{"reason", "late"}, {"b", std::string{"\0", 1}}};
  CAF_CHECK_EQUAL(message_line(of, peek_format::text),
                  "2:17  2026-01-05T06:00:00.123Z  k\\x0a  {\"a\": 1}  [reason: late]  [b: \\x00]");
  auto empty = message(std::nullopt, std::nullopt);
  empty.timestamp_ms = -1;
  CAF_CHECK_EQUAL(message_line(empty, peek_format::text), "2:17  -  (null)  (null)");
}

CAF_TEST(a line of NDJSON holds JSON as JSON and everything else as text) {
  CAF_CHECK_EQUAL(
      message_line(message("k", "{\"a\": 1.50}"), peek_format::ndjson),
      R"({"partition":2,"offset":17,"time":"2026-01-05T06:00:00.123Z","key":"k","headers":[],"value":{"a": 1.50}})");
  CAF_CHECK(message_line(message("k", "{\"a\":\n 1}"), peek_format::ndjson).ends_with(R"("value":{"a":1}})"));
  CAF_CHECK(message_line(message("k", "{\"a\": NaN}"), peek_format::ndjson).ends_with(R"("value":"{\"a\": NaN}"})"));
  CAF_CHECK(message_line(message("k", "\xff\""), peek_format::ndjson).ends_with(R"("value":"\\xff\""})"));
  auto of = message(std::nullopt, std::nullopt);
  of.headers = {{"a", "1"}, {"a", "2"}};
  CAF_CHECK_EQUAL(
      message_line(of, peek_format::ndjson),
      R"({"partition":2,"offset":17,"time":"2026-01-05T06:00:00.123Z","key":null,"headers":[["a","1"],["a","2"]],"value":null})");
}
