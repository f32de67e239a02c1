// What every stored thing must stand: its bytes changed, cut or made up are refused or read, and nothing else.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "analytics/codec.hpp"

namespace throng::test {

/// Whether the call throws corrupt_state; anything else passes through.
template <class Call>
bool refuses(Call call) {
  try {
    call();
  } catch (const analytics::corrupt_state&) {
    return true;
  }
  return false;
}

/// Calls `load` with many damaged copies of `bytes`. @returns how many were refused; anything but corrupt_state passes through
template <class Load>
int damage(const std::string& bytes, std::uint64_t seed, Load load) {
  std::mt19937_64 bits{seed};
  int refused = 0;
  for (int i = 0; i < 30; ++i) {
    auto copy = bytes;
    switch (bits() % 3) {
    case 0:
      copy.resize(bits() % (copy.size() + 1));
      break;
    case 1:
      for (auto n = 1 + bits() % 4; n > 0 && !copy.empty(); --n)
        copy[bits() % copy.size()] = static_cast<char>(bits());
      break;
    default:
      copy.assign(bits() % 64, '\0');
      for (auto& c : copy)
        c = static_cast<char>(bits() % 2 == 0 ? bits() % 4 : bits());
    }
    refused += refuses([&] {
      analytics::byte_reader in{copy};
      load(in);
    })
                   ? 1
                   : 0;
  }
  return refused;
}

} // namespace throng::test
