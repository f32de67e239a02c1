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
  self->send(state.leader, step_report{state.number, state.core->finish_step()});
}

/// Hands all slots out to be woken.
void wake_all(shard_pointer self, std::uint32_t slots) {
  auto& state = self->state;
  constexpr auto lane_slots = static_cast<std::uint32_t>(simulation::shard_core::lane_slots);
  const auto lanes = (slots + lane_slots - 1) / lane_slots;
  while (state.board->lanes.size() < lanes)
    state.board->lanes.push_back(std::make_unique<step_board::lane_count>());
  for (std::uint32_t lane = 0; lane < lanes; ++lane)
    state.board->lanes[lane]->outstanding = std::min(lane_slots, slots - lane * lane_slots);
  state.board->lanes_outstanding = lanes;
  auto round = std::make_shared<wake_round>();
  round->board = state.board;
  round->entities = state.entities;
  round->slots = slots;
  for (std::uint32_t i = 0; i < std::min(lanes, most_jobs); ++i)
    self->context()->exec_later(new wake_job{round}); // NOLINT: the scheduler releases it
}

/// One for one: each entity that failed gets a new actor, goes on from its row, and is woken again in the same step.
void restart_failed(shard_pointer self) {
  auto& state = self->state;
  auto failed = std::exchange(state.board->failed_slots, {});
  if (++state.attempts > most_restarts_a_step) {
    auto who = state.core->entity(state.core->entity_in(failed.front()));
    self->send(state.leader, world_failure{{error_kind::internal,
                                            fmt::format("entity {} of population {} failed {} times in one step",
                                                        who.index, who.population, state.attempts)}});
    return;
  }
  std::sort(failed.begin(), failed.end());
  state.board->lanes_outstanding = 0;
  for (auto slot : failed)
    if (state.board->lane_of(slot).outstanding++ == 0)
      ++state.board->lanes_outstanding;
  for (auto slot : failed) {
    auto local = state.core->entity_in(slot);
    auto who = state.core->entity(local);
    spdlog::warn("entity {} of population {} failed and is restarted", who.index, who.population);
    (*state.entities)[local] = spawn_entity(self);
    state.core->restart(slot);
    wake_inline(self->context(), *state.board, *state.entities, slot); // a new actor: nobody else runs it
  }
}

} // namespace

shard_actor::behavior_type shard(shard_actor::stateful_pointer<shard_state> self, std::uint32_t number,
                                 std::shared_ptr<simulation::shard_core> core, step_leader leader) {
  auto& state = self->state;
  state.number = number;
  state.core = std::move(core);
  state.board = std::make_shared<step_board>();
  state.board->core = state.core;
  state.board->owner = shard_actor{self};
  state.leader = std::move(leader);
  state.entities = std::make_shared<entity_list>();
  state.entities->reserve(state.core->entity_count());
  for (std::size_t i = 0; i < state.core->entity_count(); ++i)
    state.entities->push_back(spawn_entity(self));

  return {
      [self](advance& step) {
        auto& state = self->state;
        state.attempts = 0;
        auto due = state.core->begin_step(std::move(step.input));
        while (state.entities->size() < state.core->entity_count()) // a population has grown
          state.entities->push_back(spawn_entity(self));
        if (due == 0) {
          report(self);
          return;
        }
        wake_all(self, static_cast<std::uint32_t>(due));
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
