#include "storage/checkpoint_chain.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "storage/checkpoint_chunks.hpp"

namespace throng::storage {

namespace {

/// Nothing where a chunk is missing or damaged.
expected<std::optional<std::vector<checkpoint_entry>>> read_epoch(result_store& store, const saved_epoch& saved) {
  std::vector<std::string> chunks;
  for (const auto& reference : saved.chunks) {
    auto chunk = store.chunk(reference.id);
    if (!chunk)
      return tl::unexpected(chunk.error());
    if (!*chunk || chunk_checksum(**chunk) != reference.checksum)
      return std::nullopt;
    chunks.push_back(std::move(**chunk));
  }
  auto entries = decode_chunks(chunks);
  if (!entries)
    return std::nullopt;
  return std::move(*entries);
}

} // namespace

expected<readable> read_chain(result_store& store, const epoch_chain& chain) {
  readable out;
  for (const auto& saved : chain) {
    auto entries = read_epoch(store, saved);
    if (!entries)
      return tl::unexpected(entries.error());
    if (!*entries)
      break;
    out.epochs.push_back(saved);
    std::move((*entries)->begin(), (*entries)->end(), std::back_inserter(out.entries));
  }
  return out;
}

std::set<std::string> chunks_named(const header_content& content) {
  std::set<std::string> out;
  for (const auto* chain : {&content.current, &content.previous})
    for (const auto& saved : *chain)
      for (const auto& chunk : saved.chunks)
        out.insert(chunk.id);
  return out;
}

std::string chunk_prefix(const std::string& header) {
  return header + "/";
}

std::string chunk_id(const std::string& header, std::uint64_t generation, std::uint64_t save, std::size_t number) {
  return fmt::format("{}{}/{}/{}", chunk_prefix(header), generation, save, number);
}

std::optional<std::uint64_t> generation_of(std::string_view chunk_id, std::string_view prefix) {
  chunk_id.remove_prefix(prefix.size());
  std::uint64_t out = 0;
  if (std::from_chars(chunk_id.data(), chunk_id.data() + chunk_id.size(), out).ec != std::errc{})
    return std::nullopt;
  return out;
}

} // namespace throng::storage
