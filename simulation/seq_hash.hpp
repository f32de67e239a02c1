// What the books sum up (semantics.md 8).
#pragma once

#include <bit>
#include <cstdint>

#define XXH_INLINE_ALL // NOLINT(readability-identifier-naming): the library's name
#include <xxhash.h>

namespace throng::simulation {

/// xxh64 of the seq's 8 little-endian bytes, seed 0.
inline std::uint64_t hash_of_seq(std::uint64_t seq) {
  static_assert(std::endian::native == std::endian::little);
  return XXH64(&seq, sizeof seq, 0);
}

} // namespace throng::simulation
