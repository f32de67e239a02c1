// Less of a store: what is over before a time. Entities, labels and books stay: they do not grow with time, and `audit` and `score` need them.
#pragma once

#include <cstdint>

#include "config/error.hpp"
#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::query {

struct pruned {
  std::uint64_t windows = 0; ///< stored partials
  std::uint64_t alerts = 0;
  std::uint64_t events = 0;
};

/// Deletes windows that ended at or before `before`, and alerts and raw events whose time lies before it; all of it event time. A window that an
/// analysis still has open comes back when it changes.
expected<pruned> prune(storage::result_store& store, timestamp before);

} // namespace throng::query
