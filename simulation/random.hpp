// Uniform bits, the same on every machine: a small generator for what an entity draws in order, and stateless draws for
// what must not depend on any order. Distributions stand on it (distributions.hpp).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace throng::simulation {

/// A bijection of 64 bits in which every input bit reaches every output bit: the finalizer of SplitMix64 (Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", 2014; constants: Stafford's Mix13).
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/// The step of SplitMix64: 2^64 divided by the golden ratio, made odd.
inline constexpr std::uint64_t golden_step = 0x9e3779b97f4a7c15U;

/// 64 bits that depend on all of the parts and on their order, and on nothing else.
template <class... Parts>
constexpr std::uint64_t draw(std::uint64_t seed, Parts... parts) noexcept {
  auto bits = mix(seed + golden_step);
  ((bits = mix(bits ^ (static_cast<std::uint64_t>(parts) + golden_step))), ...);
  return bits;
}

/// A number of a name for `draw`: FNV-1a of 64 bits, mixed.
constexpr std::uint64_t number_of_name(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix(hash);
}

/// The upper 53 bits as a multiple of 2^-53 in [0, 1).
constexpr double to_unit(std::uint64_t bits) noexcept {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

/// xoroshiro128++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021): 16 bytes of state,
/// period 2^128 - 1, so that a million streams of a million draws practically never overlap.
class random_stream {
public:
  /// A fixed stream, for members that are set later.
  constexpr random_stream() noexcept
      : random_stream(0) {}
  /// The state is drawn from the seed by SplitMix64, as the authors advise.
  explicit constexpr random_stream(std::uint64_t seed) noexcept
      : state_{mix(seed + golden_step), mix(seed + 2 * golden_step)} {
    if (state_[0] == 0 && state_[1] == 0)
      state_[0] = golden_step; // the one state that it never leaves
  }

  constexpr std::uint64_t bits() noexcept {
    const auto s0 = state_[0];
    auto s1 = state_[1];
    const auto result = std::rotl(s0 + s1, 17) + s0;
    s1 ^= s0;
    state_[0] = std::rotl(s0, 49) ^ s1 ^ (s1 << 21);
    state_[1] = std::rotl(s1, 28);
    return result;
  }

  /// In [0, 1).
  constexpr double unit() noexcept {
    return to_unit(bits());
  }

  /// In 0 to bound - 1, each exactly as likely (Lemire, "Fast random integer generation in an interval", 2019).
  /// @pre bound > 0
  constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    auto product = (bits() >> 32) * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const auto least = static_cast<std::uint32_t>(-bound) % bound;
      while (static_cast<std::uint32_t>(product) < least)
        product = (bits() >> 32) * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  friend bool operator==(const random_stream&, const random_stream&) = default;

private:
  std::array<std::uint64_t, 2> state_;
};

/// An entity's own stream. A restarted entity goes on with another one: whatever it drew before it failed is not drawn
/// again, and the run still repeats.
inline random_stream stream_of(std::uint64_t seed, std::uint64_t population_number, std::uint32_t index,
                               std::uint32_t restarts) noexcept {
  return random_stream{draw(seed, population_number, index, restarts)};
}

} // namespace throng::simulation
