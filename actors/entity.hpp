// One entity of the world as an actor: it wakes, lives to the step's end in its slot, and takes its count.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/world_messages.hpp"
#include "simulation/shard_core.hpp"

namespace throng::actors {

/// What a shard shares with its entities during a step. A slot is the entity's alone until it takes its count. Whoever takes a
/// lane's last one closes the lane, and whoever closes the last lane tells the shard.
struct step_board {
  /// Slots of a lane that have not been taken. A cache line each: threads that wake different lanes don't meet.
  struct alignas(64) lane_count {
    std::atomic<std::uint32_t> outstanding{0};
  };

  std::shared_ptr<simulation::shard_core> core;
  shard_actor owner;
  std::vector<std::unique_ptr<lane_count>> lanes;
  std::atomic<std::uint32_t> lanes_outstanding{0};
  std::mutex failures_mutex;
  std::vector<std::uint32_t> failed_slots;

  lane_count& lane_of(std::uint32_t slot) {
    return *lanes[slot / simulation::shard_core::lane_slots];
  }
};

struct entity_state {
  static inline const char* name = "throng.entity";
};

/// @param board shared, because a world that fails ends in the middle of a step
entity_actor::behavior_type entity(entity_actor::stateful_pointer<entity_state> self,
                                   std::shared_ptr<step_board> board);

} // namespace throng::actors
