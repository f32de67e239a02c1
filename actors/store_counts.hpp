// What the writers to a store count of their calls and of what waits for them: written by them as they work, read by anyone at any time.
#pragma once

#include <atomic>
#include <cstdint>

namespace throng::actors {

struct store_counts {
  std::atomic<std::int64_t> waiting{0};      ///< requests that are not answered yet
  std::atomic<std::uint64_t> writes{0};      ///< calls that wrote results, those that failed too
  std::atomic<std::uint64_t> write_ns{0};    ///< the time of all of them
  std::atomic<std::uint64_t> checkpoints{0}; ///< those saved
  std::atomic<std::uint64_t> checkpoint_ns{0};
  std::atomic<std::uint64_t> checkpoint_bytes{0}; ///< as they are stored: compressed
};

} // namespace throng::actors
