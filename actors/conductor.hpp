// Leads the world through its steps: tells the shards how far to live, routes messages between entities, has each step
// published, and holds virtual time back to wall time where it should.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "actors/reaction_desk.hpp"
#include "actors/world_messages.hpp"
#include "actors/world_snapshot.hpp"
#include "simulation/pacing.hpp"

namespace throng::actors {

/// What the conductor leads; its actors are made by the caller, who has to know the conductor first.
struct conductor_cast {
  std::vector<stepping_actor> shards; ///< of the kinds that live tick by tick; none where there are no such entities
  std::vector<stepping_actor> ahead_shards; ///< of the far-sighted kinds, numbered on from the others; none likewise
  /// A publisher and the runs that it merges.
  struct publisher_entry {
    publisher_actor handle;
    std::vector<std::size_t> runs;
  };
  std::vector<publisher_entry> publishers;
};

/// Read by anyone while the world runs.
struct world_progress {
  std::atomic<std::int64_t> virtual_ms{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> restarts{0};
  std::atomic<std::int64_t> behind_ms{0}; ///< by how much its schedule is ahead of it
  std::atomic<std::uint64_t> actors{0};   ///< its entities
  std::atomic<std::uint64_t> steps{0};    ///< lived in this process
  std::atomic<std::uint64_t> step_ns{0};  ///< wall time that they took to be lived
  std::atomic<bool> live{false};          ///< it has come to wall-clock time, and keeps to it
  std::atomic<double> speed{0};           ///< virtual seconds a wall second; 0: as fast as it goes
  std::atomic<bool> paused{false};
};

/// What the world becomes, and when: inputs whose time is known before.
struct planned_successor {
  timestamp at; ///< the begin of a tick
  std::shared_ptr<const simulation::world> world;
};

struct conductor_state {
  static inline const char* name = "throng.conductor";

  std::shared_ptr<const simulation::world> world;
  std::unique_ptr<simulation::director> director;
  std::shared_ptr<world_progress> progress;
  std::function<timestamp()> wall;
  std::vector<std::uint64_t> by_run; ///< messages so far
  simulation::pacing pacing{0, false};
  conductor_cast cast;

  // A stretch is what is published at once: at full speed as much as the far-sighted live in one wake, else a step. It consists of
  // the steps of the others.
  timestamp stretch_begin;
  timestamp stretch_end; ///< `now` between two
  std::size_t ahead_outstanding = 0;
  std::uint64_t stretch_bytes = 0;
  std::vector<std::shared_ptr<const simulation::step_output>> outputs; ///< of the stretch

  timestamp now; ///< the begin of the step under way, or of the next
  timestamp step_end;
  caf::actor_clock::time_point step_began; ///< on the wall
  bool begun = false;
  bool stepping = false; ///< a step is being lived
  bool halted = false;
  simulation::tick_totals totals; ///< of the tick so far
  simulation::tick_totals totals_before;
  std::shared_ptr<const simulation::shared_view> view;
  std::size_t shards_outstanding = 0;
  std::vector<std::vector<simulation::entity_message>> mail; ///< by shard, for the next step

  std::shared_ptr<const std::vector<std::shared_ptr<const simulation::step_output>>>
      waiting; ///< lived, not yet sent to publishers
  std::size_t publishers_outstanding = 0;

  bool alarm_set = false;                         ///< a next_atom is under way
  caf::typed_response_promise<standstill> holder; ///< pending: somebody wants the world to stand still
  bool held = false;
  std::shared_ptr<const simulation::world> successor; ///< that the shards have not been told of
  std::vector<planned_successor> planned;             ///< not reached yet, by time
  std::shared_ptr<reaction_desk> reactions;
  world_result result;
  caf::typed_response_promise<world_result> promise;
};

struct conductor_plan {
  std::shared_ptr<const simulation::world> world;
  conductor_memory memory; ///< where the world begins, or goes on
  std::shared_ptr<world_progress> progress;
  std::function<timestamp()> wall; ///< the wall clock, UTC, which never goes back
  std::vector<planned_successor> planned;
  std::shared_ptr<reaction_desk> reactions; ///< null: the world reads nothing back
};

/// One stretch is published while the next is lived; no further, so that memory stays bounded.
conductor_actor::behavior_type conductor(conductor_actor::stateful_pointer<conductor_state> self,
                                         const std::shared_ptr<conductor_plan>& plan,
                                         const std::function<conductor_cast(conductor_actor)>& make_cast);

} // namespace throng::actors
