// A decoded message: the fields that a pipeline asks for, each in a slot known beforehand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/text_arena.hpp"
#include "analytics/value.hpp"
#include "config/time.hpp"

namespace throng::analytics {

using slot = std::uint32_t;

/// The fields of a pipeline: dotted paths in the message, then names that derive, enrich and features add. A name that
/// is added hides a field of the message with that name from then on.
class field_table {
public:
  /// The slot of a path read from the message; made if it is new.
  slot message_field(std::string_view path);
  /// The slot of a name that the pipeline computes; made if it is new.
  slot computed_field(std::string_view name);
  /// What `name` means to the stages after derive: the computed field if there is one, else the message's.
  slot lookup(std::string_view name);

  std::size_t size() const {
    return entries_.size();
  }
  bool computed(slot of) const;
  const std::string& path(slot of) const;

private:
  struct entry {
    std::string path;
    bool computed = false;
  };
  std::vector<entry> entries_;
};

/// Where a message came from, and when.
struct message_origin {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1; ///< Kafka's; -1 where there is none
  // Where it stood before it was re-keyed, or stands: what orders events of one time.
  std::int32_t source = 0; ///< its partition; of re-keyed events, behind those of all lesser topics
  std::int64_t source_offset = 0;
};

/// Reused from message to message: clear() keeps the memory.
struct event {
  timestamp time;
  std::string key; ///< canonical text of the key field: its own text for text and numbers
  message_origin origin;
  std::vector<value> slots; ///< by field_table's numbers
  // Room to compute in, kept from message to message so that expressions allocate nothing; none of it is what the event says.
  mutable text_arena arena;         ///< unescaped and computed text that slots point to
  mutable std::vector<value> stack; ///< values of the arguments of what is being called
  mutable std::string scratch;      ///< JSON that is being made

  /// Of a slot's canonical text, made once for all windows (118 instructions for each further one). @pre the slot keeps its value from now on
  std::uint64_t hash_of(slot of) const {
    if (hashes_.size() < slots.size())
      hashes_.resize(slots.size());
    auto& found = hashes_[of];
    if (found.of != number_)
      found = {number_, canonical_hash(slots[of])};
    return found.hash;
  }

  void clear(std::size_t fields) {
    ++number_;
    slots.assign(fields, value{});
    arena.clear();
    stack.clear();
  }

private:
  struct known_hash {
    std::uint64_t of = 0; ///< the number_ that it was made for
    std::uint64_t hash = 0;
  };
  mutable std::vector<known_hash> hashes_;
  std::uint64_t number_ = 1; ///< of the message
};

} // namespace throng::analytics
