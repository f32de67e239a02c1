#include "actors/publisher.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

namespace throng::actors {

namespace {

using publisher_pointer = publisher_actor::stateful_pointer<publisher_state>;
using simulation::emission;
using simulation::step_output;

transport::outgoing as_outgoing(const step_output& output, const emission& e) {
  return {output.key(e), output.value(e), e.time.ms, nullptr};
}

/// Several runs in one order: gathered, then sorted as merge_run would.
void gather_sorted(publisher_state& state) {
  struct candidate {
    const step_output* output;
    const emission* what;
    std::size_t run;
  };
  std::vector<candidate> all;
  for (const auto& output : *state.current.outputs)
    for (auto run : state.runs)
      for (const auto& e : output->runs[run])
        all.push_back({output.get(), &e, run});
  std::sort(all.begin(), all.end(), [](const candidate& a, const candidate& b) {
    return std::tie(a.what->time, a.what->entity, a.what->ordinal) <
           std::tie(b.what->time, b.what->entity, b.what->ordinal);
  });
  for (const auto& each : all) {
    state.messages.push_back(as_outgoing(*each.output, *each.what));
    state.run_of.push_back(each.run);
  }
}

void gather(publisher_state& state) {
  state.messages.clear();
  state.run_of.clear();
  state.next = 0;
  if (state.runs.size() > 1)
    gather_sorted(state);
  else
    simulation::merge_run(
        *state.current.outputs, state.runs.front(),
        [&state](const step_output& output, const emission& e) { state.messages.push_back(as_outgoing(output, e)); });
}

/// The messages from `next` on that belong to one run.
std::pair<std::size_t, std::span<const transport::outgoing>> next_stretch(const publisher_state& state) {
  std::span<const transport::outgoing> rest{state.messages};
  rest = rest.subspan(state.next);
  if (state.run_of.empty())
    return {state.runs.front(), rest};
  auto run = state.run_of[state.next];
  std::size_t size = 1;
  while (size < rest.size() && state.run_of[state.next + size] == run)
    ++size;
  return {run, rest.first(size)};
}

void hand_over(publisher_pointer self) {
  auto& state = self->state;
  while (state.next < state.messages.size()) {
    auto [run, stretch] = next_stretch(state);
    auto taken = state.sink->take(run, stretch, state.current.outputs);
    if (!taken) {
      state.failed = true;
      self->send(state.conductor, world_failure{taken.error()});
      return;
    }
    state.next += *taken;
    if (*taken < stretch.size())
      return; // room_atom comes when there is room again
  }
  auto step = state.current.step;
  state.current = {}; // lets the step's bytes go as soon as the sink has no use for them
  state.messages.clear();
  state.next = 0;
  self->send(state.conductor, published{step});
}

} // namespace

publisher_actor::behavior_type publisher(publisher_pointer self, std::vector<std::size_t> runs,
                                         std::shared_ptr<message_sink> sink, conductor_actor conductor) {
  auto& state = self->state;
  state.runs = std::move(runs);
  state.sink = std::move(sink);
  state.conductor = std::move(conductor);
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(publisher_actor{self});
  auto tell = [weak](auto message) {
    if (auto strong = weak.lock())
      caf::anon_send(caf::actor_cast<publisher_actor>(strong), std::move(message));
  };
  for (auto run : state.runs)
    state.sink->listen(run,
                       {[tell] { tell(room_atom_v); }, [tell](error why) { tell(world_failure{std::move(why)}); }});
  return {
      [self](publication& what) {
        auto& state = self->state;
        if (state.failed)
          return;
        state.current = std::move(what);
        gather(state);
        hand_over(self);
      },
      [self](room_atom) {
        auto& state = self->state;
        if (!state.failed && state.current.outputs != nullptr)
          hand_over(self);
      },
      [self](const world_failure& failure) {
        self->state.failed = true;
        self->send(self->state.conductor, failure);
      },
  };
}

} // namespace throng::actors
