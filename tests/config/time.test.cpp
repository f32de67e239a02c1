#define CAF_SUITE config.time

#include "config/time.hpp"

#include <cmath>
#include <limits>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;
using namespace std::chrono_literals;

namespace {

std::int64_t ms_of(std::string_view text) {
  auto time = parse_iso8601(text);
  return time ? time->ms : std::numeric_limits<std::int64_t>::min();
}

std::string duration_of(std::string_view text) {
  auto duration = parse_duration(text);
  return duration ? std::to_string(duration->count()) : duration.error().message;
}

} // namespace

CAF_TEST(ISO 8601 is read in every form that is promised) {
  CAF_CHECK_EQUAL(ms_of("1970-01-01T00:00:00.000Z"), 0);
  CAF_CHECK_EQUAL(ms_of("2026-01-05T06:00:00.123Z"), 1767592800123);
  CAF_CHECK_EQUAL(ms_of("2026-01-05 06:00"), 1767592800000);
  CAF_CHECK_EQUAL(ms_of("2026-01-05t06:00:00z"), 1767592800000);
  CAF_CHECK_EQUAL(ms_of("2026-01-05"), 1767571200000);
  CAF_CHECK_EQUAL(ms_of("2026-01-05T06:00:00+02:00"), 1767585600000);
  CAF_CHECK_EQUAL(ms_of("2026-01-05T06:00:00-0230"), 1767601800000);
  CAF_CHECK_EQUAL(ms_of("2026-01-05T06:00+02"), 1767585600000);
  CAF_CHECK_EQUAL(ms_of("2024-02-29"), 1709164800000);
  CAF_CHECK_EQUAL(ms_of("2000-02-29"), 951782400000);
  CAF_CHECK_EQUAL(ms_of("9999-12-31T23:59:59.999Z"), greatest_timestamp.ms);
  CAF_CHECK_EQUAL(ms_of("1969-12-31T23:59:59.999Z"), -1);
}

CAF_TEST(digits finer than a millisecond are cut and missing ones are zero) {
  CAF_CHECK_EQUAL(ms_of("1970-01-01T00:00:00.1"), 100);
  CAF_CHECK_EQUAL(ms_of("1970-01-01T00:00:00,12"), 120);
  CAF_CHECK_EQUAL(ms_of("1970-01-01T00:00:00.123999999999Z"), 123);
  // Cut, not rounded towards zero: also before the epoch.
  CAF_CHECK_EQUAL(ms_of("1969-12-31T23:59:59.9999Z"), -1);
}

CAF_TEST(years beyond four digits are read where they are signed) {
  CAF_CHECK_EQUAL(ms_of("0000-01-01"), -62167219200000);
  CAF_CHECK_EQUAL(ms_of("-0001-12-31T23:59:59.999Z"), -62167219200001);
  CAF_CHECK_EQUAL(ms_of("+30000-01-01"), 884541340800000);
  CAF_CHECK(!parse_iso8601("30000-01-01"));
  CAF_CHECK(!parse_iso8601("+123456789-01-01"));
}

CAF_TEST(what is no time or no date of the calendar is refused) {
  for (auto text : {"",
                    "x",
                    "2026",
                    "2026-01",
                    "2026-1-5",
                    "2026-13-01",
                    "2026-00-01",
                    "2026-01-00",
                    "2026-01-32",
                    "2026-02-29",
                    "1900-02-29",
                    "2026-04-31",
                    "2026-01-05T",
                    "2026-01-05T06",
                    "2026-01-05T24:00",
                    "2026-01-05T06:60",
                    "2026-01-05T06:00:60",
                    "2026-01-05T06:00:00.",
                    "2026-01-05T06:00:00.Z",
                    "2026-01-05T06:00:00X",
                    "2026-01-05T06:00:00Zx",
                    "2026-01-05T06:00:00+",
                    "2026-01-05T06:00:00+2",
                    "2026-01-05T06:00:00+24:00",
                    "2026-01-05T06:00:00+02:60",
                    "2026-01-05T06:00:00+02:0",
                    "2026-01-05T06:00:00+02:000",
                    "2026-01-05Z",
                    " 2026-01-05",
                    "2026-01-05 ",
                    "2026/01/05",
                    "NaN",
                    "1767592800",
                    "2026-01-05T06:00: 0Z"})
    CAF_CHECK(!parse_iso8601(text));
}

CAF_TEST(a time that is written is read back) {
  CAF_CHECK(rc::check([] {
    auto time = timestamp{*rc::gen::inRange<std::int64_t>(least_timestamp.ms, greatest_timestamp.ms + 1)};
    auto text = to_iso8601(time);
    RC_ASSERT(text.size() == 24U);
    RC_ASSERT(parse_iso8601(text) == time);
    // Text in this form sorts as the times do.
    auto later = timestamp{*rc::gen::inRange<std::int64_t>(time.ms, greatest_timestamp.ms + 1)};
    RC_ASSERT(text <= to_iso8601(later));
  }));
  CAF_CHECK(rc::check("also in years of more digits", [] {
    auto time = timestamp{*rc::gen::inRange<std::int64_t>(-3'000'000'000'000'000, 3'000'000'000'000'000)};
    RC_ASSERT(parse_iso8601(to_iso8601(time)) == time);
  }));
}

CAF_TEST(writing appends) {
  std::string out = "at ";
  append_iso8601(out, timestamp{1767592800123});
  CAF_CHECK_EQUAL(out, "at 2026-01-05T06:00:00.123Z");
}

CAF_TEST(a day is a day apart from the next one through 400 years) {
  // The Gregorian calendar repeats after 400 years: this is every date there is.
  std::int64_t expected_days = 0;
  int wrong = 0;
  for (int year = 1970; year < 2370; ++year) {
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= days[month - 1]; ++day, ++expected_days) {
        char text[40];
        std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        if (ms_of(text) != expected_days * 86'400'000 || to_iso8601({expected_days * 86'400'000}).substr(0, 10) != text)
          ++wrong;
      }
    }
  }
  CAF_CHECK_EQUAL(wrong, 0);
  CAF_CHECK_EQUAL(expected_days, 146'097);
}

CAF_TEST(durations are read and written in their shortest form) {
  CAF_CHECK_EQUAL(duration_of("100ms"), "100");
  CAF_CHECK_EQUAL(duration_of("5s"), "5000");
  CAF_CHECK_EQUAL(duration_of("10m"), "600000");
  CAF_CHECK_EQUAL(duration_of("6h"), "21600000");
  CAF_CHECK_EQUAL(duration_of("7d"), "604800000");
  CAF_CHECK_EQUAL(duration_of("1h30m"), "5400000");
  CAF_CHECK_EQUAL(duration_of("1d2h3m4s5ms"), "93784005");
  CAF_CHECK_EQUAL(duration_of("0s"), "0");
  CAF_CHECK_EQUAL(format_duration(0ms), "0s");
  CAF_CHECK_EQUAL(format_duration(90s), "1m30s");
  CAF_CHECK_EQUAL(format_duration(1ms), "1ms");
  CAF_CHECK_EQUAL(format_duration(48h), "2d");
  CAF_CHECK(rc::check([] {
    auto duration = milliseconds{*rc::gen::inRange<std::int64_t>(0, 86'400'000'000'000)};
    auto read = parse_duration(format_duration(duration));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == duration);
  }));
}

CAF_TEST(a wrong duration says what is wrong with it) {
  auto says = [](std::string_view text, std::string_view why) {
    auto duration = parse_duration(text);
    CAF_CHECK(!duration);
    if (!duration) {
      CAF_CHECK(duration.error().kind == error_kind::invalid);
      CAF_CHECK(duration.error().message.find(why) != std::string::npos);
    }
  };
  says("", "empty");
  says("-5s", "negative");
  says("5", "unit is missing");
  says("5 s", "unit is not known");
  says("5w", "unit is not known");
  says("5S", "unit is not known");
  says("1.5h", "must be whole");
  says("s", "number is missing");
  says("1m1h", "do not fall");
  says("1s1s", "do not fall");
  says("1000001d", "longer than");
  says("1000000d1ms", "longer than");
  says("9999999999999999999999d", "too long");
  CAF_CHECK(parse_duration("1000000d").has_value());
}

CAF_TEST(rates are events an hour) {
  CAF_CHECK(*parse_rate_per_hour("3/s") == 10800.0);
  CAF_CHECK(*parse_rate_per_hour("20/min") == 1200.0);
  CAF_CHECK(*parse_rate_per_hour("5/h") == 5.0);
  CAF_CHECK(*parse_rate_per_hour("48/d") == 2.0);
  CAF_CHECK(*parse_rate_per_hour("0.5/h") == 0.5);
  CAF_CHECK(*parse_rate_per_hour("0/h") == 0.0);
  for (auto text : {"", "3", "/h", "3/m", "3/w", "-3/h", "-0/h", "nan/h", "inf/h", "3 /h", "3/h ", "1e3/h"})
    CAF_CHECK(!parse_rate_per_hour(text));
}

CAF_TEST(times of options may be relative to now) {
  auto now = timestamp{1767592800000};
  CAF_CHECK(*parse_time("now", now) == now);
  CAF_CHECK(*parse_time("-24h", now) == now - 24h);
  CAF_CHECK(*parse_time("+1h30m", now) == now + 90min);
  CAF_CHECK(*parse_time("2026-01-05", now) == timestamp{1767571200000});
  for (auto text : {"", "24h", "-", "--1h", "yesterday", "-1000000d", "1969-12-31", "+10000-01-01"})
    CAF_CHECK(!parse_time(text, now));
}

CAF_TEST(a reader of many times reads what is read alone) {
  iso8601_reader read;
  const std::string of_nothing(11, '\0');
  CAF_CHECK(!read(of_nothing + "06:00:00.123Z"));
  rc::check([&](std::int64_t ms, std::uint8_t at, char c, bool damaged) {
    // A few days, so that most follow one of the same day.
    auto text = to_iso8601({1767592800000 + std::abs(ms % (3 * 86'400'000))});
    if (damaged)
      text[at % text.size()] = c;
    auto got = read(text);
    auto alone = parse_iso8601(text);
    RC_ASSERT(got.has_value() == alone.has_value());
    RC_ASSERT(!got || *got == *alone);
  });
}
