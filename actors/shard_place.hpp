// Where a shard of a world is: in this process, or on a worker (worker_crew.hpp). What the facade asks of it besides living the
// world's steps; only while the world stands still.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/world_messages.hpp"
#include "simulation/shard_core.hpp"

namespace throng::actors {

/// Which shard.
struct shard_seat {
  std::uint32_t number = 0; ///< among all of the world
  std::uint32_t index = 0;  ///< of `shards` that share the kinds of its pace
  std::uint32_t shards = 0;
  simulation::pace kinds = simulation::pace::both;
};

class shard_place {
public:
  shard_place() = default;
  virtual ~shard_place() = default;
  shard_place(const shard_place&) = delete;
  shard_place& operator=(const shard_place&) = delete;

  /// Once, after what is loaded.
  virtual stepping_actor begin(const step_leader& led_by) = 0;
  // As of simulation::shard_core; a shard that can't be reached any more is an error.
  /// @throws simulation::foreign_state
  virtual expected<void> load(const std::string& state) = 0;
  virtual expected<void> go_on_from(const std::vector<simulation::book>& books) = 0;
  virtual expected<std::string> save() const = 0;
  virtual expected<std::vector<simulation::book>> books() const = 0;
  virtual expected<simulation::ledger> money() const = 0;
};

/// Finds a place for a shard of a world.
using shard_placer =
    std::function<std::unique_ptr<shard_place>(const std::shared_ptr<const simulation::world>&, const shard_seat&)>;

/// All in this process.
shard_placer local_placer(caf::actor_system& system);

} // namespace throng::actors
