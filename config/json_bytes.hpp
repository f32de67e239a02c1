// The bytes of JSON texts, as every reader of them must see them: where plain text ends, and what is UTF-8.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace throng {

/// The first character from `p` on that is not plain: a quote, a backslash, a control character, or not ASCII; `end` if all are.
inline const char* skip_plain_text(const char* p, const char* end) {
#ifdef __SSE2__ // every x86-64 has it
  const auto quote = _mm_set1_epi8('"');
  const auto backslash = _mm_set1_epi8('\\');
  const auto space = _mm_set1_epi8(' ');
  while (end - p >= 16) {
    const auto w = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); // NOLINT: the intrinsic's own type
    // Compared as signed, what is not ASCII is less than a space too.
    const auto marks =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(w, quote), _mm_cmpeq_epi8(w, backslash)), _mm_cmplt_epi8(w, space));
    if (const auto found = static_cast<unsigned>(_mm_movemask_epi8(marks)); found != 0)
      return p + std::countr_zero(found);
    p += 16;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    // Eight at a time; a byte's borrow can only mark bytes behind a true mark, and the first mark is what counts.
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    while (end - p >= 8) {
      std::uint64_t w = 0;
      std::memcpy(&w, p, 8);
      const auto quotes = w ^ (ones * 0x22);
      const auto backslashes = w ^ (ones * 0x5c);
      const auto marks =
          (w | ((w - ones * 0x20) & ~w) | ((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes)) & tops;
      if (marks != 0)
        return p + (std::countr_zero(marks) / 8);
      p += 8;
    }
  }
  while (p != end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20 &&
         static_cast<unsigned char>(*p) < 0x80)
    ++p;
  return p;
}

/// The length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), 0 if there is none. @pre p != end
inline std::size_t utf8_length(const char* p, const char* end) {
  const auto at = [&](std::ptrdiff_t i) { return i < end - p ? static_cast<unsigned char>(p[i]) : 0U; };
  const auto tail = [&](std::ptrdiff_t i) { return (at(i) & 0xc0U) == 0x80U; };
  const auto lead = at(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead <= 0xdf)
    return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!tail(1) || !tail(2) || (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f))
      return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f))
      return 0;
    return 4;
  }
  return 0;
}

} // namespace throng
