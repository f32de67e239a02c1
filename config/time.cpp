#include "config/time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

namespace throng {

namespace {

constexpr std::int64_t ms_per_day = 86'400'000;
/// Longest duration that a file or option may give: 2,700 years. Added to any time of theirs, it can't overflow.
constexpr std::int64_t greatest_duration_ms = 1'000'000 * ms_per_day;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", days_from_civil.)
constexpr std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) noexcept {
  y -= m <= 2 ? 1 : 0;
  auto era = (y >= 0 ? y : y - 399) / 400;
  auto yoe = static_cast<unsigned>(y - era * 400);
  auto doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  auto doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146'097 + static_cast<std::int64_t>(doe) - 719'468;
}

struct civil {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

/// The inverse (same source, civil_from_days).
constexpr civil civil_from_days(std::int64_t z) noexcept {
  z += 719'468;
  auto era = (z >= 0 ? z : z - 146'096) / 146'097;
  auto doe = static_cast<unsigned>(z - era * 146'097);
  auto yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  auto doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  auto mp = (5 * doy + 2) / 153;
  auto day = doy - (153 * mp + 2) / 5 + 1;
  auto month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

static_assert(days_from_civil(1970, 1, 1) == 0);
static_assert(days_from_civil(9999, 12, 31) == greatest_timestamp.ms / ms_per_day);

constexpr bool leap(std::int64_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr unsigned days_of_month(std::int64_t year, unsigned month) noexcept {
  constexpr std::array<unsigned char, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : days[month - 1];
}

/// Reads a text from left to right; every function leaves the text alone where it does not fit.
class cursor {
public:
  explicit cursor(std::string_view text)
      : at_(text.data())
      , end_(text.data() + text.size()) {}

  bool done() const noexcept {
    return at_ == end_;
  }
  char peek() const noexcept {
    return at_ == end_ ? '\0' : *at_;
  }
  bool take(char c) noexcept {
    if (at_ == end_ || *at_ != c)
      return false;
    ++at_;
    return true;
  }
  bool two_digits(unsigned& out) noexcept {
    if (end_ - at_ < 2 || !is_digit(at_[0]) || !is_digit(at_[1]))
      return false;
    out = static_cast<unsigned>(at_[0] - '0') * 10 + static_cast<unsigned>(at_[1] - '0');
    at_ += 2;
    return true;
  }
  /// All digits from here, at most `most` of them. Returns how many there were.
  int digits(std::int64_t& out, int most) noexcept {
    int n = 0;
    for (out = 0; at_ != end_ && is_digit(*at_) && n < most; ++at_, ++n)
      out = out * 10 + (*at_ - '0');
    return n;
  }
  void skip_digits() noexcept {
    while (at_ != end_ && is_digit(*at_))
      ++at_;
  }

private:
  const char* at_;
  const char* end_;
};

bool read_date(cursor& in, std::int64_t& days) noexcept {
  auto sign = in.peek();
  bool is_signed = in.take('-') || in.take('+');
  std::int64_t year = 0;
  // More than eight digits of a year would overflow milliseconds.
  auto digits = in.digits(year, is_signed ? 8 : 4);
  if (digits < 4)
    return false;
  if (is_signed && sign == '-')
    year = -year;
  unsigned month = 0;
  unsigned day = 0;
  if (!in.take('-') || !in.two_digits(month) || !in.take('-') || !in.two_digits(day))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
    return false;
  days = days_from_civil(year, month, day);
  return true;
}

bool read_time_of_day(cursor& in, std::int64_t& ms) noexcept {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!in.two_digits(hour) || !in.take(':') || !in.two_digits(minute) || hour > 23 || minute > 59)
    return false;
  std::int64_t fraction = 0;
  if (in.take(':')) {
    if (!in.two_digits(second) || second > 59)
      return false;
    if (in.take('.') || in.take(',')) {
      auto digits = in.digits(fraction, 3);
      if (digits == 0)
        return false;
      for (; digits < 3; ++digits)
        fraction *= 10;
      in.skip_digits();
    }
  }
  ms = ((static_cast<std::int64_t>(hour) * 60 + minute) * 60 + second) * 1000 + fraction;
  return true;
}

/// Reads what stands after the time of day, to the end.
bool read_zone(cursor& in, std::int64_t& offset_ms) noexcept {
  offset_ms = 0;
  if (in.done())
    return true;
  if (in.take('Z') || in.take('z'))
    return in.done();
  auto sign = in.peek();
  if (!in.take('+') && !in.take('-'))
    return false;
  unsigned hour = 0;
  unsigned minute = 0;
  if (!in.two_digits(hour))
    return false;
  if (!in.done()) {
    in.take(':');
    if (!in.two_digits(minute))
      return false;
  }
  if (hour > 23 || minute > 59 || !in.done())
    return false;
  offset_ms = (static_cast<std::int64_t>(hour) * 60 + minute) * 60'000;
  if (sign == '-')
    offset_ms = -offset_ms;
  return true;
}

struct unit {
  std::string_view name;
  std::int64_t ms;
};

/// Greatest first, as durations are written.
constexpr std::array<unit, 5> units{{{"d", ms_per_day}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

tl::unexpected<error> not_a_duration(std::string_view text, std::string_view why) {
  return fail(error_kind::invalid, fmt::format("\"{}\" is not a duration ({}); write 100ms, 5s, 10m, 6h, 7d or a sum "
                                               "of falling units such as 1h30m",
                                               text.substr(0, 80), why));
}

} // namespace

std::optional<timestamp> parse_iso8601(std::string_view text) {
  cursor in{text};
  std::int64_t days = 0;
  if (!read_date(in, days))
    return std::nullopt;
  if (in.done())
    return timestamp{days * ms_per_day};
  if (!in.take('T') && !in.take(' ') && !in.take('t'))
    return std::nullopt;
  std::int64_t ms = 0;
  std::int64_t offset = 0;
  if (!read_time_of_day(in, ms) || !read_zone(in, offset))
    return std::nullopt;
  return timestamp{days * ms_per_day + ms - offset};
}

std::optional<timestamp> iso8601_reader::operator()(std::string_view text) {
  constexpr std::size_t length = 24; // 2026-01-05T06:00:00.123Z
  if (text.size() != length)
    return parse_iso8601(text);
  if (!known_ || std::memcmp(text.data(), day_.data(), day_.size()) != 0) {
    auto time = parse_iso8601(text);
    if (time && text[10] == 'T' && text[23] == 'Z') {
      std::memcpy(day_.data(), text.data(), day_.size());
      day_ms_ = time->ms - (time->ms % ms_per_day + ms_per_day) % ms_per_day;
      known_ = true;
    }
    return time;
  }
  unsigned greatest = 0;
  const auto digit = [&](std::size_t at) {
    const auto x = static_cast<unsigned>(text[at]) - '0';
    greatest = std::max(greatest, x);
    return static_cast<std::int64_t>(x);
  };
  const auto hour = digit(11) * 10 + digit(12);
  const auto minute = digit(14) * 10 + digit(15);
  const auto second = digit(17) * 10 + digit(18);
  const auto fraction = digit(20) * 100 + digit(21) * 10 + digit(22);
  if (greatest > 9 || hour > 23 || minute > 59 || second > 59 || text[13] != ':' || text[16] != ':' ||
      text[19] != '.' || text[23] != 'Z')
    return parse_iso8601(text);
  return timestamp{day_ms_ + ((hour * 60 + minute) * 60 + second) * 1000 + fraction};
}

void append_iso8601(std::string& out, timestamp time) {
  auto days = time.ms / ms_per_day;
  auto rest = time.ms % ms_per_day;
  if (rest < 0) {
    rest += ms_per_day;
    --days;
  }
  auto date = civil_from_days(days);
  auto year = date.year;
  if (year < 0 || year > 9999) {
    // ISO 8601's expanded years, which parse_iso8601 reads back: a wrong time in a message must still be printable.
    out += year < 0 ? '-' : '+';
    year = year < 0 ? -year : year;
    auto upper = std::to_string(year / 10'000);
    out.append(upper.size() < 2 ? 2 - upper.size() : 0, '0');
    out += upper;
    year %= 10'000;
  }
  std::array<char, 24> text{};
  auto put = [&text](std::size_t at, int digits, std::int64_t x) {
    for (auto i = at + static_cast<std::size_t>(digits); i-- > at; x /= 10)
      text[i] = static_cast<char>('0' + x % 10);
  };
  put(0, 4, year);
  text[4] = '-';
  put(5, 2, date.month);
  text[7] = '-';
  put(8, 2, date.day);
  text[10] = 'T';
  put(11, 2, rest / 3'600'000);
  text[13] = ':';
  put(14, 2, rest / 60'000 % 60);
  text[16] = ':';
  put(17, 2, rest / 1'000 % 60);
  text[19] = '.';
  put(20, 3, rest % 1'000);
  text[23] = 'Z';
  out.append(text.data(), text.size());
}

std::string to_iso8601(timestamp time) {
  std::string result;
  append_iso8601(result, time);
  return result;
}

expected<milliseconds> parse_duration(std::string_view text) {
  if (text.empty())
    return not_a_duration(text, "it is empty");
  if (text.front() == '-')
    return not_a_duration(text, "it is negative");
  cursor in{text};
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!in.done()) {
    std::int64_t number = 0;
    if (in.digits(number, 15) == 0)
      return not_a_duration(text, "a number is missing");
    std::string_view name;
    if (in.take('m'))
      name = in.take('s') ? "ms" : "m";
    else if (in.take('d'))
      name = "d";
    else if (in.take('h'))
      name = "h";
    else if (in.take('s'))
      name = "s";
    else if (in.done())
      return not_a_duration(text, "the unit is missing");
    else if (in.peek() == '.')
      return not_a_duration(text, "its numbers must be whole");
    else
      return not_a_duration(text, is_digit(in.peek()) ? "a number is too long" : "a unit is not known");
    while (next_unit < units.size() && units[next_unit].name != name)
      ++next_unit;
    if (next_unit == units.size())
      return not_a_duration(text, "its units do not fall");
    auto ms = units[next_unit].ms;
    if (number > (greatest_duration_ms - total) / ms)
      return not_a_duration(text, "it is longer than 1000000d");
    total += number * ms;
    ++next_unit;
  }
  return milliseconds{total};
}

std::string format_duration(milliseconds duration) {
  auto rest = duration.count();
  if (rest == 0)
    return "0s";
  std::string result;
  if (rest < 0) {
    result += '-';
    rest = -rest;
  }
  for (const auto& [name, ms] : units) {
    if (rest >= ms)
      fmt::format_to(std::back_inserter(result), "{}{}", rest / ms, name);
    rest %= ms;
  }
  return result;
}

expected<double> parse_rate_per_hour(std::string_view text) {
  auto wrong = [text](std::string_view why) {
    return fail(error_kind::invalid,
                fmt::format("\"{}\" is not a rate ({}); write 3/s, 20/min, 5/h or 2/d", text.substr(0, 80), why));
  };
  double number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (code != std::errc{} || !std::isfinite(number))
    return wrong("a number must come first");
  if (std::signbit(number))
    return wrong("it is negative");
  auto per = text.substr(static_cast<std::size_t>(end - text.data()));
  double an_hour = 0;
  if (per == "/s")
    an_hour = 3'600;
  else if (per == "/min")
    an_hour = 60;
  else if (per == "/h")
    an_hour = 1;
  else if (per == "/d")
    an_hour = 1.0 / 24;
  else
    return wrong("its unit is not /s, /min, /h or /d");
  auto result = number * an_hour;
  if (!std::isfinite(result))
    return wrong("it is too large");
  return result;
}

expected<timestamp> parse_time(std::string_view text, timestamp now) {
  std::optional<timestamp> result;
  if (text == "now") {
    result = now;
  } else if (auto time = parse_iso8601(text)) {
    result = time;
  } else if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    if (auto distance = parse_duration(text.substr(1)))
      result = text.front() == '-' ? now - *distance : now + *distance;
  }
  if (!result)
    return fail(error_kind::invalid, fmt::format("\"{}\" is not a time; write 2026-01-05T06:00:00Z, now, or a distance "
                                                 "from now such as -24h",
                                                 text.substr(0, 80)));
  if (*result < least_timestamp || *result > greatest_timestamp)
    return fail(error_kind::invalid, fmt::format("\"{}\" lies outside the years 1970 to 9999", text.substr(0, 80)));
  return *result;
}

} // namespace throng
