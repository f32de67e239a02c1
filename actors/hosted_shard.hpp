// A shard of somebody else's world, on a worker: takes its steps from the leader, has an ordinary shard live them, and sends back what that
// made of them. Ends with its leader.
#pragma once

#include <memory>

#include "actors/parcel.hpp"
#include "actors/worker_messages.hpp"
#include "simulation/shard_core.hpp"
#include "simulation/step_bytes.hpp"

namespace throng::actors {

struct hosted_shard_state {
  static inline const char* name = "throng.hosted_shard";

  std::shared_ptr<simulation::shard_core> core;
  std::unique_ptr<simulation::step_reader> steps;
  shard_actor shard; ///< none before the first step: what is loaded comes before
  std::uint32_t number = 0;
  parcel_actor leader;
  parcel_outbox outbox;
  parcel_inbox inbox;
};

hosted_shard_actor::behavior_type hosted_shard(hosted_shard_actor::stateful_pointer<hosted_shard_state> self,
                                               const std::shared_ptr<const simulation::world>& world,
                                               const enlistment& wanted, const parcel_actor& leader);

} // namespace throng::actors
