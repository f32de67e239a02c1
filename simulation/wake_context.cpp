#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "simulation/entity.hpp"
#include "simulation/message_draft.hpp"
#include "simulation/truth_label.hpp"
#include "simulation/wake_frame.hpp"

namespace throng::simulation {
namespace {

/// More moments in one wake than this are a core that does not move on.
constexpr std::uint32_t most_moments = 10'000'000;

std::uint32_t channel_of(const wake_frame& frame, topic where) {
  for (std::uint32_t i = 0; i < frame.channels.size(); ++i)
    if (frame.channels[i].in == where)
      return i;
  throw std::logic_error("an entity writes to a topic that is none of its channels");
}

/// Cuts the message off, or overwrites a byte with NUL, which no JSON text may hold (RFC 8259, sections 2 and 7).
void damage(wake_frame& frame, pending_emission& hit, std::uint64_t bits) {
  const auto at = 1 + static_cast<std::uint32_t>(to_unit(bits) * (hit.value_size - 1));
  const auto value = hit.at + hit.key_size;
  if ((bits & 1) == 0) {
    hit.value_size = at;
    frame.lane.bytes.cut(value + at);
  } else {
    frame.lane.bytes.begin()[value + at] = '\0';
  }
}

// A slot's incidents: the open ones in front, in the order of (incident, occurrence); then those that are yet to open.

std::size_t open_count(const std::vector<active_incident>& incidents) {
  std::size_t count = 0;
  while (count < incidents.size() && incidents[count].open)
    ++count;
  return count;
}

bool before(const active_incident& a, const active_incident& b) {
  return std::tie(a.order.incident, a.order.occurrence) < std::tie(b.order.incident, b.order.occurrence);
}

/// One that has just opened goes among the open ones. @returns where it is now
std::size_t move_among_open(std::vector<active_incident>& incidents, std::size_t which) {
  const auto first = incidents.begin();
  const auto open_end = first + static_cast<std::ptrdiff_t>(open_count(incidents));
  const auto at =
      std::upper_bound(first, std::min(open_end, first + static_cast<std::ptrdiff_t>(which)), incidents[which], before);
  std::rotate(at, first + static_cast<std::ptrdiff_t>(which), first + static_cast<std::ptrdiff_t>(which) + 1);
  return static_cast<std::size_t>(at - first);
}

/// One that has just closed goes behind the open ones. @returns where it is now
std::size_t move_behind_open(std::vector<active_incident>& incidents, std::size_t which) {
  auto to = which;
  for (; to + 1 < incidents.size() && incidents[to + 1].open; ++to)
    std::swap(incidents[to], incidents[to + 1]);
  return to;
}

/// Nothing will close them any more: the labels say what they have done.
void tell_what_stays_open(wake_frame& frame) {
  frame.now = std::max(frame.now, frame.step.last_emission);
  for (const auto& each : frame.lane.incidents)
    if (each.open)
      label_incident(frame, each, true);
}

} // namespace

moment wake_context::next(timestamp own_due) {
  auto& f = frame_;
  auto& incidents = f.lane.incidents;
  if (f.closed) {
    incidents.erase(incidents.begin() + static_cast<std::ptrdiff_t>(f.incident));
    f.closed = false;
  }
  if (++f.moments > most_moments)
    throw std::logic_error("an entity does not move on: more than 10,000,000 doings in one step");
  if (f.place.retuned && !f.told_of_retuning) {
    f.told_of_retuning = true;
    f.now = f.step.begin;
    return moment::retuned;
  }
  auto best = moment::due;
  auto time = f.resting ? never_due : own_due;
  // Ranked from last to first at one time, so that a later candidate wins a tie.
  if (f.next_message < f.place.inbox.size() && f.place.inbox[f.next_message].arrives <= time) {
    best = moment::message;
    time = f.place.inbox[f.next_message].arrives;
  }
  std::size_t which = 0;
  for (std::size_t i = incidents.size(); i-- > 0;)
    if (!incidents[i].open && incidents[i].order.start <= time) {
      best = moment::opened;
      time = incidents[i].order.start;
      which = i;
    }
  for (std::size_t i = incidents.size(); i-- > 0;)
    if (incidents[i].open && incidents[i].order.end <= time) {
      best = moment::closed;
      time = incidents[i].order.end;
      which = i;
    }
  if (time >= f.step.end) {
    if (open_count(incidents) > 0) {
      if (f.step.end < f.step.in->end())
        time = std::min(time, f.step.last_emission); // to be told of before the world ends
      else
        tell_what_stays_open(f);
    }
    f.place.due = time;
    f.over = true;
    return moment::over;
  }
  // What a failed step left behind is made up for at the begin of this one; time never goes back.
  f.now = std::max({f.now, time, f.step.begin});
  switch (best) {
  case moment::message:
    ++f.next_message;
    break;
  case moment::opened:
    incidents[which].open = true;
    label_incident(f, incidents[which]);
    f.incident = move_among_open(incidents, which);
    break;
  case moment::closed:
    incidents[which].open = false;
    label_incident(f, incidents[which]);
    f.incident = move_behind_open(incidents, which);
    f.closed = true;
    break;
  default:
    break;
  }
  return best;
}

std::span<active_incident> wake_context::incidents() noexcept {
  return std::span{frame_.lane.incidents}.first(open_count(frame_.lane.incidents));
}

void wake_context::end_incidents() noexcept {
  for (auto& each : incidents())
    each.order.end = frame_.now;
}

timestamp wake_context::now() const noexcept {
  return frame_.now;
}

const entity_message& wake_context::message() const noexcept {
  return frame_.place.inbox[frame_.next_message - 1];
}

active_incident& wake_context::incident() noexcept {
  return frame_.lane.incidents[frame_.incident];
}

const world& wake_context::world() const noexcept {
  return *frame_.step.in;
}

entity_ref wake_context::self() const noexcept {
  return frame_.self;
}

std::string_view wake_context::key(std::size_t which) const noexcept {
  return frame_.keys[which].text.view();
}

random_stream& wake_context::random() noexcept {
  return frame_.head->random;
}

const shared_view& wake_context::view() const noexcept {
  return *frame_.step.view;
}

tick_totals& wake_context::totals() noexcept {
  return frame_.lane.totals;
}

std::uint64_t wake_context::next_seq(topic where) const noexcept {
  return frame_.states[channel_of(frame_, where)].next_seq;
}

void wake_context::send(entity_ref to, std::int64_t amount, std::uint64_t reference) {
  new_message(to, entity_message::purpose::payment, reference).amount = amount;
}

void wake_context::complain(entity_ref to, std::uint64_t reference) {
  new_message(to, entity_message::purpose::complaint, reference);
}

entity_message& wake_context::new_message(entity_ref to, entity_message::purpose what, std::uint64_t reference) {
  auto& message = frame_.lane.sent.emplace_back();
  message.to = to;
  message.from = frame_.self;
  message.arrives = frame_.now + frame_.step.in->tick();
  message.seq = frame_.head->messages_sent++;
  message.what = what;
  message.reference = reference;
  return message;
}

event_writer& wake_context::open_event(topic where, timestamp device_time) {
  return open_message(frame_, channel_of(frame_, where), where, device_time);
}

std::uint64_t wake_context::close_event(timestamp emission) {
  auto& f = frame_;
  const auto& odds = *f.step.odds;
  if (!odds.any())
    return close_message(f, emission).seq;

  const auto where = f.open_topic;
  const auto device_time = f.open_time;
  constexpr auto purpose = number_of_name("trouble");
  const auto bits = draw(f.step.in->scenario().seed, purpose, where, f.step.in->population_number(f.self.population),
                         f.self.index, f.states[f.open_channel].next_seq);
  const auto kind = odds.of(bits);
  const auto more_bits = mix(bits + golden_step);
  if (kind == trouble_kind::missing_field) {
    const auto own_fields = f.writer.fields() - head_fields;
    if (own_fields > 0)
      f.writer.drop(head_fields + static_cast<std::size_t>(to_unit(more_bits) * static_cast<double>(own_fields)));
  }
  auto& made = close_message(f, emission);
  const auto seq = made.seq;
  if (kind == trouble_kind::none)
    return seq;

  const auto later = std::max(made.time, std::min(made.time + delay_of(kind, more_bits), f.step.last_emission));
  auto hit = made; // a copy: what follows makes the vector grow
  switch (kind) {
  case trouble_kind::late:
  case trouble_kind::out_of_order:
    made.time = later;
    break;
  case trouble_kind::malformed:
    damage(f, made, more_bits);
    break;
  case trouble_kind::duplicate: {
    auto copy = made;
    copy.time = later;
    copy.ordinal = f.head->ordinal++;
    copy.counts = false;
    f.lane.emissions.push_back(copy);
    break;
  }
  default:
    break;
  }
  label_trouble(f, kind, hit, where, device_time, later);
  return seq;
}

} // namespace throng::simulation
