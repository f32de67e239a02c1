// The sky over a world, made for some minutes at once and kept until somebody looks beyond it: for whoever has to show it, the
// director, or a shard of the world in another process. As a function of (seed, time) it is the same for both.
#pragma once

#include <memory>

#include "simulation/sky.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

class world_sky {
public:
  explicit world_sky(const world& of);

  /// Covers every moment from `from` to `until`, and may cover more. @pre from <= until
  std::shared_ptr<const sky> over(timestamp from, timestamp until);

private:
  climate climate_;
  std::shared_ptr<const sky> made_;
};

} // namespace throng::simulation
