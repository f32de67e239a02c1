// What a checkpoint's header says: whose it is, which generations there were, which epochs can be read and from what chunks. Its text form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "storage/checkpoint_log.hpp"

namespace throng::storage {

/// Where each generation of a partition begins, for queries that skip what is no result: a document of an older generation with an
/// offset at or past it.
struct generation_start {
  std::string owner;
  std::string topic;
  std::int32_t partition = 0;
  std::uint64_t generation = 0;
  std::int64_t offset = 0;
};

struct chunk_reference {
  std::string id;
  std::string checksum;
};

/// One save: a base, or a delta on those before it in its chain.
struct saved_epoch {
  std::uint64_t epoch = 0; ///< the header's when it was saved
  std::int64_t next_offset = 0;
  last_message last;
  std::uint64_t bytes = 0; ///< of its chunks
  std::vector<chunk_reference> chunks;
};

/// A base and its deltas, older first.
using epoch_chain = std::vector<saved_epoch>;

struct header_content {
  checkpoint_identity identity;
  std::vector<generation_start> starts; ///< of this partition, rising generations
  epoch_chain current;
  epoch_chain previous; ///< shares no chunk with `current`
};

/// `owner/topic/partition`, with `%` and `/` inside the names as `%25` and `%2F`, so that no two identities share one.
std::string header_id(const std::string& owner, const std::string& topic, std::int32_t partition);
/// What the ids of all headers of an owner begin with.
std::string header_prefix(const std::string& owner);
/// owner, topic and partition of an id; nothing if it is none.
std::optional<checkpoint_identity> parse_header_id(std::string_view id);

// Others may replace a header between a look and the replacement; each that wins has had its turn, so a few rounds always do.
inline constexpr int max_replacement_rounds = 8;

std::string to_text(const header_content& content);
/// corrupt: not what to_text writes; invalid: of another version.
expected<header_content> parse_header(const std::string& text);

} // namespace throng::storage
