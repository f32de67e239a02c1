#include "analytics/rekeyed_reader.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

#include <fmt/format.h>

#include "analytics/compiled_pipeline.hpp"

namespace throng::analytics {

namespace {

constexpr std::uint64_t schema_version = 1;
constexpr std::string_view meta_key = "rekeyed";
constexpr std::string_view waiting_prefix = "waiting/";
constexpr std::string_view second_prefix = "second/";
/// More than a topic has.
constexpr std::int32_t partitions_of_topic = 1 << 20;

} // namespace

rekeyed_reader::rekeyed_reader(std::shared_ptr<const pipeline_plan> plan, std::int32_t partition,
                               const std::vector<source_partition>& sources)
    : plan_(std::move(plan))
    , topic_(internal_topic(plan_->definition().name))
    , partition_(partition)
    , definition_(definition_number(*plan_))
    , engine_(std::make_unique<engine>(plan_->compiled().behind_rekey, topic_, partition))
    , join_(plan_->definition().join ? &*plan_->definition().join : nullptr)
    , fields_(join_ != nullptr ? std::make_unique<joined_fields>(*join_) : nullptr) {
  for (const auto& each : sources) {
    sources_.try_emplace(each);
    topics_.insert(each.topic);
  }
}

const std::string& rekeyed_reader::owner() const {
  return plan_->definition().name;
}

const std::string& rekeyed_reader::definition() const {
  return plan_->hash();
}

std::vector<input_change> rekeyed_reader::use(const std::vector<std::shared_ptr<const lookup_table>>& latest) {
  return engine_->use(latest);
}

std::int64_t rekeyed_reader::next_offset() const {
  return next_offset_;
}

timestamp rekeyed_reader::watermark() const {
  return engine_->watermark();
}

const task_counters& rekeyed_reader::counters() const {
  counters_ = engine_->counters();
  counters_.consumed = consumed_;
  counters_.alerts += at_end_.alerts;
  counters_.late += at_end_.late;
  counters_.not_fed += at_end_.not_fed;
  counters_.written += at_end_.written;
  return counters_;
}

expected<void> rekeyed_reader::take(const raw_message& message, effects& out) {
  assert(message.offset >= next_offset_);
  next_offset_ = message.offset + 1;
  ++consumed_;
  if (!message.value)
    return {};
  auto before = out.documents.size();
  auto what = from_bytes(*message.value);
  if (what.definition == definition_)
    if (auto accepted = accept(what, message, out); !accepted)
      return accepted;
  if (inexact_)
    mark_inexact(out, before);
  return {};
}

expected<void> rekeyed_reader::accept(const rekeyed_message& what, const raw_message& message, effects& out) {
  const auto offset = message.offset;
  auto& source = sources_[{std::string{what.topic}, what.partition}];
  if (!what.carried) {
    // A mark repeats nothing and may itself be repeated. Its place says that all before it has been sent.
    if (what.begins && what.place.offset > source.accepted.offset)
      return fail(error_kind::conflict,
                  fmt::format("{} {} offset {}: {} partition {} goes on at offset {}, but what it sent before is "
                              "here only up to {}: the messages between are gone; --reset starts over",
                              topic_, partition_, offset, what.topic, what.partition, what.place.offset + 1,
                              source.accepted.offset));
    source.accepted = std::max(source.accepted, what.place);
    source.watermark = std::max(source.watermark, what.watermark);
    source.idle = what.idle;
    release(out);
    return {};
  }
  if (what.place <= source.accepted) {
    ++repeats_;
    return {};
  }
  source.accepted = what.place;
  source.idle = false;
  source.watermark = std::max(source.watermark, what.watermark);
  auto at = order_of(what);
  waiting_event event{std::string{*message.value}};
  if (join_ != nullptr)
    event.key = message.key.value_or("");
  if (join_ != nullptr && what.topic == join_->with)
    wait(second_, std::move(at), std::move(event));
  else if (std::get<0>(at) < engine_->watermark().ms)
    take_in(*engine_, at, event, offset, true, out); // of a partition that was idle
  else
    wait(waiting_, std::move(at), std::move(event));
  if (waiting() > plan_->definition().max_state)
    return fail(
        error_kind::exhausted,
        fmt::format(
            "{} partition {} offset {}: {} events wait for the slowest of the partitions that are re-keyed, and {}'s "
            "max_state is {}: raise it, or see why one of them stands still",
            topic_, partition_, offset, waiting(), owner(), plan_->definition().max_state));
  if (what.carried->time >= what.watermark)
    source.watermark = std::max(source.watermark, what.carried->time - plan_->definition().disorder);
  release(out);
  return {};
}

rekeyed_reader::order rekeyed_reader::order_of(const rekeyed_message& what) {
  return {std::max(what.carried->time, what.watermark).ms, std::string{what.topic}, what.partition, what.place.offset,
          what.place.index};
}

timestamp rekeyed_reader::least_watermark() const {
  auto least = timestamp{INT64_MAX};
  auto greatest = watermark::none;
  for (const auto& [which, source] : sources_) {
    greatest = std::max(greatest, source.watermark);
    if (!source.idle)
      least = std::min(least, source.watermark);
  }
  return std::min(least, greatest); // all idle: as far as any has come
}

void rekeyed_reader::wait(waiting_events& among, order at, waiting_event&& what) {
  auto [place, is_new] = among.emplace(std::move(at), std::move(what));
  if (is_new && &among == &second_)
    second_by_key_[place->second.key].emplace(place->first, &place->second);
}

void rekeyed_reader::release(effects& out) {
  const auto least = least_watermark();
  if (least == watermark::none)
    return;
  // Of a join, what may meet an event before this is there.
  const auto reached = join_ != nullptr ? least - join_->within : least;
  if (reached <= engine_->watermark())
    return;
  inexact_ = inexact_ || std::any_of(sources_.begin(), sources_.end(),
                                     [&](const auto& x) { return x.second.idle && x.second.watermark < least; });
  while (!waiting_.empty() && std::get<0>(waiting_.begin()->first) < reached.ms) {
    auto next = waiting_.extract(waiting_.begin());
    if (next.mapped().saved)
      gone_.push_back(entry_key(waiting_prefix, next.key()));
    take_in(*engine_, next.key(), next.mapped(), next_offset_ - 1, true, out);
  }
  engine_->advance_to(reached, next_offset_ - 1, out);
  // No event of the first topic that reaches these is left, nor comes.
  while (!second_.empty() && std::get<0>(second_.begin()->first) < (reached - join_->within).ms) {
    auto next = second_.extract(second_.begin());
    if (next.mapped().saved)
      gone_.push_back(entry_key(second_prefix, next.key()));
    auto of_key = second_by_key_.find(next.mapped().key);
    of_key->second.erase(next.key());
    if (of_key->second.empty())
      second_by_key_.erase(of_key);
  }
}

void rekeyed_reader::take_in(engine& into, const order& at, const waiting_event& event, std::int64_t offset,
                             bool in_order, effects& out) {
  const auto what = from_bytes(event.bytes);
  if (join_ == nullptr) {
    feed(into, what, offset, in_order, what.place.index, {}, out);
    return;
  }
  std::uint32_t matches = 0;
  if (auto near = second_by_key_.find(event.key); near != second_by_key_.end()) {
    const auto time = std::get<0>(at);
    const auto within = join_->within.count();
    for (auto each = near->second.lower_bound({time - within, {}, INT32_MIN, INT64_MIN, 0});
         each != near->second.end() && std::get<0>(each->first) <= time + within; ++each)
      feed(into, what, offset, in_order, matches++, fields_->of(from_bytes(each->second->bytes).carried->value), out);
  }
  if (matches == 0 && join_->left)
    feed(into, what, offset, in_order, 0, fields_->none(), out);
}

void rekeyed_reader::feed(engine& into, const rekeyed_message& what, std::int64_t offset, bool in_order,
                          std::uint32_t index, std::string_view more, effects& out) {
  const auto& event = *what.carried;
  // A late event may open a window before every partition has told how far it is. No event is older than 1970, so that this
  // says nothing, but to the engine: open windows have a watermark.
  if (into.watermark() == watermark::none)
    into.advance_to(least_timestamp, offset, out);
  const auto at = std::max({event.time, what.watermark, into.watermark()});
  if (in_order)
    into.advance_to(at, offset, out);
  const rekeyed_origin from{what.topic, what.partition, what.place.offset, index, at, source_number(what)};
  raw_message raw;
  raw.offset = offset;
  raw.timestamp_ms = event.timestamp_ms;
  raw.key = event.key;
  if (event.added.empty() && more.empty()) {
    raw.value = event.value;
  } else {
    members_.assign(event.added);
    if (!members_.empty() && !more.empty())
      members_ += ',';
    members_ += more;
    join_members(event.value, members_, joined_);
    raw.value = joined_;
  }
  raw.from = &from;
  into.take(raw, out);
}

/// A number that orders sources as (topic, partition) does. More partitions don't change it: states hold it.
std::int32_t rekeyed_reader::source_number(const rekeyed_message& what) const {
  auto topic = std::distance(topics_.begin(), topics_.lower_bound(what.topic));
  return static_cast<std::int32_t>(topic) * partitions_of_topic + what.partition;
}

void rekeyed_reader::mark_inexact(effects& out, std::size_t from) const {
  for (auto i = from; i < out.documents.size(); ++i)
    out.documents[i].body["exact"] = false;
}

void rekeyed_reader::skip_poison(const raw_message& message, std::string_view why, effects& out) {
  next_offset_ = message.offset + 1;
  ++consumed_;
  out.messages.push_back(dead_letter_of({owner(), topic_, partition_}, message,
                                        engine_->watermark() == watermark::none ? timestamp{0} : engine_->watermark(),
                                        "poison", why));
}

void rekeyed_reader::emit_open(effects& out) {
  auto before = out.documents.size();
  engine_->emit_open(out);
  if (inexact_)
    mark_inexact(out, before);
}

void rekeyed_reader::emit_at_end(effects& out) {
  auto before = out.documents.size();
  // What late events have changed is written first: with the checkpoint that follows it would replace what the copy says.
  engine_->before_checkpoint(out);
  // A whole save takes the changes away that the next delta is to hold.
  engine_->save(true, [&](state_entry&& each) { unsaved_.push_back(std::move(each)); });
  std::vector<state_entry> state;
  engine_->save(false, [&](state_entry&& each) { state.push_back(std::move(each)); });
  engine copy{plan_->compiled().behind_rekey, topic_, partition_};
  copy.restore(state);
  for (const auto& [at, waits] : waiting_)
    take_in(copy, at, waits, next_offset_ - 1, false, out); // no window is final for it
  copy.emit_open(out);
  at_end_.alerts = copy.counters().alerts - engine_->counters().alerts;
  at_end_.late = copy.counters().late - engine_->counters().late;
  at_end_.not_fed = copy.counters().not_fed - engine_->counters().not_fed;
  at_end_.written = copy.counters().written - engine_->counters().written;
  open_at_end_ = copy.open_results();
  if (inexact_)
    mark_inexact(out, before);
}

std::uint64_t rekeyed_reader::open_results() const {
  return open_at_end_.value_or(engine_->open_results());
}

void rekeyed_reader::before_checkpoint(effects& out) {
  auto before = out.documents.size();
  engine_->before_checkpoint(out);
  if (inexact_)
    mark_inexact(out, before);
}

std::string rekeyed_reader::entry_value(const waiting_event& of) const {
  if (join_ == nullptr)
    return of.bytes;
  std::string bytes;
  byte_writer out{bytes};
  out.text(of.key);
  bytes += of.bytes;
  return bytes;
}

void rekeyed_reader::restore_waiting(waiting_events& among, std::string_view bytes) {
  waiting_event made{{}, true};
  if (join_ != nullptr) {
    byte_reader in{bytes};
    made.key = in.text();
    bytes = in.rest();
  }
  auto what = from_bytes(bytes);
  if (!what.carried)
    throw corrupt_state{"a mark among the events that wait"};
  made.bytes = bytes;
  wait(among, order_of(what), std::move(made));
}

std::string rekeyed_reader::entry_key(std::string_view prefix, const order& at) {
  const auto& [time, topic, partition, offset, index] = at;
  return fmt::format("{}{}/{}/{}/{}/{}", prefix, time, partition, offset, index, topic);
}

std::string rekeyed_reader::meta() const {
  std::string bytes;
  byte_writer out{bytes};
  out.varint(schema_version);
  out.i64(next_offset_);
  out.u8(inexact_ ? 1 : 0);
  out.varint(consumed_);
  out.varint(repeats_);
  out.varint(sources_.size());
  for (const auto& [which, state] : sources_) {
    out.text(which.topic);
    out.varint(static_cast<std::uint64_t>(which.partition));
    out.i64(state.accepted.offset);
    out.varint(state.accepted.index);
    out.i64(state.watermark.ms);
    out.u8(state.idle ? 1 : 0);
  }
  return bytes;
}

void rekeyed_reader::restore_meta(std::string_view bytes) {
  byte_reader in{bytes};
  if (in.varint() != schema_version)
    throw corrupt_state{"a re-keyed reader's state of another version"};
  next_offset_ = in.i64();
  inexact_ = in.u8() != 0;
  consumed_ = in.varint();
  repeats_ = in.varint();
  for (auto left = in.varint(); left > 0; --left) {
    source_partition which{std::string{in.text()}, 0};
    which.partition = static_cast<std::int32_t>(in.varint());
    auto& state = sources_[which];
    state.accepted.offset = in.i64();
    state.accepted.index = static_cast<std::uint32_t>(in.varint());
    state.watermark = {in.i64()};
    state.idle = in.u8() != 0;
  }
  if (!in.at_end())
    throw corrupt_state{"a re-keyed reader's state that is too long"};
}

void rekeyed_reader::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  put({std::string{meta_key}, meta()});
  if (only_changes)
    for (auto& each : gone_)
      put({std::move(each), std::nullopt});
  gone_.clear();
  auto put_waiting = [&](std::string_view prefix, waiting_events& all) {
    for (auto& [at, waits] : all) {
      if (!only_changes || !waits.saved)
        put({entry_key(prefix, at), entry_value(waits)});
      waits.saved = true;
    }
  };
  put_waiting(waiting_prefix, waiting_);
  put_waiting(second_prefix, second_);
  if (only_changes)
    for (auto& each : unsaved_)
      put(std::move(each));
  unsaved_.clear();
  engine_->save(only_changes, put);
}

void rekeyed_reader::restore(const std::vector<state_entry>& entries) {
  std::vector<state_entry> inner;
  std::map<std::string_view, std::string_view> waits;
  for (const auto& entry : entries) {
    if (entry.key == meta_key) {
      restore_meta(entry.value.value_or(""));
    } else if (!entry.key.starts_with(waiting_prefix) && !entry.key.starts_with(second_prefix)) {
      inner.push_back(entry);
    } else if (entry.value) {
      waits[entry.key] = *entry.value;
    } else {
      waits.erase(entry.key);
    }
  }
  engine_->restore(inner);
  for (const auto& [key, bytes] : waits)
    restore_waiting(key.starts_with(second_prefix) ? second_ : waiting_, bytes);
}

std::unique_ptr<partition_task> make_rekeyed_reader(std::shared_ptr<const pipeline_plan> plan, std::int32_t partition,
                                                    const std::vector<source_partition>& sources) {
  return std::make_unique<rekeyed_reader>(std::move(plan), partition, sources);
}

} // namespace throng::analytics
