// A checkpoint's entries as chunks of bounded size, and back. What a chunk is called and which belong together is checkpoint_log's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"
#include "storage/checkpoint_log.hpp"

namespace throng::storage {

/// No chunk is longer: half of what a MongoDB document may be, and a message every server takes.
inline constexpr std::size_t max_chunk_bytes = 8U << 20U;

/// Entries one after another, cut where a chunk is full (also within an entry), each piece compressed by zstd on its own.
/// No entries: no chunk.
std::vector<std::string> encode_chunks(const std::vector<checkpoint_entry>& entries);

/// corrupt: bytes that encode_chunks never wrote.
expected<std::vector<checkpoint_entry>> decode_chunks(const std::vector<std::string>& chunks);

/// xxh128 in hex: what tells a damaged chunk.
std::string chunk_checksum(std::string_view bytes);

} // namespace throng::storage
