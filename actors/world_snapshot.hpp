// A world as it stands between two ticks, as bytes: to be kept, and to go on from in another process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/world_messages.hpp"
#include "simulation/director.hpp"

namespace throng::actors {

struct world_snapshot {
  timestamp at;
  /// Messages of each run (topic * partitions + partition) from the world's begin to here.
  std::vector<std::uint64_t> handed_over;
  std::vector<std::string> parts; ///< the conductor's, then each shard's
};

/// What the conductor knows between two ticks, besides the world itself.
struct conductor_memory {
  std::unique_ptr<simulation::director> director;
  timestamp now;
  simulation::tick_totals totals; ///< of the tick before
  world_result result;            ///< so far
  std::vector<std::uint64_t> by_run;
  std::vector<simulation::entity_message> mail; ///< to shards, in any order

  std::string save() const;
  /// @throws simulation::foreign_state: the bytes are of another world
  static conductor_memory load(std::string_view bytes, const std::shared_ptr<const simulation::world>& world);
  static conductor_memory at_start(const std::shared_ptr<const simulation::world>& world);
};

} // namespace throng::actors
