// The conversation between a world's leader and its workers in other processes, and the messages that travel between them. Only
// built-in types are spoken until each knows that the other is the same program: `greeting`.
#pragma once

#include <cstdint>
#include <string>

#include <caf/all.hpp>

#include "actors/parcel.hpp"
#include "actors/world_messages.hpp"

namespace throng::actors {

/// A shard that a worker is to host.
struct enlistment {
  std::string world; ///< simulation::world::save
  std::uint32_t number = 0;
  std::uint32_t index = 0; ///< of `shards`
  std::uint32_t shards = 0;
  std::uint8_t kinds = 0; ///< a simulation::pace

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, enlistment& x) {
    return f(x.world, x.number, x.index, x.shards, x.kinds);
  }
};

/// The answer to an enlistment.
struct enlisted {
  std::string refusal; ///< a sentence; empty: it is hosted
  caf::strong_actor_ptr shard;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, enlisted& x) {
    return f(x.refusal, x.shard);
  }
};

/// Whom a hosted shard's outputs go to: within the leader's process.
struct lead {
  step_leader by;
};

/// Of a shard on a worker, within the leader's process: answered once it has.
struct shard_question {
  parcel what;
};
struct shard_answer {
  expected<std::string> bytes;
};

} // namespace throng::actors

CAF_BEGIN_TYPE_ID_BLOCK(throng_worker, caf::first_custom_type_id + 200)
CAF_ADD_TYPE_ID(throng_worker, (throng::actors::parcel_part))
CAF_ADD_TYPE_ID(throng_worker, (throng::actors::enlistment))
CAF_ADD_TYPE_ID(throng_worker, (throng::actors::enlisted))
CAF_ADD_ATOM(throng_worker, throng, taken_atom, "taken")
CAF_ADD_ATOM(throng_worker, throng, leave_atom, "leave")
THRONG_LOCAL_MESSAGE(throng_worker, lead)
THRONG_LOCAL_MESSAGE(throng_worker, shard_question)
THRONG_LOCAL_MESSAGE(throng_worker, shard_answer)
CAF_END_TYPE_ID_BLOCK(throng_worker)

namespace throng::actors {

/// One end of the way between a world's leader and a shard on a worker.
using parcel_actor = caf::typed_actor<caf::reacts_to<parcel_part>,
                                      /// A part has been taken in.
                                      caf::reacts_to<taken_atom>>;

/// Stands for a shard on a worker, where its world is led.
using remote_shard_actor = stepping_actor::extend_with<parcel_actor>::extend<
    // From the facade.
    caf::reacts_to<lead>, caf::replies_to<shard_question>::with<shard_answer>,
    /// The shard is not needed any more.
    caf::reacts_to<leave_atom>>;

/// Hosts a shard on a worker, for a leader elsewhere.
using hosted_shard_actor = step_leader::extend_with<parcel_actor>;

} // namespace throng::actors
