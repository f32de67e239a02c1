// The partitioner of Kafka's Java client: which partition a key belongs to. (librdkafka's default is another.)
#pragma once

#include <cstdint>
#include <string_view>

namespace throng {

/// Murmur2 of Austin Appleby with the seed 0x9747b28c, as in Kafka's `Utils.murmur2`.
std::uint32_t murmur2(std::string_view key) noexcept;

/// `toPositive(murmur2(key)) % partitions`. @pre partitions > 0
inline std::int32_t partition_of(std::string_view key, std::int32_t partitions) noexcept {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) % static_cast<std::uint32_t>(partitions));
}

} // namespace throng
