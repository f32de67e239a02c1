// Does every message that the world made stand in the topics and the store, once? (semantics.md 8)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

struct audit_finding {
  std::string topic;
  std::string key;
  std::string sentence; ///< "3 of 120 messages are missing: …"
};

struct audit_report {
  std::uint64_t keys = 0;
  std::uint64_t messages = 0;   ///< that the world made, by its books
  std::uint64_t duplicates = 0; ///< labelled, and seen
  std::uint64_t malformed = 0;  ///< labelled, and seen
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;           ///< beyond the labelled
  std::vector<audit_finding> findings; ///< at most 100
  bool holds() const {
    return lost == 0 && doubled == 0 && findings.empty();
  }
};

/// Compares records `world_books` with the `books` that the analysis kept, allowing exactly the trouble in `labels`.
/// not_found: no run has left its books in this store.
expected<audit_report> audit(storage::result_store& store);

} // namespace throng::query
