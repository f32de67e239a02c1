// Stands for a shard that lives on a worker: sends it its steps, brings back what it made of them, and tells the leader when it is lost.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "actors/parcel.hpp"
#include "actors/worker_messages.hpp"

namespace throng::actors {

/// How long a worker may take to answer what takes it no time. What takes some has no bound of its own: a worker that is lost
/// meanwhile is noticed by its heartbeat (system_config.hpp).
inline constexpr std::chrono::seconds worker_patience{10};

struct remote_shard_state {
  static inline const char* name = "throng.remote_shard";

  std::string worker; ///< HOST:PORT, for sentences
  std::uint32_t number = 0;
  std::size_t runs = 0; ///< of the world
  parcel_actor shard;   ///< none: it is not hosted yet
  step_leader leader;
  parcel_outbox outbox;
  parcel_inbox inbox;
  std::deque<caf::typed_response_promise<shard_answer>> asked; ///< not answered yet
  std::optional<error> lost;
};

/// @param front the worker's @param runs of the world
remote_shard_actor::behavior_type remote_shard(remote_shard_actor::stateful_pointer<remote_shard_state> self,
                                               const std::string& worker, const caf::actor& front,
                                               const enlistment& wanted, std::size_t runs);

} // namespace throng::actors
