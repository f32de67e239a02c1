// Sends a shard's wakes and runs who was woken, lane after lane: a job of CAF's scheduler, beside the actors.
//
// A wake is one message to one actor. Left to the scheduler, each would take a place in a worker's queue, a thread would fetch it
// from there, and the actor's memory would be touched twice, long after each other. Here whoever sends the wake runs the actor
// right then, through an execution unit that catches what would go into the queue (docs/performance.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <caf/execution_unit.hpp>
#include <caf/ref_counted.hpp>
#include <caf/resumable.hpp>

#include "actors/entity.hpp"

namespace throng::actors {

/// The entities of a shard by their local number. Shared with jobs, which a world that fails does not wait for.
using entity_list = std::vector<entity_actor>;

/// What the jobs of one step share: each takes the next lane that nobody has.
struct wake_round {
  std::shared_ptr<step_board> board;
  std::shared_ptr<const entity_list> entities;
  std::uint32_t slots = 0;
  std::atomic<std::uint32_t> next_lane{0};
};

/// Wakes the entity in a slot and runs it. False: somebody else is running it; until it has taken its count, no other slot of
/// its lane may be woken.
bool wake_inline(caf::execution_unit* context, step_board& board, const entity_list& entities, std::uint32_t slot);

class wake_job final : public caf::resumable, public caf::ref_counted {
public:
  explicit wake_job(std::shared_ptr<wake_round> round)
      : round_(std::move(round)) {}

  subtype_t subtype() const override {
    return unspecified;
  }
  /// Wakes one lane; then others have their turn.
  resume_result resume(caf::execution_unit* context, std::size_t max_throughput) override;
  void intrusive_ptr_add_ref_impl() override {
    ref();
  }
  void intrusive_ptr_release_impl() override {
    deref();
  }

private:
  std::shared_ptr<wake_round> round_;
  std::uint32_t next_ = 0; ///< slots of the lane at hand
  std::uint32_t end_ = 0;
};

} // namespace throng::actors
