// The conversations of the simulated world: conductor, shards, entities, publishers. What an actor does with a message
// is in its own file.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/all.hpp>

#include "actors/local_message.hpp"
#include "config/error.hpp"
#include "simulation/step.hpp"

namespace throng::actors {

/// A step to be lived: for one shard.
struct advance {
  simulation::step_input input;
};

/// What a shard made of a step.
struct step_report {
  std::uint32_t shard = 0;
  std::shared_ptr<const simulation::step_output> output;
};

/// A step's outputs of all shards, for a publisher to merge and hand over.
struct publication {
  std::uint64_t step = 0;
  std::shared_ptr<const std::vector<std::shared_ptr<const simulation::step_output>>> outputs;
};

/// All of a publication has been handed over to the sink.
struct published {
  std::uint64_t step = 0;
};

/// Where the world stands still, between two ticks, until it is released: nobody but the holder touches it.
struct standstill {
  bool over = false; ///< the world does not run: there is nothing to hold
  timestamp at;
  std::vector<std::uint64_t> handed_over; ///< messages of each run so far, some of them perhaps still on their way
  std::string conductor;                  ///< conductor_memory as bytes; empty: the world is about to become another
};

/// The world goes on, perhaps as another.
struct release {
  std::shared_ptr<const simulation::world> successor; ///< null: as it was
};

/// How the world's pace is to be from now on.
struct pace_order {
  std::optional<double> speed; ///< 0: as fast as it goes
  std::optional<bool> paused;
};

/// The world can't go on; it stops with this error.
struct world_failure {
  throng::error why;
};

/// What has become of the world when it has ended.
struct world_result {
  timestamp ended;
  std::uint64_t steps = 0;
  std::uint64_t events = 0; ///< handed over, duplicates and malformed ones included; truth.labels not
  std::array<std::uint64_t, simulation::topic_count> by_topic{}; ///< truth.labels included
  std::uint64_t restarts = 0;
  milliseconds most_behind{0};          ///< its schedule, at most
  std::int64_t money_on_its_way = 0;    ///< minor units, in messages that no shard has been given yet
  std::vector<std::uint64_t> by_run;    ///< messages, truth.labels included, by topic * partitions + partition
  std::string conductor;                ///< as in standstill, where it was halted between two ticks; else empty
  std::optional<throng::error> failure; ///< none: it ended as it should, or was halted
};

} // namespace throng::actors

// A block of its own, clear of the analysis' block (analysis_messages.hpp), which begins at first_custom_type_id.
CAF_BEGIN_TYPE_ID_BLOCK(throng_world, caf::first_custom_type_id + 100)
THRONG_LOCAL_MESSAGE(throng_world, advance)
THRONG_LOCAL_MESSAGE(throng_world, step_report)
THRONG_LOCAL_MESSAGE(throng_world, publication)
THRONG_LOCAL_MESSAGE(throng_world, published)
THRONG_LOCAL_MESSAGE(throng_world, world_failure)
THRONG_LOCAL_MESSAGE(throng_world, world_result)
THRONG_LOCAL_MESSAGE(throng_world, standstill)
THRONG_LOCAL_MESSAGE(throng_world, release)
THRONG_LOCAL_MESSAGE(throng_world, pace_order)
CAF_ADD_ATOM(throng_world, throng, wake_atom, "wake")
CAF_ADD_ATOM(throng_world, throng, filled_atom, "filled")
CAF_ADD_ATOM(throng_world, throng, room_atom, "room")
CAF_ADD_ATOM(throng_world, throng, begin_atom, "begin")
CAF_ADD_ATOM(throng_world, throng, next_atom, "next")
CAF_ADD_ATOM(throng_world, throng, halt_atom, "halt")
CAF_ADD_ATOM(throng_world, throng, hold_atom, "hold")
CAF_END_TYPE_ID_BLOCK(throng_world)

namespace throng::actors {

/// One sensor, client or account.
using entity_actor = caf::typed_actor<
    /// Live to the step's end, in this slot of the shard's step.
    caf::reacts_to<wake_atom, std::uint32_t>>;

/// A part of the world, wherever it is.
using stepping_actor = caf::typed_actor<
    /// Live a step: wake who is due; answered by a step_report to who leads it.
    caf::reacts_to<advance>>;

/// Leads a part of the world.
using step_leader = caf::typed_actor<caf::reacts_to<step_report>, caf::reacts_to<world_failure>>;

/// Owns the entities of a part of the world.
using shard_actor = stepping_actor::extend<
    /// All slots of the step have been taken: sent by the last entity.
    caf::reacts_to<filled_atom>>;

/// Hands the messages of one or more runs (topic, partition) to the sink, in the defined order.
using publisher_actor = caf::typed_actor<
    /// Merge and hand over; answered by `published` to the conductor once all of it is taken.
    caf::reacts_to<publication>,
    /// The sink has room again.
    caf::reacts_to<room_atom>,
    /// The sink has failed for one of the runs.
    caf::reacts_to<world_failure>>;

/// Decides each step's begin and end, and holds virtual time back to wall time.
using conductor_actor = caf::typed_actor<
    /// Go. Answered when the world has ended, been halted, or failed.
    caf::replies_to<begin_atom>::with<world_result>, caf::reacts_to<next_atom>, caf::reacts_to<step_report>,
    caf::reacts_to<published>,
    /// End after the step under way.
    caf::reacts_to<halt_atom>, caf::reacts_to<world_failure>,
    /// Stand still before the next tick that nobody has lived into. One holder at a time; answered once it does.
    caf::replies_to<hold_atom>::with<standstill>,
    /// Go on; before a hold was answered: there is no more need of it.
    caf::reacts_to<release>,
    /// Answered once it counts.
    caf::replies_to<pace_order>::with<bool>>;

} // namespace throng::actors
