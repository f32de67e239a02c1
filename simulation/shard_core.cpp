#include "simulation/shard_core.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "simulation/entity_kinds.hpp"
#include "simulation/entity_table.hpp"
#include "simulation/held_messages.hpp"
#include "simulation/lane_store.hpp"
#include "simulation/seq_hash.hpp"
#include "simulation/shard_roster.hpp"
#include "simulation/step_bytes.hpp"
#include "simulation/timing_wheel.hpp"
#include "simulation/wake_frame.hpp"

namespace throng::simulation {

struct shard_core::implementation {
  implementation(std::shared_ptr<const world> in, std::uint32_t shard, std::uint32_t shards, pace kinds);

  milliseconds wheel_grain() const {
    return roster_.kinds() == pace::ahead ? world_->tick() : std::max(milliseconds{1}, world_->scenario().step);
  }
  void take_in(const entity_table& table);
  void adopt(std::shared_ptr<const world> successor);

  std::size_t begin_step(step_input input);
  void take_orders();
  void deliver_messages();
  void wake(slot& at);
  std::shared_ptr<const step_output> finish_step();
  void open_lanes(std::size_t count);
  void commit(slot& done, wake_lane& lane);
  void keep_for_next_step(const slot& failed);
  void schedule(const slot& done);
  void emit_held();
  void close_lane(wake_lane& lane);
  std::vector<book> books() const;
  void save(state_writer& to) const;
  void load(state_reader& from);

  void mark_due(std::uint32_t local) {
    due_[local / 64] |= std::uint64_t{1} << (local % 64);
  }

  std::shared_ptr<const world> world_;
  shard_roster roster_;
  trouble_odds odds_;
  std::vector<incident_facts> incident_facts_;

  timing_wheel wheel_;
  std::vector<timestamp> scheduled_; ///< what the wheel was told last; an entry that says otherwise is out of date
  std::vector<std::uint64_t> due_;   ///< a bit an entity
  std::map<std::uint32_t, std::vector<active_incident>>
      incidents_;                         ///< of the entities that have some; open ones first.
                                          ///< Within a step a list is its entity's alone
  std::vector<entity_message> waiting_;   ///< not arrived yet
  std::vector<entity_message> delivered_; ///< in this step, by (entity, arrival, sender, seq)
  std::vector<std::uint32_t> missed_;     ///< who failed, and is woken in the next step
  std::vector<std::uint32_t> retuned_;    ///< who has other parameters from this step on, rising
  held_messages held_;
  std::int64_t opening_ = 0; ///< what accounts opened with, those that joined later too; minor units

  step_input input_;
  step_frame frame_;
  std::vector<slot> slots_;
  std::size_t slots_used_ = 0;
  std::vector<std::unique_ptr<wake_lane>> lanes_;
  std::size_t lanes_used_ = 0;
  std::shared_ptr<lane_store> store_;
  std::shared_ptr<step_output> output_;
};

shard_core::implementation::implementation(std::shared_ptr<const world> in, std::uint32_t shard, std::uint32_t shards,
                                           pace kinds)
    : world_(std::move(in))
    , roster_(*world_, shard, shards, kinds)
    , odds_(world_->scenario().trouble)
    , wheel_(world_->start(), wheel_grain())
    , store_(std::make_shared<lane_store>(topic_count * static_cast<std::size_t>(world_->partitions()))) {
  const auto& scenario = world_->scenario();
  for (const auto& incident : scenario.incidents)
    incident_facts_.push_back(facts_of(*world_, incident));
  for (const auto& table : roster_.tables())
    take_in(*table);
}

/// A table of the roster's; they come in its order.
void shard_core::implementation::take_in(const entity_table& table) {
  scheduled_.reserve(scheduled_.size() + table.size());
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto due = table.due(row);
    if (due != never_due)
      wheel_.insert(due, static_cast<std::uint32_t>(scheduled_.size()));
    scheduled_.push_back(due);
    opening_ += table.money(row);
  }
  due_.resize((scheduled_.size() + 63) / 64);
}

/// The world goes on under other parameters; who lives in the populations that have others is told in this step.
void shard_core::implementation::adopt(std::shared_ptr<const world> successor) {
  const auto before = std::exchange(world_, std::move(successor)); // tables look at it until they have the other
  const auto& scenario = world_->scenario();
  odds_ = trouble_odds{scenario.trouble};
  incident_facts_.clear();
  for (const auto& incident : scenario.incidents)
    incident_facts_.push_back(facts_of(*world_, incident));
  const auto known = roster_.tables().size();
  for (std::size_t t = 0; t < known; ++t)
    if (auto& table = *roster_.tables()[t]; table.adopt(*world_))
      for (std::uint32_t row = 0; row < table.size(); ++row) {
        mark_due(roster_.first_of(t) + row);
        retuned_.push_back(roster_.first_of(t) + row);
      }
  roster_.adopt(*before, *world_);
  for (auto t = known; t < roster_.tables().size(); ++t)
    take_in(*roster_.tables()[t]);
}

std::size_t shard_core::implementation::begin_step(step_input input) {
  input_ = std::move(input);
  std::fill(due_.begin(), due_.end(), 0);
  retuned_.clear();
  if (input_.successor != nullptr)
    adopt(input_.successor);
  frame_.in = world_.get();
  frame_.odds = &odds_;
  frame_.incidents = incident_facts_;
  frame_.begin = input_.begin;
  frame_.end = input_.end;
  frame_.last_emission = world_->end() - milliseconds{1};
  frame_.view = input_.view.get();
  std::array<char, iso_clock::text_size> unused;
  frame_.clock.write(unused.data(), input_.begin);

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
  auto retuned = retuned_.begin();
  auto afflicted = incidents_.begin();
  std::size_t message = 0;
  for (std::size_t word = 0; word < due_.size(); ++word)
    for (auto bits = due_[word]; bits != 0; bits &= bits - 1) {
      const auto local = static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
      if (slots_used_ == slots_.size())
        slots_.emplace_back();
      auto& next = slots_[slots_used_++];
      next = {};
      next.local = local;
      if (retuned != retuned_.end() && *retuned == local) {
        next.retuned = true;
        ++retuned;
      }
      while (afflicted != incidents_.end() && afflicted->first < local)
        ++afflicted;
      next.ordered = afflicted != incidents_.end() && afflicted->first == local ? &afflicted->second : nullptr;
      const auto first = message;
      while (message < delivered_.size() && roster_.local_of(delivered_[message].to) == local)
        ++message;
      next.inbox = std::span<const entity_message>{delivered_}.subspan(first, message - first);
    }
  open_lanes((slots_used_ + lane_slots - 1) / lane_slots);
  return slots_used_;
}

void shard_core::implementation::open_lanes(std::size_t count) {
  while (lanes_.size() < count)
    lanes_.push_back(std::make_unique<wake_lane>());
  lanes_used_ = count;
  for (std::size_t i = 0; i < count; ++i) {
    auto& lane = *lanes_[i];
    lane.out = store_->take();
    std::swap(lane.bytes, lane.out->bytes);
  }
}

void shard_core::implementation::take_orders() {
  if (!input_.opens_tick || !input_.orders)
    return;
  for (const auto& order : *input_.orders) {
    if (!roster_.owns(order.target))
      continue;
    active_incident incident;
    incident.order = order;
    incident.kind = incident_facts_[order.incident].kind;
    incident.bits = draw(world_->scenario().seed, number_of_name("incident"), order.incident, order.occurrence,
                         world_->population_number(order.target.population), order.target.index);
    const auto local = roster_.local_of(order.target);
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
  std::sort(delivered_.begin(), delivered_.end(), [this](const entity_message& a, const entity_message& b) {
    // By local number: in its order the slots take them.
    return a.to == b.to ? std::tie(a.arrives, a.from, a.seq) < std::tie(b.arrives, b.from, b.seq)
                        : roster_.local_of(a.to) < roster_.local_of(b.to);
  });
  for (const auto& message : delivered_)
    mark_due(roster_.local_of(message.to));
}

void shard_core::implementation::wake(slot& at) {
  auto& lane = *lanes_[static_cast<std::size_t>(&at - slots_.data()) / lane_slots];
  const auto bytes_before = lane.bytes.size();
  lane.emissions.clear();
  lane.sent.clear();
  lane.totals = {};
  if (at.ordered != nullptr)
    lane.incidents = *at.ordered;
  else
    lane.incidents.clear();
  try {
    const auto [table, row] = roster_.place_of(at.local);
    const auto self = table->entity(row);
    if (world_->fault)
      world_->fault(self, input_.begin, table->restarts(row));
    wake_frame frame{frame_, at, lane, self};
    table->wake(row, frame);
    commit(at, lane);
  } catch (...) {
    lane.bytes.cut(bytes_before);
    throw;
  }
}

/// What the wake did counts from here on.
void shard_core::implementation::commit(slot& done, wake_lane& lane) {
  const auto [table, row] = roster_.place_of(done.local);
  const auto entity = table->entity(row);
  for (const auto& each : lane.emissions) {
    if (each.time < input_.end) {
      lane.out->runs[each.run].push_back({each.time, entity, each.ordinal, each.key_size, each.value_size, each.at});
      continue;
    }
    held_message later;
    later.emission = each.time;
    later.local = done.local;
    later.ordinal = each.ordinal;
    later.run = each.run;
    later.key_size = each.key_size;
    later.seq = each.seq;
    later.channel = each.channel;
    later.counts = each.counts;
    later.bytes = lane.bytes.view(each.at, each.key_size + each.value_size);
    lane.held.push_back(std::move(later));
  }
  lane.outbound.insert(lane.outbound.end(), lane.sent.begin(), lane.sent.end());
  lane.all_totals += lane.totals;
  if (done.ordered != nullptr)
    done.ordered->swap(lane.incidents);
  done.done = true;
}

std::shared_ptr<const step_output> shard_core::implementation::finish_step() {
  output_ = std::make_shared<step_output>();
  auto& out = *output_;
  out.counts.resize(topic_count * static_cast<std::size_t>(world_->partitions()));
  emit_held(); // what was held back in earlier steps; what this one holds back comes after its end
  for (std::size_t i = 0; i < lanes_used_; ++i)
    close_lane(*lanes_[i]);
  for (std::size_t i = 0; i < slots_used_; ++i) {
    const auto& each = slots_[i];
    out.restarts += each.restarts;
    if (each.done)
      schedule(each);
    else
      keep_for_next_step(each);
  }
  const auto labels = static_cast<std::size_t>(topic::truth_labels) * static_cast<std::size_t>(world_->partitions());
  for (std::size_t run = 0; run < labels; ++run)
    out.events += out.counts[run];
  input_ = {};
  return std::exchange(output_, nullptr);
}

void shard_core::implementation::close_lane(wake_lane& lane) {
  auto& out = *output_;
  std::swap(lane.bytes, lane.out->bytes);
  for (std::size_t run = 0; run < out.counts.size(); ++run)
    out.counts[run] += lane.out->runs[run].size();
  out.bytes += lane.out->bytes.size();
  out.totals += std::exchange(lane.all_totals, {});
  out.outbound.insert(out.outbound.end(), lane.outbound.begin(), lane.outbound.end());
  lane.outbound.clear();
  for (auto& message : lane.held)
    held_.put(std::move(message));
  lane.held.clear();
  out.lanes.push_back(std::exchange(lane.out, nullptr));
}

void shard_core::implementation::keep_for_next_step(const slot& failed) {
  missed_.push_back(failed.local);
  waiting_.insert(waiting_.end(), failed.inbox.begin(), failed.inbox.end());
}

void shard_core::implementation::schedule(const slot& done) {
  ++output_->wakes;
  if (done.ordered != nullptr && done.ordered->empty())
    incidents_.erase(done.local);
  auto& scheduled = scheduled_[done.local];
  if (scheduled == done.due)
    return;
  scheduled = done.due;
  if (done.due != never_due)
    wheel_.insert(done.due, done.local);
}

void shard_core::implementation::emit_held() {
  const auto due = held_.take_until(input_.end);
  if (due.empty())
    return;
  auto lane = store_->take();
  for (const auto& message : due) {
    const auto [table, row] = roster_.place_of(message.local);
    emission made;
    made.time = message.emission;
    made.entity = table->entity(row);
    made.ordinal = message.ordinal;
    made.key_size = message.key_size;
    made.value_size = static_cast<std::uint32_t>(message.bytes.size()) - message.key_size;
    made.at = static_cast<std::uint32_t>(lane->bytes.size());
    lane->bytes.append(message.bytes);
    lane->runs[message.run].push_back(made);
    ++output_->counts[message.run];
  }
  output_->bytes += lane->bytes.size();
  output_->lanes.push_back(std::move(lane));
}

std::vector<book> shard_core::implementation::books() const {
  // Seqs that were taken by messages which nobody has been given yet.
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::vector<std::uint64_t>> unsent;
  for (const auto& message : held_.all())
    if (message.counts)
      unsent[{message.local, message.channel}].push_back(message.seq);
  std::vector<book> all;
  for (std::size_t t = 0; t < roster_.tables().size(); ++t)
    for (std::size_t row = 0; row < roster_.tables()[t]->size(); ++row) {
      const auto& table = *roster_.tables()[t];
      const auto states = table.states(row);
      for (std::size_t i = 0; i < states.size(); ++i) {
        book one;
        one.count = states[i].next_seq;
        one.sum = states[i].sum;
        one.last = states[i].next_seq - 1;
        if (const auto found =
                unsent.find({roster_.first_of(t) + static_cast<std::uint32_t>(row), static_cast<std::uint16_t>(i)});
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
        one.in = table.topic_of(i);
        one.key = table.key_of(row, i);
        all.push_back(std::move(one));
      }
    }
  return all;
}

template <>
inline constexpr auto state_parts<active_incident> =
    std::tuple{&active_incident::order, &active_incident::kind, &active_incident::open,
               &active_incident::bits,  &active_incident::memo, &active_incident::touched,
               &active_incident::seqs,  &active_incident::also, &active_incident::shift};
template <>
inline constexpr auto state_parts<topic_seqs> = std::tuple{&topic_seqs::in, &topic_seqs::seqs};

template <>
inline constexpr auto state_parts<held_message> =
    std::tuple{&held_message::emission, &held_message::local,    &held_message::ordinal,
               &held_message::run,      &held_message::key_size, &held_message::seq,
               &held_message::channel,  &held_message::counts,   &held_message::bytes};

void shard_core::implementation::save(state_writer& to) const {
  roster_.save(to);
  to.put(scheduled_);
  to.put(waiting_);
  to.put(missed_);
  to.put(incidents_.size());
  for (const auto& [local, incidents] : incidents_) {
    to.put(local);
    to.put(incidents);
  }
  to.put(held_.all());
  to.put(opening_);
}

void shard_core::implementation::load(state_reader& from) {
  roster_.load(from);
  from.get(scheduled_);
  if (scheduled_.size() != roster_.size())
    throw foreign_state("the state is of another number of entities");
  wheel_ = timing_wheel{world_->start(), wheel_grain()};
  for (std::uint32_t local = 0; local < scheduled_.size(); ++local)
    if (scheduled_[local] != never_due)
      wheel_.insert(scheduled_[local], local);
  from.get(waiting_);
  from.get(missed_);
  std::size_t count = 0;
  from.get(count);
  for (incidents_.clear(); count > 0; --count) {
    std::uint32_t local = 0;
    from.get(local);
    from.get(incidents_[local]);
  }
  std::vector<held_message> held;
  from.get(held);
  held_.restore(std::move(held));
  from.get(opening_);
  from.require_end();
}

std::uint32_t shard_of(const world& world, entity_ref entity, std::uint32_t shards) {
  return static_cast<std::uint32_t>(world.number_of(entity) % shards);
}

shard_core::shard_core(std::shared_ptr<const world> world, std::uint32_t shard, std::uint32_t shards, pace kinds)
    : impl_(std::make_unique<implementation>(std::move(world), shard, shards, kinds)) {
  // all is in the implementation
}

shard_core::~shard_core() = default;

std::size_t shard_core::entity_count() const {
  return impl_->roster_.size();
}

entity_ref shard_core::entity(std::size_t local) const {
  const auto [table, row] = impl_->roster_.place_of(static_cast<std::uint32_t>(local));
  return table->entity(row);
}

std::size_t shard_core::begin_step(step_input input) {
  return impl_->begin_step(std::move(input));
}

std::size_t shard_core::entity_in(std::size_t slot) const {
  return impl_->slots_[slot].local;
}

void shard_core::prefetch(std::size_t slot) const {
  const auto [table, row] = impl_->roster_.place_of(impl_->slots_[slot].local);
  table->prefetch(row);
}

void shard_core::wake(std::size_t slot) {
  impl_->wake(impl_->slots_[slot]);
}

void shard_core::restart(std::size_t slot) {
  auto& failed = impl_->slots_[slot];
  ++failed.restarts;
  const auto [table, row] = impl_->roster_.place_of(failed.local);
  table->restart(row);
}

std::shared_ptr<const step_output> shard_core::finish_step() {
  return impl_->finish_step();
}

std::string shard_core::save() const {
  std::string bytes;
  state_writer to{bytes};
  impl_->save(to);
  return bytes;
}

void shard_core::load(std::string_view state) {
  state_reader from{state};
  impl_->load(from);
}

void shard_core::go_on_from(const std::vector<book>& books) {
  std::map<std::pair<topic, std::string_view>, const book*> by_key;
  for (const auto& each : books)
    by_key[{each.in, each.key}] = &each;
  for (auto& table : impl_->roster_.tables())
    for (std::size_t row = 0; row < table->size(); ++row) {
      const auto states = table->states(row);
      for (std::size_t i = 0; i < states.size(); ++i)
        if (const auto found = by_key.find({table->topic_of(i), table->key_of(row, i)}); found != by_key.end())
          table->set_state(row, i, {found->second->last + 1, found->second->sum});
    }
}

ledger shard_core::money() const {
  ledger made{impl_->opening_, 0};
  for (const auto& table : impl_->roster_.tables())
    for (std::size_t row = 0; row < table->size(); ++row)
      made.accounted += table->money(row);
  for (const auto& message : impl_->waiting_)
    made.accounted += message.amount;
  return made;
}

std::vector<book> shard_core::books() const {
  return impl_->books();
}

} // namespace throng::simulation
