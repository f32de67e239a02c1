#include "actors/conductor.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "simulation/entity_kinds.hpp"
#include "simulation/shard_core.hpp"

namespace throng::actors {

namespace {

using conductor_pointer = conductor_actor::stateful_pointer<conductor_state>;

void begin_step(conductor_pointer self);

/// What the outputs of a stretch should take up. Two stretches are in memory at a time; a longer one costs fewer wakes an event.
constexpr std::uint64_t wanted_stretch_bytes = 64U << 20U;

bool between_ticks(const conductor_state& state) {
  return (state.now - state.world->start()) % state.world->tick() == milliseconds{0};
}

/// @pre the world stands between two ticks
standstill stand_still(conductor_state& state) {
  conductor_memory memory;
  memory.now = state.now;
  memory.totals = state.totals;
  memory.result = state.result;
  memory.by_run = state.by_run;
  for (const auto& messages : state.mail)
    memory.mail.insert(memory.mail.end(), messages.begin(), messages.end());
  standstill stands{false, state.now, state.by_run, {}};
  if (state.successor == nullptr) {
    memory.director = std::move(state.director);
    stands.conductor = memory.save();
    state.director = std::move(memory.director);
  }
  return stands;
}

/// Publishers are known to the sink, which outlives the world: nobody but the conductor ends them.
void dismiss_cast(conductor_pointer self) {
  auto& cast = self->state.cast;
  for (auto* shards : {&cast.shards, &cast.ahead_shards})
    for (auto& shard : *shards)
      self->send_exit(shard, caf::exit_reason::user_shutdown);
  for (auto& entry : cast.publishers)
    self->send_exit(entry.handle, caf::exit_reason::user_shutdown);
  cast = {};
}

/// The answer to begin_atom; the shards and publishers have no more to do.
void end_world(conductor_pointer self) {
  auto& state = self->state;
  state.result.ended = state.now;
  state.result.by_run = state.by_run;
  if (!state.result.failure && between_ticks(state))
    state.result.conductor = stand_still(state).conductor;
  for (const auto& messages : state.mail)
    for (const auto& message : messages)
      state.result.money_on_its_way += message.amount;
  dismiss_cast(self);
  if (state.holder.pending())
    state.holder.deliver(standstill{true, state.now, {}, {}});
  state.promise.deliver(state.result);
}

/// The world is another from here on, where it stands between two ticks that nobody has lived into.
void adopt(conductor_state& state, std::shared_ptr<const simulation::world> successor) {
  state.world = successor;
  state.progress->actors = successor->entity_count();
  state.director->adopt(successor, state.now);
  if (state.reactions != nullptr)
    state.reactions->adopt(successor);
  state.successor = std::move(successor);
}

bool over(const conductor_state& state) {
  return state.halted || state.result.failure || state.now >= state.world->end();
}

/// Goes on where nothing is in the way: a step to live, or the end.
void go_on(conductor_pointer self) {
  auto& state = self->state;
  if (state.stepping || state.held || !state.begun)
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
  if (state.holder.pending() && between_ticks(state)) {
    state.held = true;
    state.holder.deliver(stand_still(state));
    return;
  }
  begin_step(self);
}

/// Holds a step back until wall time has come to its end: no message comes before its time. False: it will be tried again then.
bool in_time(conductor_pointer self, timestamp step_end) {
  auto& state = self->state;
  if (state.holder.pending() && !between_ticks(state))
    return true; // who holds the world waits for the tick's end, not for the wall clock
  if (state.pacing.paused())
    return false;
  const auto wall = state.wall();
  if (step_end <= state.pacing.limit(wall))
    return true;
  if (!std::exchange(state.alarm_set, true))
    self->delayed_send(self, std::max(milliseconds{1}, state.pacing.due(step_end) - wall), next_atom_v);
  return false;
}

/// Where the world reads alerts back, those of all that it has handed over must be known before it goes on. False: it will be
/// tried again.
bool has_caught_up(conductor_pointer self) {
  auto& state = self->state;
  if (state.reactions == nullptr || (state.publishers_outstanding == 0 && state.reactions->caught_up()))
    return true;
  if (!std::exchange(state.alarm_set, true))
    self->delayed_send(self, milliseconds{1}, next_atom_v);
  return false;
}

/// Tells how the world stands to its schedule.
void note_pace(conductor_state& state) {
  if (state.pacing.unlimited())
    return;
  const auto wall = state.wall();
  if (state.pacing.reach(state.now, wall, state.world->tick())) {
    state.progress->live = true;
    spdlog::info("the world has come to wall-clock time at {}, and is live from here on", to_iso8601(state.now));
  }
  const auto step = state.pacing.step(state.world->scenario().step, state.world->tick());
  const auto behind = std::max(milliseconds{0}, state.pacing.behind(state.now, wall) - step);
  state.progress->behind_ms = behind.count();
  state.result.most_behind = std::max(state.result.most_behind, behind);
}

/// The end of a step that begins now: steps may be of different lengths, but each tick has whole ones.
timestamp end_of_step(const conductor_state& state) {
  const auto& world = *state.world;
  const auto tick_end = state.now + (world.tick() - (state.now - world.start()) % world.tick());
  return std::min({state.now + state.pacing.step(world.scenario().step, world.tick()), tick_end, world.end()});
}

/// How far the far-sighted go from here: to a multiple of the lookahead at most, and no further than wall time lets the others go too.
timestamp end_of_stretch(const conductor_state& state) {
  const auto& world = *state.world;
  const auto since_start = state.now - world.start();
  const auto opens_tick = since_start % world.tick() == milliseconds{0};
  const auto room = state.pacing.limit(state.wall()) - state.now;
  if (state.cast.ahead_shards.empty() || room < world.tick() || !opens_tick)
    return end_of_step(state);
  auto length = world.tick();
  if (state.stretch_bytes > 0) {
    // So that the bytes come near what is wanted, if the next are like the last; growing by steps, for the first may mislead.
    const auto last = state.stretch_end - state.stretch_begin;
    const auto fitting = static_cast<double>(last.count()) * static_cast<double>(wanted_stretch_bytes) /
                         static_cast<double>(state.stretch_bytes);
    const auto most = static_cast<double>(std::min(4 * last, world.lookahead()).count());
    length = std::max(length, milliseconds{static_cast<std::int64_t>(std::min(fitting, most))} / length * length);
  }
  if (state.reactions != nullptr) // what this stretch releases must not be needed in it
    length = std::min(length, state.reactions->delay() / world.tick() * world.tick());
  const auto to_multiple = world.lookahead() - since_start % world.lookahead();
  const auto next = std::find_if(state.planned.begin(), state.planned.end(),
                                 [&](const planned_successor& each) { return each.at > state.now; });
  const auto to_successor = next == state.planned.end() ? world.lookahead() : next->at - state.now;
  return std::min(state.now + std::min({length, to_multiple, to_successor, room / world.tick() * world.tick()}),
                  world.end());
}

/// Puts messages between entities by for the shards' next step.
void post(conductor_state& state, const std::vector<simulation::entity_message>& mail) {
  const auto shards = static_cast<std::uint32_t>(state.cast.shards.size());
  for (const auto& message : mail)
    state.mail[simulation::shard_of(*state.world, message.to, shards)].push_back(message);
}

void begin_step(conductor_pointer self) {
  auto& state = self->state;
  note_pace(state);
  const auto opens_stretch = state.now >= state.stretch_end;
  if (opens_stretch) {
    const auto end = end_of_stretch(state);
    if (!in_time(self, end) || !has_caught_up(self))
      return;
    state.stretch_begin = std::exchange(state.stretch_end, end);
    state.stretch_bytes = 0;
    while (!state.planned.empty() && state.planned.front().at <= state.now) {
      adopt(state, std::move(state.planned.front().world));
      state.planned.erase(state.planned.begin());
    }
  }
  state.step_began = self->clock().now();
  const auto& world = *state.world;
  // Where everybody is far-sighted nothing happens between.
  state.step_end = state.cast.shards.empty() ? state.stretch_end : std::min(end_of_step(state), state.stretch_end);
  auto since_start = (state.now - world.start()).count();
  auto opens_tick = since_start % world.tick().count() == 0;
  static const auto no_orders = std::make_shared<const std::vector<simulation::incident_order>>();
  auto orders = no_orders;
  if (opens_tick) {
    state.totals_before = std::exchange(state.totals, {});
    auto plan = state.director->begin_tick(state.now, state.totals_before, state.stretch_end);
    state.view = plan.view;
    orders = plan.orders;
    post(state, plan.messages);
  }
  std::vector<std::vector<simulation::entity_message>> ahead_mail(state.cast.ahead_shards.size());
  if (opens_tick && state.reactions != nullptr)
    for (const auto& message : state.reactions->due(
             state.now, opens_stretch && (state.now - world.start()) % world.lookahead() == milliseconds{0})) {
      auto& boxes = simulation::far_sighted(world.kind_of(message.to.population)) ? ahead_mail : state.mail;
      boxes[simulation::shard_of(world, message.to, static_cast<std::uint32_t>(boxes.size()))].push_back(message);
    }
  state.stepping = true;
  const auto successor = std::exchange(state.successor, nullptr);
  if (opens_stretch) {
    state.ahead_outstanding = state.cast.ahead_shards.size();
    for (std::size_t i = 0; i < state.cast.ahead_shards.size(); ++i)
      self->send(state.cast.ahead_shards[i], advance{{state.now, state.stretch_end, opens_tick, state.view, orders,
                                                      std::move(ahead_mail[i]), successor}});
  }
  state.shards_outstanding = state.cast.shards.size();
  for (std::size_t i = 0; i < state.cast.shards.size(); ++i)
    self->send(state.cast.shards[i], advance{{state.now, state.step_end, opens_tick, state.view, orders,
                                              std::exchange(state.mail[i], {}), successor}});
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
  for (std::size_t run = 0; run < output->counts.size(); ++run) {
    state.result.by_topic[run / partitions] += output->counts[run];
    state.by_run[run] += output->counts[run];
  }
  post(state, output->outbound);
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
  state.progress->step_ns +=
      static_cast<std::uint64_t>(std::chrono::nanoseconds{self->clock().now() - state.step_began}.count());
  ++state.progress->steps;
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

conductor_actor::behavior_type conductor(conductor_pointer self, const std::shared_ptr<conductor_plan>& plan,
                                         const std::function<conductor_cast(conductor_actor)>& make_cast) {
  self->set_exit_handler([self](caf::exit_msg& why) {
    dismiss_cast(self); // of a world that never began, too
    self->quit(why.reason);
  });
  auto& state = self->state;
  state.world = plan->world;
  state.progress = plan->progress;
  state.progress->actors = state.world->entity_count();
  state.wall = std::move(plan->wall);
  state.planned = std::move(plan->planned);
  state.reactions = std::move(plan->reactions);
  state.pacing = simulation::pacing{state.world->scenario().speed, state.world->scenario().then_live};
  state.director = std::move(plan->memory.director);
  state.now = plan->memory.now;
  state.totals = plan->memory.totals;
  state.result = std::move(plan->memory.result);
  state.by_run = std::move(plan->memory.by_run);
  state.progress->events = state.result.events;
  state.progress->speed = state.pacing.speed();
  state.cast = make_cast(conductor_actor{self});
  state.mail.resize(state.cast.shards.size());
  post(state, plan->memory.mail);
  state.stretch_begin = state.stretch_end = state.now;
  return {
      [self](begin_atom) -> caf::result<world_result> {
        auto& state = self->state;
        state.promise = self->make_response_promise<world_result>();
        state.begun = true;
        state.pacing.begin(state.wall(), state.now);
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
      [self](hold_atom) -> caf::result<standstill> {
        auto& state = self->state;
        if (state.begun && !state.promise.pending())
          return standstill{true, state.now, {}, {}};
        auto promise = state.holder = self->make_response_promise<standstill>();
        go_on(self);
        return promise;
      },
      [self](release& what) {
        auto& state = self->state;
        if (state.holder.pending())
          state.holder.deliver(standstill{true, state.now, {}, {}}); // nobody waits for it any more
        if (!std::exchange(state.held, false) || !state.promise.pending())
          return;
        if (what.successor != nullptr)
          adopt(state, std::move(what.successor));
        go_on(self);
      },
      [self](const pace_order& what) -> bool {
        auto& state = self->state;
        const auto wall = state.wall();
        if (what.speed)
          state.pacing.change_speed(*what.speed, wall, state.now);
        if (what.paused && *what.paused)
          state.pacing.pause(wall);
        else if (what.paused)
          state.pacing.resume(wall);
        state.progress->live = state.pacing.live();
        state.progress->speed = state.pacing.speed();
        state.progress->paused = state.pacing.paused();
        state.alarm_set = false; // the one that is set may be too late now
        go_on(self);
        return true;
      },
  };
}

} // namespace throng::actors
