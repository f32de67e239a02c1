// Bounded bytes under way in each partition. In embedded mode the cluster drops what exceeds 5 MiB of a partition without an
// error, so a publisher takes from the budget before it produces and the processors give back what they have taken in
// (semantics.md 7). Knows neither messages nor threads: whoever calls, from wherever.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>

#include "transport/message.hpp"

namespace throng::transport {

/// 1 MiB a partition loses nothing and costs no speed (platform.md: 1.4 to 1.9 M/s at 1 or 2 MiB).
inline constexpr std::size_t default_flow_bytes = 1U << 20U;

/// Thread-safe.
class flow_budget {
public:
  /// Called after a refused try_take(), once there is room again; by whoever released it, without a lock held.
  using room_callback = std::function<void(const topic_partition&)>;

  explicit flow_budget(std::size_t bytes_a_partition = default_flow_bytes, room_callback on_room = {});

  /// True: `bytes` are under way from now on. What exceeds the whole budget is let through when nothing else is under way.
  /// False: no room; `on_room` will be called for this partition.
  bool try_take(const topic_partition& of, std::size_t bytes);

  /// Gives back. More than is under way (a message taken in twice after a restart) leaves nothing under way.
  void release(const topic_partition& of, std::size_t bytes);

  std::size_t in_flight(const topic_partition& of) const;

private:
  struct account {
    std::size_t in_flight = 0;
    bool wanted = false; ///< a try_take() was refused since the last call of on_room
  };

  const std::size_t limit_;
  const room_callback on_room_;
  mutable std::mutex mutex_; // taken once a batch, not once a message
  std::map<topic_partition, account> accounts_;
};

} // namespace throng::transport
