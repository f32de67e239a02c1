#include "actors/publisher.hpp"

#include <algorithm>
#include <utility>

namespace throng::actors {

namespace {

using publisher_pointer = publisher_actor::stateful_pointer<publisher_state>;
/// Handed over at once: little enough that it stays in a core's first cache between being listed and being taken.
constexpr std::size_t portion = 256;

/// Messages from `next` on that belong to one run, at most a portion.
std::size_t list_stretch(publisher_state& state) {
  auto rest = state.ordered.subspan(state.next);
  auto run = rest.front().run;
  auto most = std::min(rest.size(), portion);
  state.messages.clear();
  for (std::size_t i = 0; i < most && rest[i].run == run; ++i) {
    // Bytes stand in the order of their entities, not of time: each is asked for before it is needed.
    constexpr std::size_t ahead = 8;
    if (i + ahead < rest.size())
      __builtin_prefetch(rest[i + ahead].what);
    state.messages.push_back({rest[i].key(), rest[i].value(), rest[i].what->time.ms, nullptr});
  }
  return run;
}

/// How many more messages of the next one's run are left out; null: none ever.
std::uint64_t* left_out(publisher_state& state) {
  return state.leave_out.empty() ? nullptr : &state.leave_out[state.ordered[state.next].run];
}

void hand_over(publisher_pointer self) {
  auto& state = self->state;
  while (state.next < state.ordered.size()) {
    if (auto* left = left_out(state); left != nullptr && *left > 0) {
      --*left;
      ++state.next;
      continue;
    }
    auto run = list_stretch(state);
    auto taken = state.sink->take(run, state.messages, state.current.outputs);
    if (!taken) {
      state.failed = true;
      self->send(state.conductor, world_failure{taken.error()});
      return;
    }
    state.next += *taken;
    if (*taken < state.messages.size())
      return; // room_atom comes when there is room again
  }
  auto step = state.current.step;
  state.current = {}; // lets the step's bytes go as soon as the sink has no use for them
  state.ordered = {};
  state.next = 0;
  self->send(state.conductor, published{step});
}

} // namespace

publisher_actor::behavior_type publisher(publisher_pointer self, std::vector<std::size_t> runs,
                                         std::shared_ptr<message_sink> sink, conductor_actor conductor,
                                         std::vector<std::uint64_t> leave_out) {
  auto& state = self->state;
  state.runs = std::move(runs);
  state.sink = std::move(sink);
  state.conductor = std::move(conductor);
  state.leave_out = std::move(leave_out);
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
        state.ordered = state.order.of(*state.current.outputs, state.runs);
        state.next = 0;
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
