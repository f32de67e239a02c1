// Messages that have been made but are emitted in a later step: what is late, out of order, or a second copy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "config/time.hpp"

namespace throng::simulation {

struct held_message {
  timestamp emission;
  std::uint32_t local = 0;   ///< the entity's number in its shard
  std::uint32_t ordinal = 0; ///< of the entity
  std::uint32_t run = 0;
  std::uint32_t key_size = 0;
  std::uint64_t seq = 0;
  std::uint16_t channel = 0;
  bool counts = true; ///< false: a second copy
  std::string bytes;  ///< the key, then the value
};

class held_messages {
public:
  void put(held_message message) {
    heap_.push_back(std::move(message));
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// Those to be emitted before `end`, ordered by (entity, ordinal), each with its bytes.
  std::vector<held_message> take_until(timestamp end) {
    std::vector<held_message> taken;
    while (!heap_.empty() && heap_.front().emission < end) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      taken.push_back(std::move(heap_.back()));
      heap_.pop_back();
    }
    std::sort(taken.begin(), taken.end(), [](const held_message& a, const held_message& b) {
      return std::tie(a.local, a.ordinal) < std::tie(b.local, b.ordinal);
    });
    return taken;
  }
  /// As all() gave it.
  void restore(std::vector<held_message> all) {
    heap_ = std::move(all);
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
  /// In no particular order.
  const std::vector<held_message>& all() const {
    return heap_;
  }

private:
  static bool later(const held_message& a, const held_message& b) {
    return a.emission > b.emission;
  }

  std::vector<held_message> heap_; ///< the soonest in front
};

} // namespace throng::simulation
