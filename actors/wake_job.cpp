#include "actors/wake_job.hpp"

#include <algorithm>
#include <utility>

#include <caf/logger.hpp>
#include <caf/scheduled_actor.hpp>

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

/// Asks for what a wake will read of an actor some wakes ahead of it, one place after another where the one tells where the next is: the
/// actor itself, the top of its stack of behaviors, the behavior. In a world whose actors are not in the cache, waiting for these three was
/// a fifth of the time.
/// @pre nobody runs these actors now
class look_ahead {
public:
  look_ahead(const step_board& board, const entity_list& entities, std::uint32_t end)
      : board_(board)
      , entities_(entities)
      , end_(end) {}

  void from(std::uint32_t slot) const {
    constexpr std::uint32_t apart = 2;
    if (slot + 3 * apart < end_)
      ask_for(actor_in(slot + 3 * apart));
    if (slot + 2 * apart < end_) {
      if (auto* actor = actor_in(slot + 2 * apart); !actor->bhvr_stack().empty())
        __builtin_prefetch(&actor->bhvr_stack().back());
      board_.core->prefetch(slot + 2 * apart);
    }
    if (slot + apart < end_)
      if (auto* actor = actor_in(slot + apart); !actor->bhvr_stack().empty())
        ask_for(actor->bhvr_stack().back().as_behavior_impl().get());
  }

private:
  caf::scheduled_actor* actor_in(std::uint32_t slot) const {
    const auto& entity = entities_[board_.core->entity_in(slot)];
    return static_cast<caf::scheduled_actor*>(caf::actor_cast<caf::abstract_actor*>(entity));
  }

  static void ask_for(const caf::scheduled_actor* actor) {
    constexpr std::size_t line = 64;
    const auto* bytes = reinterpret_cast<const std::byte*>(actor); // NOLINT: addresses alone
    __builtin_prefetch(bytes - line);                              // its counts of references
    for (std::size_t at = 0; at < sizeof(*actor); at += line)
      __builtin_prefetch(bytes + at, 1);
  }

  static void ask_for(const caf::detail::behavior_impl* behavior) {
    constexpr std::size_t line = 64;
    const auto* bytes = reinterpret_cast<const std::byte*>(behavior); // NOLINT
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + line); // what its handler has captured
  }

  const step_board& board_;
  const entity_list& entities_;
  std::uint32_t end_;
};

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
  // CAF notes for its own logger, which nobody reads (ours is spdlog), which actor each thread runs: four times a message, under one lock
  // for all threads, 8 % of the time of a million actors. A worker's thread that has no logger does not.
  caf::logger::set_current_actor_system(nullptr);
  const look_ahead memory{*board, *entities, end_};
  while (next_ < end_) {
    memory.from(next_);
    if (!wake_inline(context, *board, *entities, next_++))
      return resume_later;
  }
  return resume_later;
}

} // namespace throng::actors
