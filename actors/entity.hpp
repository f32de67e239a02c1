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

/// What a shard shares with its entities during a step. A slot is the entity's alone until it takes its count; whoever
/// takes the last one tells the shard. (One message an entity and step instead of two: 1.0 to 1.5 million events/s
/// where two gave 0.55 to 0.93 on 2 cores.)
struct step_board {
  std::shared_ptr<simulation::shard_core> core;
  shard_actor owner;
  std::atomic<std::uint32_t> outstanding{0};
  std::mutex failures_mutex;
  std::vector<std::uint32_t> failed_slots;
};

struct entity_state {
  static inline const char* name = "throng.entity";
};

/// @param board shared, because a world that fails ends in the middle of a step
entity_actor::behavior_type entity(entity_actor::stateful_pointer<entity_state> self,
                                   std::shared_ptr<step_board> board);

} // namespace throng::actors
