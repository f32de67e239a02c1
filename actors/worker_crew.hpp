// The workers that a world is to live on: found, asked who they are, and given the world's shards in turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/shard_place.hpp"

namespace throng::actors {

struct worker_address {
  std::string host;
  std::uint16_t port = 0;

  std::string to_text() const;
};

class worker_crew {
public:
  struct member {
    std::string address; ///< for sentences
    caf::actor front;    ///< a worker_front
  };

  explicit worker_crew(std::vector<member> members)
      : members_(std::move(members)) {
    // nothing is asked
  }
  /// Asks each, one after another. @param system with the network (system_config.hpp) @param build of this program
  /// unavailable: one is not there, or does not answer within a bounded time; conflict: it is of another build, or busy with another
  /// world; invalid: it is no worker
  static expected<worker_crew> muster(caf::actor_system& system, const std::vector<worker_address>& workers,
                                      const std::string& build);

  /// Deals shards to the workers in turn. A worker that can't take one fails the world when it begins.
  shard_placer placer(caf::actor_system& system) const;

private:
  std::vector<member> members_;
};

} // namespace throng::actors
