#include "actors/wake_job.hpp"

#include <algorithm>
#include <utility>

namespace throng::actors {

namespace {

/// Catches the actor that a message made ready to run.
class catching_unit final : public caf::execution_unit {
public:
  explicit catching_unit(caf::execution_unit& worker)
      : execution_unit(&worker.system()) {
    proxy_registry_ptr(worker.proxy_registry_ptr());
  }
  void exec_later(caf::resumable* ready) override {
    caught = ready;
  }
  caf::resumable* caught = nullptr;
};

/// As a worker of the scheduler does.
void run(caf::execution_unit* context, caf::resumable* ready) {
  constexpr std::size_t most_messages = 100;
  switch (ready->resume(context, most_messages)) {
  case caf::resumable::resume_later:
    context->exec_later(ready);
    break;
  case caf::resumable::awaiting_message:
  case caf::resumable::done:
  case caf::resumable::shutdown_execution_unit:
    caf::intrusive_ptr_release(ready);
    break;
  }
}

/// How many wakes ahead memory is asked for.
constexpr std::uint32_t ahead = 2;

} // namespace

bool wake_inline(caf::execution_unit* context, step_board& board, const entity_list& entities, std::uint32_t slot) {
  auto& lane = board.lane_of(slot).outstanding;
  const auto before = lane.load(std::memory_order_acquire);
  catching_unit unit{*context};
  const auto& to = entities[board.core->entity_in(slot)];
  caf::actor_cast<caf::abstract_actor*>(to)->enqueue(
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, wake_atom_v, slot), &unit);
  if (unit.caught != nullptr)
    run(context, unit.caught);
  return lane.load(std::memory_order_acquire) < before;
}

caf::resumable::resume_result wake_job::resume(caf::execution_unit* context, std::size_t) {
  constexpr auto lane_slots = static_cast<std::uint32_t>(simulation::shard_core::lane_slots);
  auto& [board, entities, slots, next_lane] = *round_;
  if (next_ == end_) {
    const auto lane = next_lane.fetch_add(1, std::memory_order_relaxed);
    next_ = std::min(slots, lane * lane_slots);
    end_ = std::min(slots, next_ + lane_slots);
    if (next_ == end_)
      return done;
  } else if (board->lane_of(next_).outstanding.load(std::memory_order_acquire) != end_ - next_) {
    return resume_later; // an entity that somebody else runs has not taken its count
  }
  while (next_ < end_) {
    if (next_ + ahead < end_) {
      const auto soon = next_ + ahead;
      const auto* actor = caf::actor_cast<caf::abstract_actor*>((*entities)[board->core->entity_in(soon)]);
      __builtin_prefetch(actor, 1);
      board->core->prefetch(soon);
    }
    if (!wake_inline(context, *board, *entities, next_++))
      return resume_later;
  }
  return resume_later;
}

} // namespace throng::actors
