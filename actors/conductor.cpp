#include "actors/conductor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "simulation/shard_core.hpp"

namespace throng::actors {

namespace {

using conductor_pointer = conductor_actor::stateful_pointer<conductor_state>;

void begin_step(conductor_pointer self);

/// The answer to begin_atom; the shards and publishers have no more to do.
void end_world(conductor_pointer self) {
  auto& state = self->state;
  state.result.ended = state.now;
  for (const auto& messages : state.mail)
    for (const auto& message : messages)
      state.result.money_on_its_way += message.amount;
  for (auto& shard : state.cast.shards)
    self->send_exit(shard, caf::exit_reason::user_shutdown);
  for (auto& entry : state.cast.publishers)
    self->send_exit(entry.handle, caf::exit_reason::user_shutdown);
  state.cast = {};
  state.promise.deliver(state.result);
}

bool over(const conductor_state& state) {
  return state.halted || state.result.failure || state.now >= state.world->end();
}

/// Goes on where nothing is in the way: a step to live, or the end.
void go_on(conductor_pointer self) {
  auto& state = self->state;
  if (state.stepping || state.waiting != nullptr || !state.begun)
    return;
  if (over(state)) {
    // After a failure its publisher never answers: what is under way is given up.
    if (state.publishers_outstanding == 0 || state.result.failure)
      end_world(self);
    return;
  }
  begin_step(self);
}

/// Holds the step back until wall time has come as far as virtual time. False: it will be tried again then.
bool in_time(conductor_pointer self) {
  auto& state = self->state;
  auto speed = state.world->scenario().speed;
  if (speed <= 0)
    return true;
  std::chrono::duration<double, std::milli> virtual_elapsed{
      static_cast<double>((state.now - state.world->start()).count())};
  auto due = state.wall_begin + std::chrono::duration_cast<caf::actor_clock::duration_type>(virtual_elapsed / speed);
  auto wall = self->clock().now();
  if (wall >= due)
    return true;
  if (!std::exchange(state.alarm_set, true))
    self->delayed_send(self, due - wall, next_atom_v);
  return false;
}

void begin_step(conductor_pointer self) {
  auto& state = self->state;
  if (!in_time(self))
    return;
  const auto& world = *state.world;
  state.step_end = std::min(state.now + world.scenario().step, world.end());
  auto since_start = (state.now - world.start()).count();
  auto opens_tick = since_start % world.tick().count() == 0;
  static const auto no_orders = std::make_shared<const std::vector<simulation::incident_order>>();
  auto orders = no_orders;
  if (opens_tick) {
    state.totals_before = std::exchange(state.totals, {});
    auto plan = state.director->begin_tick(state.now, state.totals_before);
    state.view = plan.view;
    orders = plan.orders;
  }
  state.stepping = true;
  state.shards_outstanding = state.cast.shards.size();
  for (std::size_t i = 0; i < state.cast.shards.size(); ++i)
    self->send(state.cast.shards[i],
               advance{{state.now, state.step_end, opens_tick, state.view, orders, std::exchange(state.mail[i], {})}});
}

/// Sends a lived step to the publishers whose runs have something, once they are done with the one before.
void publish(conductor_pointer self) {
  auto& state = self->state;
  if (state.waiting == nullptr || state.publishers_outstanding > 0)
    return;
  auto outputs = std::exchange(state.waiting, nullptr);
  for (const auto& entry : state.cast.publishers) {
    auto has_something = std::any_of(entry.runs.begin(), entry.runs.end(), [&](std::size_t run) {
      return std::any_of(outputs->begin(), outputs->end(), [&](const auto& o) { return !o->runs[run].empty(); });
    });
    if (!has_something)
      continue;
    ++state.publishers_outstanding;
    self->send(entry.handle, publication{state.result.steps, outputs});
  }
}

void complete_step(conductor_pointer self) {
  auto& state = self->state;
  auto shards = static_cast<std::uint32_t>(state.cast.shards.size());
  for (const auto& output : state.outputs) {
    state.totals += output->totals;
    state.result.events += output->events;
    state.result.restarts += output->restarts;
    auto partitions = static_cast<std::size_t>(state.world->partitions());
    for (std::size_t run = 0; run < output->runs.size(); ++run)
      state.result.by_topic[run / partitions] += output->runs[run].size();
    for (const auto& message : output->outbound)
      state.mail[simulation::shard_of(*state.world, message.to, shards)].push_back(message);
  }
  state.waiting = std::make_shared<const std::vector<std::shared_ptr<const simulation::step_output>>>(
      std::exchange(state.outputs, std::vector<std::shared_ptr<const simulation::step_output>>(shards)));
  ++state.result.steps;
  state.now = state.step_end;
  state.stepping = false;
  state.progress->virtual_ms = state.now.ms;
  state.progress->events = state.result.events;
  state.progress->restarts = state.result.restarts;
  publish(self);
  go_on(self);
}

} // namespace

conductor_actor::behavior_type conductor(conductor_pointer self, std::shared_ptr<const simulation::world> world,
                                         std::shared_ptr<world_progress> progress,
                                         const std::function<conductor_cast(conductor_actor)>& make_cast) {
  auto& state = self->state;
  state.world = std::move(world);
  state.progress = std::move(progress);
  state.director = std::make_unique<simulation::director>(state.world);
  state.now = state.world->start();
  state.progress->virtual_ms = state.now.ms;
  state.cast = make_cast(conductor_actor{self});
  state.mail.resize(state.cast.shards.size());
  state.outputs.resize(state.cast.shards.size());
  return {
      [self](begin_atom) -> caf::result<world_result> {
        auto& state = self->state;
        state.promise = self->make_response_promise<world_result>();
        state.begun = true;
        state.wall_begin = self->clock().now();
        go_on(self);
        return state.promise;
      },
      [self](next_atom) {
        self->state.alarm_set = false;
        go_on(self);
      },
      [self](step_report& report) {
        auto& state = self->state;
        state.outputs[report.shard] = std::move(report.output);
        if (--state.shards_outstanding == 0)
          complete_step(self);
      },
      [self](const published&) {
        auto& state = self->state;
        --state.publishers_outstanding;
        publish(self);
        go_on(self);
      },
      [self](halt_atom) {
        self->state.halted = true;
        go_on(self);
      },
      [self](const world_failure& failure) {
        auto& state = self->state;
        if (!state.result.failure)
          state.result.failure = failure.why;
        state.waiting = nullptr; // nothing later is published
        state.stepping = false;
        if (state.promise.pending())
          end_world(self);
      },
  };
}

} // namespace throng::actors
