#include "simulation/shard_core.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "simulation/entity_kinds.hpp"
#include "simulation/entity_table.hpp"
#include "simulation/held_messages.hpp"
#include "simulation/run_order.hpp"
#include "simulation/seq_hash.hpp"
#include "simulation/timing_wheel.hpp"
#include "simulation/wake_frame.hpp"

namespace throng::simulation {

std::uint32_t shard_of(const world& world, entity_ref entity, std::uint32_t shards) {
  return static_cast<std::uint32_t>(world.number_of(entity) % shards);
}

struct shard_core::implementation {
  implementation(std::shared_ptr<const world> in, std::uint32_t shard, std::uint32_t shards);

  // Locals are numbered through the tables, so their order is that of (population, index).
  struct place {
    entity_table* table;
    std::size_t row;
  };
  place place_of(std::uint32_t local) const {
    const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), local);
    const auto table = static_cast<std::size_t>(after - firsts_.begin()) - 1;
    return {tables_[table].get(), local - firsts_[table]};
  }
  std::uint32_t local_of(entity_ref entity) const {
    return static_cast<std::uint32_t>(world_->number_of(entity) / shards_);
  }

  std::size_t begin_step(step_input input);
  void take_orders();
  void deliver_messages();
  void wake(slot& at);
  std::shared_ptr<const step_output> finish_step();
  void keep_for_next_step(const slot& failed);
  void commit(slot& done);
  void emit_held(const held_message& message);
  void emit(const slot& from);
  std::vector<book> books() const;

  void mark_due(std::uint32_t local) {
    due_[local / 64] |= std::uint64_t{1} << (local % 64);
  }

  std::shared_ptr<const world> world_;
  std::uint32_t shard_;
  std::uint32_t shards_;
  trouble_odds odds_;
  std::vector<incident_facts> incident_facts_;
  std::vector<std::unique_ptr<entity_table>> tables_; ///< one a population
  std::vector<std::uint32_t> firsts_;                 ///< the local number of each table's first row
  std::size_t entities_ = 0;

  timing_wheel wheel_;
  std::vector<timestamp> scheduled_; ///< what the wheel was told last; an entry that says otherwise is out of date
  std::vector<std::uint64_t> due_;   ///< a bit an entity
  std::map<std::uint32_t, std::vector<active_incident>> incidents_; ///< of the entities that have some; open ones first
  std::vector<entity_message> waiting_;                             ///< not arrived yet
  std::vector<entity_message> delivered_;                           ///< in this step, by (entity, arrival, sender, seq)
  std::vector<std::uint32_t> missed_;                               ///< who failed, and is woken in the next step
  held_messages held_;

  step_input input_;
  step_frame frame_;
  std::vector<slot> slots_;
  std::size_t slots_used_ = 0;
  std::shared_ptr<step_output> output_;
  std::vector<std::vector<emission>> gathered_; ///< one a run, by (entity, ordinal)
};

shard_core::implementation::implementation(std::shared_ptr<const world> in, std::uint32_t shard, std::uint32_t shards)
    : world_(std::move(in))
    , shard_(shard)
    , shards_(shards)
    , odds_(world_->scenario().trouble)
    , wheel_(world_->start(), std::max(milliseconds{1}, world_->scenario().step)) {
  const auto& scenario = world_->scenario();
  for (const auto& incident : scenario.incidents)
    incident_facts_.push_back(facts_of(*world_, incident));
  for (std::uint32_t i = 0; i < scenario.populations.size(); ++i) {
    // The first index whose global number belongs to this shard.
    const auto first = (shard + shards - static_cast<std::uint32_t>(world_->number_of({i, 0}) % shards)) % shards;
    firsts_.push_back(static_cast<std::uint32_t>(entities_));
    tables_.push_back(make_table(*world_, i, first, shards));
    const auto& table = *tables_.back();
    entities_ += table.size();
    for (std::size_t row = 0; row < table.size(); ++row) {
      const auto due = table.due(row);
      if (due != never_due)
        wheel_.insert(due, static_cast<std::uint32_t>(scheduled_.size()));
      scheduled_.push_back(due);
    }
  }
  due_.resize((entities_ + 63) / 64);
  gathered_.resize(topic_count * static_cast<std::size_t>(world_->partitions()));
}

std::size_t shard_core::implementation::begin_step(step_input input) {
  input_ = std::move(input);
  frame_.in = world_.get();
  frame_.odds = &odds_;
  frame_.incidents = incident_facts_;
  frame_.begin = input_.begin;
  frame_.end = input_.end;
  frame_.last_emission = world_->end() - milliseconds{1};
  frame_.view = input_.view.get();
  std::array<char, iso_clock::text_size> unused;
  frame_.clock.write(unused.data(), input_.begin);

  std::fill(due_.begin(), due_.end(), 0);
  wheel_.take_until(input_.end, [this](const timing_wheel::entry& entry) {
    if (scheduled_[entry.who] == entry.due)
      mark_due(entry.who);
  });
  for (auto local : missed_)
    mark_due(local);
  missed_.clear();
  take_orders();
  deliver_messages();

  slots_used_ = 0;
  auto afflicted = incidents_.begin();
  std::size_t message = 0;
  for (std::size_t word = 0; word < due_.size(); ++word)
    for (auto bits = due_[word]; bits != 0; bits &= bits - 1) {
      const auto local = static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
      if (slots_used_ == slots_.size())
        slots_.emplace_back();
      auto& next = slots_[slots_used_++];
      next.clear_output();
      next.local = local;
      next.restarts = 0;
      while (afflicted != incidents_.end() && afflicted->first < local)
        ++afflicted;
      next.ordered = afflicted != incidents_.end() && afflicted->first == local ? &afflicted->second : nullptr;
      const auto first = message;
      while (message < delivered_.size() && local_of(delivered_[message].to) == local)
        ++message;
      next.inbox = std::span<const entity_message>{delivered_}.subspan(first, message - first);
    }
  return slots_used_;
}

void shard_core::implementation::take_orders() {
  if (!input_.opens_tick || !input_.orders)
    return;
  for (const auto& order : *input_.orders) {
    const auto number = world_->number_of(order.target);
    if (number % shards_ != shard_)
      continue;
    active_incident incident;
    incident.order = order;
    incident.kind = incident_facts_[order.incident].kind;
    incident.bits = draw(world_->scenario().seed, number_of_name("incident"), order.incident, order.occurrence,
                         world_->population_number(order.target.population), order.target.index);
    const auto local = local_of(order.target);
    incidents_[local].push_back(std::move(incident));
    mark_due(local);
  }
}

void shard_core::implementation::deliver_messages() {
  waiting_.insert(waiting_.end(), input_.messages.begin(), input_.messages.end());
  const auto end = input_.end;
  const auto arrived =
      std::partition(waiting_.begin(), waiting_.end(), [end](const entity_message& m) { return m.arrives >= end; });
  delivered_.assign(arrived, waiting_.end());
  waiting_.erase(arrived, waiting_.end());
  std::sort(delivered_.begin(), delivered_.end(), [](const entity_message& a, const entity_message& b) {
    return std::tie(a.to, a.arrives, a.from, a.seq) < std::tie(b.to, b.arrives, b.from, b.seq);
  });
  for (const auto& message : delivered_)
    mark_due(local_of(message.to));
}

void shard_core::implementation::wake(slot& at) {
  at.clear_output();
  const auto [table, row] = place_of(at.local);
  const auto self = table->entity(row);
  if (world_->fault)
    world_->fault(self, input_.begin, table->restarts(row));
  if (at.ordered != nullptr)
    at.incidents = *at.ordered;
  wake_frame frame{frame_, at, self};
  table->wake(row, frame);
  at.done = true;
}

std::shared_ptr<const step_output> shard_core::implementation::finish_step() {
  output_ = std::make_shared<step_output>();
  auto& out = *output_;
  auto held = held_.take_until(input_.end);
  std::size_t bytes = 0;
  for (const auto& message : held)
    bytes += message.bytes.size();
  for (std::size_t i = 0; i < slots_used_; ++i)
    bytes += slots_[i].bytes.size();
  out.arena.reserve(bytes);

  auto next_held = held.begin();
  for (std::size_t i = 0; i < slots_used_; ++i) {
    auto& each = slots_[i];
    // What was held back was made before what its entity makes now, and goes before it at the same time.
    for (; next_held != held.end() && next_held->local <= each.local; ++next_held)
      emit_held(*next_held);
    out.restarts += each.restarts;
    if (each.done) {
      emit(each);
      commit(each);
    } else {
      keep_for_next_step(each);
    }
  }
  for (; next_held != held.end(); ++next_held)
    emit_held(*next_held);

  out.runs.resize(gathered_.size());
  const auto labels = static_cast<std::size_t>(topic::truth_labels) * static_cast<std::size_t>(world_->partitions());
  for (std::size_t run = 0; run < gathered_.size(); ++run) {
    if (gathered_[run].empty())
      continue;
    if (run < labels)
      out.events += gathered_[run].size();
    order_by_time(gathered_[run], out.runs[run], input_.begin);
    gathered_[run].clear();
  }
  input_ = {};
  return std::exchange(output_, nullptr);
}

void shard_core::implementation::keep_for_next_step(const slot& failed) {
  missed_.push_back(failed.local);
  waiting_.insert(waiting_.end(), failed.inbox.begin(), failed.inbox.end());
}

void shard_core::implementation::commit(slot& done) {
  ++output_->wakes;
  output_->totals += done.totals;
  output_->outbound.insert(output_->outbound.end(), done.sent.begin(), done.sent.end());
  if (done.ordered != nullptr) {
    if (done.incidents.empty())
      incidents_.erase(done.local);
    else
      incidents_.find(done.local)->second.swap(done.incidents);
  }
  auto& scheduled = scheduled_[done.local];
  if (scheduled != done.due) {
    scheduled = done.due;
    if (done.due != never_due)
      wheel_.insert(done.due, done.local);
  }
}

void shard_core::implementation::emit_held(const held_message& message) {
  const auto [table, row] = place_of(message.local);
  emission made;
  made.time = message.emission;
  made.entity = table->entity(row);
  made.ordinal = message.ordinal;
  made.key_size = message.key_size;
  made.value_size = static_cast<std::uint32_t>(message.bytes.size()) - message.key_size;
  made.at = output_->arena.size();
  output_->arena += message.bytes;
  gathered_[message.run].push_back(made);
}

void shard_core::implementation::emit(const slot& from) {
  const auto base = output_->arena.size();
  const auto [table, row] = place_of(from.local);
  const auto entity = table->entity(row);
  output_->arena.append(from.bytes.view(0, from.bytes.size()));
  for (const auto& each : from.emissions) {
    if (each.time < input_.end) {
      gathered_[each.run].push_back({each.time, entity, each.ordinal, each.key_size, each.value_size, base + each.at});
      continue;
    }
    held_message later;
    later.emission = each.time;
    later.local = from.local;
    later.ordinal = each.ordinal;
    later.run = each.run;
    later.key_size = each.key_size;
    later.seq = each.seq;
    later.channel = each.channel;
    later.counts = each.counts;
    later.bytes = from.bytes.view(each.at, each.key_size + each.value_size);
    held_.put(std::move(later));
  }
}

std::vector<book> shard_core::implementation::books() const {
  // Seqs that were taken by messages which nobody has been given yet.
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::vector<std::uint64_t>> unsent;
  for (const auto& message : held_.all())
    if (message.counts)
      unsent[{message.local, message.channel}].push_back(message.seq);
  std::vector<book> all;
  for (std::size_t t = 0; t < tables_.size(); ++t)
    for (std::size_t row = 0; row < tables_[t]->size(); ++row) {
      const auto states = tables_[t]->states(row);
      for (std::size_t i = 0; i < states.size(); ++i) {
        book one;
        one.count = states[i].next_seq;
        one.sum = states[i].sum;
        one.last = states[i].next_seq - 1;
        if (const auto found =
                unsent.find({firsts_[t] + static_cast<std::uint32_t>(row), static_cast<std::uint16_t>(i)});
            found != unsent.end()) {
          auto& seqs = found->second;
          std::sort(seqs.begin(), seqs.end());
          one.count -= seqs.size();
          for (auto seq : seqs) {
            one.sum -= hash_of_seq(seq);
            if (seq == one.first)
              ++one.first;
          }
          for (auto seq = seqs.rbegin(); seq != seqs.rend() && *seq == one.last; ++seq)
            --one.last;
        }
        if (one.count == 0)
          continue;
        one.in = tables_[t]->topic_of(i);
        one.key = tables_[t]->key_of(row, i);
        all.push_back(std::move(one));
      }
    }
  return all;
}

shard_core::shard_core(std::shared_ptr<const world> world, std::uint32_t shard, std::uint32_t shards)
    : impl_(std::make_unique<implementation>(std::move(world), shard, shards)) {
  // all is in the implementation
}

shard_core::~shard_core() = default;

std::size_t shard_core::entity_count() const {
  return impl_->entities_;
}

entity_ref shard_core::entity(std::size_t local) const {
  const auto [table, row] = impl_->place_of(static_cast<std::uint32_t>(local));
  return table->entity(row);
}

std::size_t shard_core::begin_step(step_input input) {
  return impl_->begin_step(std::move(input));
}

std::size_t shard_core::entity_in(std::size_t slot) const {
  return impl_->slots_[slot].local;
}

void shard_core::wake(std::size_t slot) {
  impl_->wake(impl_->slots_[slot]);
}

void shard_core::restart(std::size_t slot) {
  auto& failed = impl_->slots_[slot];
  failed.clear_output();
  ++failed.restarts;
  const auto [table, row] = impl_->place_of(failed.local);
  table->restart(row);
}

std::shared_ptr<const step_output> shard_core::finish_step() {
  return impl_->finish_step();
}

std::int64_t shard_core::money() const {
  std::int64_t sum = 0;
  for (const auto& table : impl_->tables_)
    for (std::size_t row = 0; row < table->size(); ++row)
      sum += table->money(row);
  for (const auto& message : impl_->waiting_)
    sum += message.amount;
  return sum;
}

std::vector<book> shard_core::books() const {
  return impl_->books();
}

} // namespace throng::simulation
