// A process's part in a world that is led elsewhere: listens for leaders, one at a time, and hosts the shards that they place here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <caf/all.hpp>

#include "config/error.hpp"
#include "simulation/world.hpp"

namespace throng::actors {

/// What a worker says to whoever connects.
struct worker_greeting {
  std::string build; ///< of its program: only the very same simulates the same world
  std::string busy;  ///< which world it is busy with; empty: none

  std::string to_text() const;
  /// invalid: it is no worker that speaks
  static expected<worker_greeting> from_text(const std::string& text);
};

struct worker_front_state {
  static inline const char* name = "throng.worker";

  std::string build;
  std::string world_bytes;
  std::shared_ptr<const simulation::world> world;          ///< of the leader at hand
  std::map<caf::actor_addr, caf::strong_actor_ptr> hosted; ///< and its leader's stand-in
};

/// Answers std::string (of any leader: its build) with a greeting, and an enlistment with `enlisted`. Untyped, for what speaks to it first may
/// be another program.
caf::behavior worker_front(caf::stateful_actor<worker_front_state>* self, const std::string& build);

class world_worker {
public:
  /// @param system with the network (system_config.hpp) @param port 0: any that is free
  /// unavailable: it can't listen there
  static expected<std::unique_ptr<world_worker>> listen(caf::actor_system& system, const std::string& host,
                                                        std::uint16_t port, const std::string& build);
  ~world_worker();
  world_worker(const world_worker&) = delete;
  world_worker& operator=(const world_worker&) = delete;

  std::uint16_t port() const {
    return port_;
  }

private:
  world_worker(caf::actor_system& system, caf::actor front, std::uint16_t port);

  caf::actor_system& system_;
  caf::actor front_;
  std::uint16_t port_;
};

} // namespace throng::actors
