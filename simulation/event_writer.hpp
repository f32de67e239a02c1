// Writes one flat JSON object by hand, in fixed point: a tenth of what a formatting library takes (platform.md, "In the
// simulator's step"). Knows nothing of topics and trouble.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "config/time.hpp"
#include "simulation/byte_buffer.hpp"

namespace throng::simulation {

/// Writes times as ISO 8601 with milliseconds and keeps the text of the last second it wrote.
class iso_clock {
public:
  static constexpr std::size_t text_size = 24;

  /// Writes 24 bytes, such as `2026-01-05T06:00:00.123Z`. @pre the year is within 0000 to 9999
  void write(char* to, timestamp time) {
    auto second = time.ms / 1000;
    auto ms = time.ms % 1000;
    if (ms < 0) {
      ms += 1000;
      --second;
    }
    if (second != second_)
      set(second);
    std::memcpy(to, text_.data(), 20);
    to[20] = static_cast<char>('0' + ms / 100);
    to[21] = static_cast<char>('0' + ms / 10 % 10);
    to[22] = static_cast<char>('0' + ms % 10);
    to[23] = 'Z';
  }

private:
  void set(std::int64_t second);

  std::int64_t second_ = INT64_MIN;
  std::array<char, 20> text_{}; ///< up to the decimal point
};

/// Fields stand in the order of the calls. Names are plain ASCII without quotes, and are not escaped; values are.
class event_writer {
public:
  /// Fields beyond this many can't be dropped.
  static constexpr std::size_t max_fields = 32;

  event_writer(byte_buffer& out, iso_clock& clock) noexcept
      : out_(&out)
      , clock_(&clock) {
    // both outlive the writer
  }

  void begin() {
    start_ = out_->size();
    fields_ = 0;
    out_->append("{");
  }
  void end() {
    out_->append("}");
  }

  /// @param value valid UTF-8
  void text(std::string_view name, std::string_view value) {
    auto* at = open(name, 6 * value.size() + 2); // the longest escape is \u001f
    *at++ = '"';
    at = escape(at, value);
    *at++ = '"';
    out_->grow_to(at);
  }
  void integer(std::string_view name, std::int64_t value) {
    auto* at = open(name, 20);
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
      *at++ = '-';
      magnitude = 0 - magnitude;
    }
    out_->grow_to(digits(at, magnitude));
  }
  void natural(std::string_view name, std::uint64_t value) {
    auto* at = open(name, 20);
    out_->grow_to(digits(at, value));
  }
  /// A fixed-point number that is given in units of 10^-Places: 1234 with 2 places is 12.34. For money, and whatever must
  /// be exact.
  template <int Places>
  void fixed(std::string_view name, std::int64_t value) {
    static_assert(Places > 0 && Places <= 9);
    constexpr auto scale = power_of_ten(Places);
    auto* at = open(name, 24);
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
      *at++ = '-';
      magnitude = 0 - magnitude;
    }
    at = digits(at, magnitude / scale);
    *at++ = '.';
    auto rest = magnitude % scale;
    for (auto i = Places; i-- > 0; rest /= 10)
      at[i] = static_cast<char>('0' + rest % 10);
    out_->grow_to(at + Places);
  }
  /// Rounded half up to `Places` decimals; null where it is not finite or does not fit 63 bits so scaled.
  template <int Places>
  void decimal(std::string_view name, double value) {
    const auto scaled = std::floor(value * static_cast<double>(power_of_ten(Places)) + 0.5);
    if (std::fabs(scaled) < 9.2e18)
      fixed<Places>(name, static_cast<std::int64_t>(scaled));
    else
      null(name);
  }
  void boolean(std::string_view name, bool value) {
    raw(name, value ? "true" : "false");
  }
  void null(std::string_view name) {
    raw(name, "null");
  }
  /// @param value a JSON value as it is to stand there
  void json(std::string_view name, std::string_view value) {
    raw(name, value);
  }
  void time(std::string_view name, timestamp value) {
    auto* at = open(name, iso_clock::text_size + 2);
    *at = '"';
    clock_->write(at + 1, value);
    at[iso_clock::text_size + 1] = '"';
    out_->grow_to(at + iso_clock::text_size + 2);
  }

  /// Fields so far, at most max_fields.
  std::size_t fields() const noexcept {
    return fields_;
  }
  /// Cuts a field out again. @pre field < fields(); between begin and end; once an object
  void drop(std::size_t field) noexcept;

private:
  static constexpr std::uint64_t power_of_ten(int exponent) {
    std::uint64_t power = 1;
    while (exponent-- > 0)
      power *= 10;
    return power;
  }

  /// Writes `,"name":` and leaves room for the value.
  char* open(std::string_view name, std::size_t room) {
    const auto at_field = out_->size();
    auto* at = out_->claim(name.size() + 4 + room);
    if (fields_ < max_fields)
      starts_[fields_++] = static_cast<std::uint32_t>(at_field);
    if (at_field != start_ + 1)
      *at++ = ',';
    *at++ = '"';
    std::memcpy(at, name.data(), name.size());
    at += name.size();
    *at++ = '"';
    *at++ = ':';
    return at;
  }
  void raw(std::string_view name, std::string_view value) {
    auto* at = open(name, value.size());
    std::memcpy(at, value.data(), value.size());
    out_->grow_to(at + value.size());
  }
  static char* escape(char* to, std::string_view value) noexcept;
  static char* digits(char* to, std::uint64_t value) noexcept;

  byte_buffer* out_;
  iso_clock* clock_;
  std::size_t start_ = 0;
  std::size_t fields_ = 0;
  std::array<std::uint32_t, max_fields> starts_;
};

} // namespace throng::simulation
