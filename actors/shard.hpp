// A shard of the world: supervises its entities, wakes who is due, and reports what they emitted.
#pragma once

#include <cstdint>
#include <memory>

#include "actors/wake_job.hpp"
#include "actors/world_messages.hpp"

namespace throng::actors {

struct shard_state {
  static inline const char* name = "throng.shard";

  std::uint32_t number = 0;
  std::shared_ptr<simulation::shard_core> core;
  std::shared_ptr<step_board> board;
  std::shared_ptr<entity_list> entities; ///< by their local number; changed only while nobody is being woken
  step_leader leader;
  std::uint32_t attempts = 0; ///< rounds of restarts in this step
};

/// How often entities may fail in one step, one after another, before the world gives up: then it is no accident.
inline constexpr std::uint32_t most_restarts_a_step = 5;

/// How many jobs wake a shard's entities at a time: enough for the threads of any machine to have a share.
inline constexpr std::uint32_t most_jobs = 8;

/// Spawns the entities itself. @param core owned together with the caller, who reads its books when the world has ended
shard_actor::behavior_type shard(shard_actor::stateful_pointer<shard_state> self, std::uint32_t number,
                                 std::shared_ptr<simulation::shard_core> core, step_leader leader);

} // namespace throng::actors
