#include "actors/remote_shard.hpp"

#include <utility>

#include <fmt/format.h>

#include "simulation/step_bytes.hpp"

namespace throng::actors {

namespace {

using remote_pointer = remote_shard_actor::stateful_pointer<remote_shard_state>;

/// Nothing comes from there any more.
void lose(remote_pointer self, error why) {
  auto& state = self->state;
  if (state.lost)
    return;
  state.lost = std::move(why);
  state.shard = nullptr;
  if (state.leader)
    self->send(state.leader, world_failure{*state.lost});
  for (auto& each : std::exchange(state.asked, {}))
    each.deliver(shard_answer{tl::unexpected{*state.lost}});
}

void send_on(remote_pointer self) {
  auto& state = self->state;
  if (!state.shard)
    return;
  while (auto part = state.outbox.next())
    self->send(state.shard, std::move(*part));
}

void take(remote_pointer self, parcel what) {
  auto& state = self->state;
  switch (what.content) {
  case parcel_content::made:
    if (state.leader)
      self->send(state.leader, step_report{state.number, simulation::output_from(what.bytes, state.runs)});
    return;
  case parcel_content::failed:
    lose(self, {error_kind::internal, fmt::format("worker {}: {}", state.worker, what.bytes)});
    return;
  case parcel_content::answer:
  case parcel_content::refused:
    if (state.asked.empty())
      break;
    if (what.content == parcel_content::answer)
      state.asked.front().deliver(shard_answer{std::move(what.bytes)});
    else
      state.asked.front().deliver(shard_answer{fail(error_kind::corrupt, std::move(what.bytes))});
    state.asked.pop_front();
    return;
  default:
    break;
  }
  lose(self, {error_kind::corrupt, fmt::format("worker {} sends what nobody asked for", state.worker)});
}

/// Why an actor over there is no more, as a sentence about the worker.
error loss_of(const std::string& worker, const caf::error& reason, caf::actor_system& system) {
  if (reason == caf::exit_reason::remote_link_unreachable)
    return {error_kind::unavailable,
            fmt::format("worker {} is lost: its connection ended, or it did not answer any more", worker)};
  if (reason == caf::exit_reason::user_shutdown)
    return {error_kind::unavailable, fmt::format("worker {} is lost: it was stopped", worker)};
  return {error_kind::internal, fmt::format("worker {}: its shard died: {}", worker, system.render(reason))};
}

} // namespace

remote_shard_actor::behavior_type remote_shard(remote_pointer self, const std::string& worker, const caf::actor& front,
                                               const enlistment& wanted, std::size_t runs) {
  auto& state = self->state;
  state.worker = worker;
  state.number = wanted.number;
  state.runs = runs;
  self->set_down_handler(
      [self](caf::down_msg& down) { lose(self, loss_of(self->state.worker, down.reason, self->system())); });
  // The conductor sends its shards away when the world has ended; their books are asked for after that.
  self->set_exit_handler([](caf::exit_msg&) {
    // leave_atom counts
  });
  self->monitor(front);
  self->request(front, worker_patience, wanted)
      .then(
          [self](enlisted& answer) {
            auto& state = self->state;
            if (!answer.refusal.empty() || answer.shard == nullptr) {
              lose(self, {error_kind::conflict, fmt::format("worker {} {}", state.worker, answer.refusal)});
              return;
            }
            state.shard = caf::actor_cast<parcel_actor>(answer.shard);
            self->monitor(state.shard);
            send_on(self);
          },
          [self](const caf::error& why) {
            const auto& worker = self->state.worker;
            lose(self, {error_kind::unavailable, why == caf::sec::request_timeout
                                                     ? fmt::format("worker {} did not take its shards within {} s",
                                                                   worker, worker_patience.count())
                                                     : fmt::format("worker {} is lost before it took its shards: {}",
                                                                   worker, self->system().render(why))});
          });
  return {
      [self](advance& step) {
        self->state.outbox.put({parcel_content::step, to_bytes(step.input)});
        send_on(self);
      },
      [self](const parcel_part& part) {
        auto& state = self->state;
        if (state.lost)
          return;
        self->send(state.shard, taken_atom_v);
        auto whole = state.inbox.take(part);
        if (!whole) {
          lose(self, {whole.error().kind, fmt::format("worker {}: {}", state.worker, whole.error().message)});
          return;
        }
        if (!*whole)
          return;
        try {
          take(self, std::move(**whole));
        } catch (const simulation::foreign_state& e) {
          lose(self, {error_kind::corrupt, fmt::format("worker {}: {}", state.worker, e.what())});
        }
      },
      [self](taken_atom) {
        self->state.outbox.acknowledged();
        send_on(self);
      },
      [self](lead& who) {
        auto& state = self->state;
        state.leader = std::move(who.by);
        if (state.lost)
          self->send(state.leader, world_failure{*state.lost});
      },
      [self](shard_question& question) -> caf::result<shard_answer> {
        auto& state = self->state;
        if (state.lost)
          return shard_answer{tl::unexpected{*state.lost}};
        state.asked.push_back(self->make_response_promise<shard_answer>());
        state.outbox.put(std::move(question.what));
        send_on(self);
        return state.asked.back();
      },
      [self](leave_atom) { self->quit(caf::exit_reason::user_shutdown); },
  };
}

} // namespace throng::actors
