#include "storage/checkpoint_chunks.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include "analytics/codec.hpp"

namespace throng::storage {

namespace {

// zstd adds at most 1/256 and a little to what it can't compress.
constexpr std::size_t max_piece_bytes = max_chunk_bytes - max_chunk_bytes / 128;

// The fastest level that still shrinks such state to a fifth: a checkpoint is written every few seconds and seldom read.
constexpr int compression_level = 1;

enum class entry_kind : std::uint8_t { deleted, present };

void append_entry(std::string& out, const checkpoint_entry& entry) {
  analytics::byte_writer to{out};
  to.u8(static_cast<std::uint8_t>(entry.value ? entry_kind::present : entry_kind::deleted));
  to.text(entry.key);
  if (entry.value)
    to.text(*entry.value);
}

std::string compressed(std::string_view piece) {
  std::string out(ZSTD_compressBound(piece.size()), '\0');
  auto size = ZSTD_compress(out.data(), out.size(), piece.data(), piece.size(), compression_level);
  if (ZSTD_isError(size) != 0U)
    throw std::runtime_error(fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return out;
}

void append_decompressed(std::string& out, const std::string& chunk) {
  auto size = ZSTD_getFrameContentSize(chunk.data(), chunk.size());
  // Also turns down the two values that mean "unknown" and "not a frame".
  if (size > max_piece_bytes)
    throw analytics::corrupt_state{"a chunk is no compressed piece"};
  auto from = out.size();
  out.resize(from + size);
  auto got = ZSTD_decompress(out.data() + from, size, chunk.data(), chunk.size());
  if (ZSTD_isError(got) != 0U || got != size)
    throw analytics::corrupt_state{"a chunk can't be decompressed"};
}

} // namespace

std::vector<std::string> encode_chunks(const std::vector<checkpoint_entry>& entries) {
  std::vector<std::string> out;
  std::string pending;
  auto cut = [&](std::size_t least) {
    std::size_t from = 0;
    for (; pending.size() - from >= least && from < pending.size();) {
      auto size = std::min(max_piece_bytes, pending.size() - from);
      out.push_back(compressed(std::string_view(pending).substr(from, size)));
      from += size;
    }
    pending.erase(0, from);
  };
  for (const auto& entry : entries) {
    append_entry(pending, entry);
    if (pending.size() >= max_piece_bytes)
      cut(max_piece_bytes);
  }
  cut(0);
  return out;
}

expected<std::vector<checkpoint_entry>> decode_chunks(const std::vector<std::string>& chunks) {
  try {
    std::string bytes;
    for (const auto& chunk : chunks)
      append_decompressed(bytes, chunk);
    std::vector<checkpoint_entry> out;
    analytics::byte_reader from{bytes};
    while (!from.at_end()) {
      auto kind = from.u8();
      if (kind > static_cast<std::uint8_t>(entry_kind::present))
        throw analytics::corrupt_state{"an entry of no known kind"};
      auto& entry = out.emplace_back();
      entry.key = from.text();
      if (kind == static_cast<std::uint8_t>(entry_kind::present))
        entry.value = std::string(from.text());
    }
    return out;
  } catch (const analytics::corrupt_state& e) {
    return fail(error_kind::corrupt, e.what());
  }
}

std::string chunk_checksum(std::string_view bytes) {
  auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

} // namespace throng::storage
