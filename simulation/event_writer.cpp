#include "simulation/event_writer.hpp"

#include <charconv>
#include <chrono>

namespace throng::simulation {
namespace {

void two_digits(char* to, unsigned value) {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

} // namespace

void iso_clock::set(std::int64_t second) {
  using namespace std::chrono;
  const sys_seconds when{seconds{second}};
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss clock{when - day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  auto* to = text_.data();
  two_digits(to, year / 100);
  two_digits(to + 2, year);
  to[4] = '-';
  two_digits(to + 5, static_cast<unsigned>(date.month()));
  to[7] = '-';
  two_digits(to + 8, static_cast<unsigned>(date.day()));
  to[10] = 'T';
  two_digits(to + 11, static_cast<unsigned>(clock.hours().count()));
  to[13] = ':';
  two_digits(to + 14, static_cast<unsigned>(clock.minutes().count()));
  to[16] = ':';
  two_digits(to + 17, static_cast<unsigned>(clock.seconds().count()));
  to[19] = '.';
  second_ = second;
}

void event_writer::drop(std::size_t field) noexcept {
  auto* bytes = out_->begin();
  const std::size_t first = starts_[field];
  auto past = field + 1 < fields_ ? starts_[field + 1] : out_->size();
  auto to = first;
  if (first == start_ + 1 && past != out_->size()) {
    // The first field has no comma before it, so the next one's goes too.
    ++past;
  }
  std::memmove(bytes + to, bytes + past, out_->size() - past);
  out_->cut(out_->size() - (past - to));
}

char* event_writer::escape(char* to, std::string_view value) noexcept {
  constexpr auto hex = "0123456789abcdef";
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') {
      *to++ = c;
      continue;
    }
    *to++ = '\\';
    switch (c) {
    case '"':
    case '\\':
      *to++ = c;
      break;
    case '\n':
      *to++ = 'n';
      break;
    case '\r':
      *to++ = 'r';
      break;
    case '\t':
      *to++ = 't';
      break;
    default:
      *to++ = 'u';
      *to++ = '0';
      *to++ = '0';
      *to++ = hex[byte >> 4];
      *to++ = hex[byte & 15];
    }
  }
  return to;
}

char* event_writer::digits(char* to, std::uint64_t value) noexcept {
  return std::to_chars(to, to + 20, value).ptr; // 20 digits hold every 64-bit number
}

} // namespace throng::simulation
