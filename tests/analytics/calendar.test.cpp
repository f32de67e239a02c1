// Edges written down from the rules of the zones (EU: clocks go forward on the last Sunday of March and back on the last of October, at
// 01:00 UTC), not computed by a library.
#define CAF_SUITE analytics.calendar

#include <caf/test/unit_test.hpp>

#include "analytics/calendar.hpp"
#include "config/time.hpp"

using namespace throng;
using namespace throng::analytics;

namespace {

std::string span_at(const char* length, const char* zone, std::string_view moment) {
  auto made = calendar::make(length, zone);
  CAF_REQUIRE(made.has_value());
  auto span = made->at(parse_iso8601(moment)->ms);
  return to_iso8601({span.start}) + " " + to_iso8601({span.end});
}

} // namespace

CAF_TEST(a day over a clock change has 23 or 25 hours) {
  CAF_CHECK_EQUAL(span_at("1d", "Europe/Paris", "2026-03-29T12:00:00Z"),
                  "2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1d", "Europe/Paris", "2026-10-25T00:30:00Z"),
                  "2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z");
  // The hour that comes twice, its second time.
  CAF_CHECK_EQUAL(span_at("1d", "Europe/Paris", "2026-10-25T01:30:00Z"),
                  "2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z");
}

CAF_TEST(a start belongs to its day and an end to the next) {
  CAF_CHECK_EQUAL(span_at("1d", "Europe/Paris", "2026-03-28T22:59:59.999Z"),
                  "2026-03-27T23:00:00.000Z 2026-03-28T23:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1d", "Europe/Paris", "2026-03-28T23:00:00Z"),
                  "2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1d", "UTC", "2026-03-28T00:00:00Z"), "2026-03-28T00:00:00.000Z 2026-03-29T00:00:00.000Z");
}

CAF_TEST(a day whose midnight the clocks leave out begins at the change) {
  // Beirut went from 2022-03-26 24:00 (22:00 UTC) straight to 01:00 on the 27th.
  CAF_CHECK_EQUAL(span_at("1d", "Asia/Beirut", "2022-03-27T10:00:00Z"),
                  "2022-03-26T22:00:00.000Z 2022-03-27T21:00:00.000Z");
  // Havana had the hour from 00:00 twice on 2025-11-02 (back from 01:00 at 05:00 UTC): the day begins with the first.
  CAF_CHECK_EQUAL(span_at("1d", "America/Havana", "2025-11-02T05:30:00Z"),
                  "2025-11-02T04:00:00.000Z 2025-11-03T05:00:00.000Z");
  // Samoa had no 30 December 2011.
  CAF_CHECK_EQUAL(span_at("1d", "Pacific/Apia", "2011-12-30T09:59:00Z"),
                  "2011-12-29T10:00:00.000Z 2011-12-30T10:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1d", "Pacific/Apia", "2011-12-30T10:00:00Z"),
                  "2011-12-30T10:00:00.000Z 2011-12-31T10:00:00.000Z");
}

CAF_TEST(weeks begin on Monday and months quarters and years on their first) {
  CAF_CHECK_EQUAL(span_at("1w", "Europe/Paris", "2026-03-29T12:00:00Z"), // a Sunday
                  "2026-03-22T23:00:00.000Z 2026-03-29T22:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1mo", "America/New_York", "2026-03-01T04:59:59Z"),
                  "2026-02-01T05:00:00.000Z 2026-03-01T05:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1mo", "America/New_York", "2026-03-31T12:00:00Z"),
                  "2026-03-01T05:00:00.000Z 2026-04-01T04:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("3mo", "UTC", "2026-06-30T23:59:59Z"), "2026-04-01T00:00:00.000Z 2026-07-01T00:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("3mo", "UTC", "2026-12-01T00:00:00Z"), "2026-10-01T00:00:00.000Z 2027-01-01T00:00:00.000Z");
  CAF_CHECK_EQUAL(span_at("1y", "Asia/Kolkata", "2026-06-01T00:00:00Z"),
                  "2025-12-31T18:30:00.000Z 2026-12-31T18:30:00.000Z");
}

CAF_TEST(what is no length or zone is said) {
  CAF_CHECK(calendar::make("2d", "UTC").error().message.find("allowed: 1d") != std::string::npos);
  CAF_CHECK(calendar::make("1d", "Europe/Pari").error().message.find("Europe/Pari is no time zone") !=
            std::string::npos);
}
