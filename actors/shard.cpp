#include "actors/shard.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace throng::actors {

namespace {

using shard_pointer = shard_actor::stateful_pointer<shard_state>;

entity_actor spawn_entity(shard_pointer self) {
  return self->spawn<caf::lazy_init>(entity, self->state.board);
}

void report(shard_pointer self) {
  auto& state = self->state;
  self->send(state.conductor, step_report{state.number, state.core->finish_step()});
}

void wake(shard_pointer self, std::uint32_t slot) {
  auto& state = self->state;
  self->send(state.entities[state.core->entity_in(slot)], wake_atom_v, slot);
}

/// One for one: each entity that failed gets a new actor, goes on from its row, and is woken again in the same step.
void restart_failed(shard_pointer self) {
  auto& state = self->state;
  auto failed = std::exchange(state.board->failed_slots, {});
  if (++state.attempts > most_restarts_a_step) {
    auto who = state.core->entity(state.core->entity_in(failed.front()));
    self->send(state.conductor, world_failure{{error_kind::internal,
                                               fmt::format("entity {} of population {} failed {} times in one step",
                                                           who.index, who.population, state.attempts)}});
    return;
  }
  std::sort(failed.begin(), failed.end());
  state.board->outstanding = static_cast<std::uint32_t>(failed.size());
  for (auto slot : failed) {
    auto who = state.core->entity(state.core->entity_in(slot));
    spdlog::warn("entity {} of population {} failed and is restarted", who.index, who.population);
    state.entities[state.core->entity_in(slot)] = spawn_entity(self);
    state.core->restart(slot);
    wake(self, slot);
  }
}

} // namespace

shard_actor::behavior_type shard(shard_actor::stateful_pointer<shard_state> self, std::uint32_t number,
                                 std::shared_ptr<simulation::shard_core> core, conductor_actor conductor) {
  auto& state = self->state;
  state.number = number;
  state.core = std::move(core);
  state.board = std::make_shared<step_board>();
  state.board->core = state.core;
  state.board->owner = shard_actor{self};
  state.conductor = std::move(conductor);
  state.entities.reserve(state.core->entity_count());
  for (std::size_t i = 0; i < state.core->entity_count(); ++i)
    state.entities.push_back(spawn_entity(self));

  return {
      [self](advance& step) {
        auto& state = self->state;
        state.attempts = 0;
        auto due = state.core->begin_step(std::move(step.input));
        if (due == 0) {
          report(self);
          return;
        }
        state.board->outstanding = static_cast<std::uint32_t>(due);
        for (std::uint32_t slot = 0; slot < due; ++slot)
          wake(self, slot);
      },
      [self](filled_atom) {
        if (self->state.board->failed_slots.empty())
          report(self);
        else
          restart_failed(self);
      },
  };
}

} // namespace throng::actors
