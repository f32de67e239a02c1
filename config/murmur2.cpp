#include "config/murmur2.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace throng {

namespace {

// The hash is defined over little-endian words, whatever the machine.
std::uint32_t byte_at(std::string_view key, std::size_t at) noexcept {
  return static_cast<unsigned char>(key[at]);
}

} // namespace

std::uint32_t murmur2(std::string_view key) noexcept {
  constexpr std::uint32_t m = 0x5bd1e995U;
  constexpr unsigned r = 24;
  auto h = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  auto words = key.size() / 4;
  for (std::size_t at = 0; at < words * 4; at += 4) {
    std::uint32_t k = 0;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(&k, key.data() + at, sizeof k);
    else
      k = byte_at(key, at) | byte_at(key, at + 1) << 8U | byte_at(key, at + 2) << 16U | byte_at(key, at + 3) << 24U;
    k *= m;
    k ^= k >> r;
    k *= m;
    h *= m;
    h ^= k;
  }
  auto tail = words * 4;
  switch (key.size() % 4) {
  case 3:
    h ^= byte_at(key, tail + 2) << 16U;
    [[fallthrough]];
  case 2:
    h ^= byte_at(key, tail + 1) << 8U;
    [[fallthrough]];
  case 1:
    h ^= byte_at(key, tail);
    h *= m;
    break;
  default:
    break;
  }
  h ^= h >> 13U;
  h *= m;
  h ^= h >> 15U;
  return h;
}

} // namespace throng
