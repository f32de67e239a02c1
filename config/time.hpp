// Points in time and durations as Throng reads and writes them. Knows no clock.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/error.hpp"

namespace throng {

using std::chrono::milliseconds;

/// Milliseconds since the Unix epoch, UTC. Event time, virtual time and Kafka time are all of this type.
struct timestamp {
  std::int64_t ms = 0;

  friend auto operator<=>(timestamp, timestamp) = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 errs on <=>
  friend timestamp operator+(timestamp t, milliseconds d) {
    return {t.ms + d.count()};
  }
  friend timestamp operator-(timestamp t, milliseconds d) {
    return {t.ms - d.count()};
  }
  friend milliseconds operator-(timestamp a, timestamp b) {
    return milliseconds{a.ms - b.ms};
  }
};

/// The years that a message's event time may lie in: 1970 to 9999 (semantics.md 2).
inline constexpr timestamp least_timestamp{0};
inline constexpr timestamp greatest_timestamp{253402300799999};

/// Reads ISO 8601: `2026-01-05T06:00:00.123Z`, `2026-01-05 06:00`, `2026-01-05`, with `Z`, `+02:00`, `+0200` or
/// no zone (then UTC), years 0000 to 9999 or signed with more digits. Digits finer than a millisecond are cut.
/// None where the text is not a time or the date does not exist. Allocates nothing.
std::optional<timestamp> parse_iso8601(std::string_view text);

/// Reads the same, faster where times of the same day follow each other in the form `2026-01-05T06:00:00.123Z`. Not for several threads.
class iso8601_reader {
public:
  std::optional<timestamp> operator()(std::string_view text);

private:
  std::array<char, 11> day_{}; ///< as it was written, with the T
  std::int64_t day_ms_ = 0;
  bool known_ = false;
};

/// Appends `2026-01-05T06:00:00.123Z`. @pre the year is within 0000 to 9999.
void append_iso8601(std::string& out, timestamp time);
std::string to_iso8601(timestamp time);

/// Reads `100ms`, `5s`, `10m`, `6h`, `7d`, or a sum of falling units such as `1h30m`. Never negative.
expected<milliseconds> parse_duration(std::string_view text);

/// The shortest form that `parse_duration` reads back: `90s` is `1m30s`, `0ms` is `0s`.
std::string format_duration(milliseconds duration);

/// Reads `3/s`, `20/min`, `5/h`, `2/d` as events an hour. Never negative.
expected<double> parse_rate_per_hour(std::string_view text);

/// Reads a time as options and files give it: ISO 8601, `now`, or relative to `now` as in `-24h`.
expected<timestamp> parse_time(std::string_view text, timestamp now);

} // namespace throng
