#include "actors/conductor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "simulation/shard_core.hpp"

namespace throng::actors {

namespace {

using conductor_pointer = conductor_actor::stateful_pointer<conductor_state>;

void begin_step(conductor_pointer self);

/// What the outputs of a stretch should take up. Two stretches are in memory at a time; a longer one costs fewer wakes an event.
constexpr std::uint64_t wanted_stretch_bytes = 64U << 20U;

/// The answer to begin_atom; the shards and publishers have no more to do.
void end_world(conductor_pointer self) {
  auto& state = self->state;
  state.result.ended = state.now;
  for (const auto& messages : state.mail)
    for (const auto& message : messages)
      state.result.money_on_its_way += message.amount;
  for (auto* shards : {&state.cast.shards, &state.cast.ahead_shards})
    for (auto& shard : *shards)
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
  if (state.stepping || !state.begun)
    return;
  if (state.now < state.stretch_end && !state.result.failure) {
    begin_step(self); // what the far-sighted have lived, the others live too
    return;
  }
  if (state.waiting != nullptr)
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

/// How far the far-sighted go from here: to a multiple of the lookahead at most.
timestamp end_of_stretch(const conductor_state& state) {
  const auto& world = *state.world;
  const auto since_start = state.now - world.start();
  const auto opens_tick = since_start % world.tick() == milliseconds{0};
  if (state.cast.ahead_shards.empty() || world.scenario().speed > 0 || !opens_tick)
    return std::min(state.now + world.scenario().step, world.end());
  auto length = world.tick();
  if (state.stretch_bytes > 0) {
    // So that the bytes come near what is wanted, if the next are like the last; growing by steps, for the first may mislead.
    const auto last = state.stretch_end - state.stretch_begin;
    const auto fitting = static_cast<double>(last.count()) * static_cast<double>(wanted_stretch_bytes) /
                         static_cast<double>(state.stretch_bytes);
    const auto most = static_cast<double>(std::min(4 * last, world.lookahead()).count());
    length = std::max(length, milliseconds{static_cast<std::int64_t>(std::min(fitting, most))} / length * length);
  }
  const auto to_multiple = world.lookahead() - since_start % world.lookahead();
  return std::min(state.now + std::min(length, to_multiple), world.end());
}

void mail_to(conductor_state& state, const simulation::entity_message& message) {
  const auto shards = static_cast<std::uint32_t>(state.cast.shards.size());
  state.mail[simulation::shard_of(*state.world, message.to, shards)].push_back(message);
}

void begin_step(conductor_pointer self) {
  auto& state = self->state;
  if (!in_time(self))
    return;
  const auto& world = *state.world;
  const auto opens_stretch = state.now >= state.stretch_end;
  if (opens_stretch) {
    state.stretch_end = end_of_stretch(state);
    state.stretch_begin = state.now;
    state.stretch_bytes = 0;
  }
  // Where everybody is far-sighted nothing happens between.
  state.step_end =
      state.cast.shards.empty() ? state.stretch_end : std::min(state.now + world.scenario().step, state.stretch_end);
  auto since_start = (state.now - world.start()).count();
  auto opens_tick = since_start % world.tick().count() == 0;
  static const auto no_orders = std::make_shared<const std::vector<simulation::incident_order>>();
  auto orders = no_orders;
  if (opens_tick) {
    state.totals_before = std::exchange(state.totals, {});
    auto plan = state.director->begin_tick(state.now, state.totals_before, state.stretch_end);
    state.view = plan.view;
    orders = plan.orders;
    for (const auto& message : plan.messages)
      mail_to(state, message);
  }
  state.stepping = true;
  if (opens_stretch) {
    state.ahead_outstanding = state.cast.ahead_shards.size();
    for (auto& shard : state.cast.ahead_shards)
      self->send(shard, advance{{state.now, state.stretch_end, opens_tick, state.view, orders, {}}});
  }
  state.shards_outstanding = state.cast.shards.size();
  for (std::size_t i = 0; i < state.cast.shards.size(); ++i)
    self->send(state.cast.shards[i],
               advance{{state.now, state.step_end, opens_tick, state.view, orders, std::exchange(state.mail[i], {})}});
}

/// Sends a lived stretch to the publishers whose runs have something, once they are done with the one before.
void publish(conductor_pointer self) {
  auto& state = self->state;
  if (state.waiting == nullptr || state.publishers_outstanding > 0)
    return;
  auto outputs = std::exchange(state.waiting, nullptr);
  for (const auto& entry : state.cast.publishers) {
    auto has_something = std::any_of(entry.runs.begin(), entry.runs.end(), [&](std::size_t run) {
      return std::any_of(outputs->begin(), outputs->end(), [&](const auto& o) { return o->counts[run] > 0; });
    });
    if (!has_something)
      continue;
    ++state.publishers_outstanding;
    self->send(entry.handle, publication{state.result.steps, outputs});
  }
}

void take_output(conductor_state& state, std::shared_ptr<const simulation::step_output> output) {
  state.totals += output->totals;
  state.result.events += output->events;
  state.result.restarts += output->restarts;
  state.stretch_bytes += output->bytes;
  auto partitions = static_cast<std::size_t>(state.world->partitions());
  for (std::size_t run = 0; run < output->counts.size(); ++run)
    state.result.by_topic[run / partitions] += output->counts[run];
  for (const auto& message : output->outbound)
    mail_to(state, message);
  state.outputs.push_back(std::move(output));
}

/// Goes on to the stretch's next step, or ends the stretch, once all that is under way has been lived.
void complete_step(conductor_pointer self) {
  auto& state = self->state;
  if (state.shards_outstanding > 0)
    return;
  if (std::exchange(state.now, state.step_end) != state.step_end) {
    ++state.result.steps;
    state.progress->virtual_ms = state.now.ms;
  }
  if (state.now >= state.stretch_end && state.ahead_outstanding > 0)
    return;
  state.stepping = false;
  if (state.now < state.stretch_end) {
    begin_step(self);
    return;
  }
  state.waiting = std::make_shared<const std::vector<std::shared_ptr<const simulation::step_output>>>(
      std::exchange(state.outputs, {}));
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
  state.stretch_begin = state.stretch_end = state.now;
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
        if (state.result.failure)
          return;
        auto& outstanding =
            report.shard < state.cast.shards.size() ? state.shards_outstanding : state.ahead_outstanding;
        --outstanding;
        take_output(state, std::move(report.output));
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
