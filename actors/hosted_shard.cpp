#include "actors/hosted_shard.hpp"

#include <utility>

#include "actors/shard.hpp"

namespace throng::actors {

namespace {

using hosted_pointer = hosted_shard_actor::stateful_pointer<hosted_shard_state>;

void send_on(hosted_pointer self) {
  auto& state = self->state;
  while (auto part = state.outbox.next())
    self->send(state.leader, std::move(*part));
}

void answer(hosted_pointer self, parcel_content what, std::string bytes) {
  self->state.outbox.put({what, std::move(bytes)});
  send_on(self);
}

void live(hosted_pointer self, std::string_view bytes) {
  auto& state = self->state;
  if (!state.shard)
    state.shard = self->spawn<caf::linked>(shard, state.number, state.core, step_leader{hosted_shard_actor{self}});
  self->send(state.shard, advance{state.steps->read(bytes)});
}

/// @throws simulation::foreign_state
void take(hosted_pointer self, const parcel& what) {
  auto& state = self->state;
  switch (what.content) {
  case parcel_content::step:
    live(self, what.bytes);
    return;
  case parcel_content::load:
    state.core->load(what.bytes);
    answer(self, parcel_content::answer, {});
    return;
  case parcel_content::books:
    state.core->go_on_from(simulation::books_from(what.bytes));
    answer(self, parcel_content::answer, {});
    return;
  case parcel_content::save:
    answer(self, parcel_content::answer, state.core->save());
    return;
  case parcel_content::tally:
    answer(self, parcel_content::answer, to_bytes(state.core->books()));
    return;
  case parcel_content::money:
    answer(self, parcel_content::answer, to_bytes(state.core->money()));
    return;
  default:
    throw simulation::foreign_state("the leader sends what is none of a shard's");
  }
}

} // namespace

hosted_shard_actor::behavior_type hosted_shard(hosted_pointer self,
                                               const std::shared_ptr<const simulation::world>& world,
                                               const enlistment& wanted, const parcel_actor& leader) {
  auto& state = self->state;
  state.number = wanted.number;
  state.leader = leader;
  state.core = std::make_shared<simulation::shard_core>(world, wanted.index, wanted.shards,
                                                        static_cast<simulation::pace>(wanted.kinds));
  state.steps = std::make_unique<simulation::step_reader>(world);
  self->monitor(leader);
  self->set_down_handler([self](caf::down_msg&) { self->quit(caf::exit_reason::user_shutdown); });
  return {
      [self](step_report& report) {
        answer(self, parcel_content::made, to_bytes(*std::exchange(report.output, nullptr)));
      },
      [self](const world_failure& failure) { answer(self, parcel_content::failed, failure.why.message); },
      [self](const parcel_part& part) {
        auto& state = self->state;
        self->send(state.leader, taken_atom_v);
        auto whole = state.inbox.take(part);
        if (!whole) {
          answer(self, parcel_content::failed, whole.error().message);
          return;
        }
        if (!*whole)
          return;
        try {
          take(self, **whole);
        } catch (const simulation::foreign_state& e) {
          const auto loading = (*whole)->content == parcel_content::load || (*whole)->content == parcel_content::books;
          answer(self, loading ? parcel_content::refused : parcel_content::failed, e.what());
        }
      },
      [self](taken_atom) {
        self->state.outbox.acknowledged();
        send_on(self);
      },
  };
}

} // namespace throng::actors
