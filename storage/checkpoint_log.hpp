// Checkpoints of one task and partition over a result_store: claims, base and deltas, fall-back, fencing (semantics.md 6).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

/// Whose checkpoint, and what it is a checkpoint of.
struct checkpoint_identity {
  std::string owner; ///< pipeline, or `recorder:GROUP`
  std::string topic;
  std::int32_t partition = 0;
  std::string definition; ///< hash
  std::string source;     ///< cluster id and topic; for a file its absolute path, hash of its head and that length
  std::int32_t partitions = 1;
};

/// The last message that a checkpoint has taken in: read again at a claim, to tell a topic that was made anew.
struct last_message {
  std::int64_t offset = -1; ///< -1: none taken in yet
  std::int64_t timestamp_ms = -1;
  std::uint64_t hash = 0; ///< xxh64 of the value's bytes
};

struct checkpoint_entry {
  std::string key;
  std::optional<std::string> value; ///< none: deleted (in a delta)
};

/// Where a generation of a partition took over.
struct generation_begin {
  std::uint64_t generation = 0;
  std::int64_t offset = 0;
};

/// What a claim gives: where to go on, and with which state.
struct claimed {
  std::uint64_t generation = 0;
  std::int64_t next_offset =
      0; ///< 0 where there was no checkpoint (see `fresh`), whatever offset the reader then starts at
  bool fresh = true;
  last_message last;
  std::vector<checkpoint_entry> entries;  ///< base, then deltas, older first
  bool fell_back = false;                 ///< the newest epoch was not whole; this is the one before
  std::vector<generation_begin> begins{}; ///< of all generations, this one last
};

/// Not thread-safe; one a (task, partition) and life of a processor.
class checkpoint_log {
public:
  /// @param writer unique to this process and log: what tells its header from another's after an answer was lost
  checkpoint_log(result_store& store, checkpoint_identity identity, std::string writer);
  ~checkpoint_log();

  /// Raises the generation under a fence, records where it begins, removes overtaken documents, and loads the newest whole epoch.
  /// conflict: another identity stands there, of this partition or under this owner's name (the sentence names --reset and what
  /// differs); corrupt: no epoch is whole. Whether the topic was made anew, the caller finds by reading `last` again.
  expected<claimed> claim();

  /// A checkpoint: chunks, then the header. `whole` entries start a new base, else a delta. fenced: somebody else has claimed it.
  /// Results must have been acknowledged before. After an error other than fenced it may have taken effect or not; the next save must hold
  /// this one's entries too, or be whole. @pre claim() succeeded
  expected<void> save(const std::vector<checkpoint_entry>& entries, bool whole, std::int64_t next_offset,
                      last_message last);

  /// True when deltas have outgrown the base: the next save should be whole.
  bool wants_base() const;
  std::uint64_t generation() const;
  /// The oldest offset that a fall-back could go to: what must still be readable. 0 before the first save.
  std::int64_t oldest_offset() const;
  /// Bytes written by the last save, compressed.
  std::uint64_t last_bytes() const;

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::storage
