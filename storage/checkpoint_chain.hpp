// The chunks behind a header's chains: what they are called, and what can still be read of a base and its deltas.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/checkpoint_header.hpp"

namespace throng::storage {

/// What can still be read of a chain: its longest beginning whose chunks are all there and right.
struct readable {
  epoch_chain epochs;
  std::vector<checkpoint_entry> entries;
};

expected<readable> read_chain(result_store& store, const epoch_chain& chain);

/// Of both chains.
std::set<std::string> chunks_named(const header_content& content);

/// What the ids of all chunks of a header begin with; the generation, the save and a number follow.
std::string chunk_prefix(const std::string& header);
std::string chunk_id(const std::string& header, std::uint64_t generation, std::uint64_t save, std::size_t number);
/// The generation that a chunk's id carries.
std::optional<std::uint64_t> generation_of(std::string_view chunk_id, std::string_view prefix);

} // namespace throng::storage
