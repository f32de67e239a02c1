#include "analytics/rekeyer.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "analytics/codec.hpp"
#include "analytics/compiled_pipeline.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/rekeyed_message.hpp"
#include "config/murmur2.hpp"

namespace throng::analytics {

namespace {

constexpr std::uint64_t schema_version = 1;
constexpr std::string_view meta_key = "meta";
/// Of event time between two marks where the disorder is 0.
constexpr milliseconds least_step{1'000};

/// A computed value as a member of JSON. What is absent but hides a member of the message is written as a number too large for a
/// double, which the decoder takes for absent.
void append_member(std::string& out, std::string_view name, const value& x) {
  if (!out.empty())
    out += ',';
  append_json_string(out, name);
  out += ':';
  if (x.kind() == value_kind::missing)
    out += "1e999";
  else
    append_json(out, x);
}

} // namespace

std::uint64_t definition_number(const pipeline_plan& plan) {
  std::uint64_t number = 0;
  std::from_chars(plan.hash().data(), plan.hash().data() + 16, number, 16);
  return number;
}

rekeyer::rekeyer(std::shared_ptr<const pipeline_plan> plan, std::string topic, std::int32_t partition,
                 std::int32_t targets, std::shared_ptr<const pipeline_plan> whole)
    : plan_(std::move(plan))
    , whole_(std::move(whole))
    , compiled_(&plan_->compiled())
    , who_{plan_->definition().name, std::move(topic), partition}
    , owner_(rekeyer_owner(who_.pipeline, who_.topic))
    , definition_(definition_number(*whole_))
    , targets_(targets)
    , decoder_(plan_->definition(), compiled_->fields)
    , enricher_(compiled_->enrich)
    , watermark_(plan_->definition().disorder) {}

const std::string& rekeyer::owner() const {
  return owner_;
}

const std::string& rekeyer::definition() const {
  return whole_->hash();
}

std::int64_t rekeyer::next_offset() const {
  return next_offset_;
}

timestamp rekeyer::watermark() const {
  return watermark_.current();
}

const task_counters& rekeyer::counters() const {
  return counters_;
}

std::vector<input_change> rekeyer::use(const lookup_tables& latest) {
  return enricher_.use(latest);
}

void rekeyer::count_message(const raw_message& message) {
  ++counters_.consumed;
  next_offset_ = message.offset + 1;
}

expected<void> rekeyer::take(const raw_message& message, effects& out) {
  assert(message.offset >= next_offset_);
  announce(out);
  if (!message.value) {
    ++counters_.tombstones;
    count_message(message);
    return {};
  }
  if (auto dead = decoder_.decode(*message.value, {message.offset, message.timestamp_ms}, event_)) {
    reject(message, to_string(dead->reason), dead->detail, out);
    return {};
  }
  if (!compiled_->where || compiled_->where->matches(event_))
    send(message, out);
  else {
    ++counters_.dropped;
    count_message(message);
  }
  watermark_.observe(event_.time);
  const auto disorder = plan_->definition().disorder;
  if (marked_ == watermark::none || watermark_.current() - marked_ >= (disorder.count() > 0 ? disorder : least_step))
    mark(news::progress, out);
  return {};
}

void rekeyer::send(const raw_message& message, effects& out) {
  enricher_.apply(event_);
  for (const auto& derived : compiled_->derive) {
    bool type_error = false;
    event_.slots[derived.into] = derived.from.evaluate(event_, type_error);
    counters_.type_errors += type_error ? 1 : 0;
  }
  const auto& name = plan_->definition().rekey;
  const auto& key = event_.slots[*compiled_->rekey];
  if (key.kind() != value_kind::text && !key.is_number()) {
    std::string shown;
    append_json(shown, key);
    reject(message, "no_key",
           key.is_nothing()
               ? fmt::format("`{}`, the key of rekey, is {}.", name, key.kind() == value_kind::null ? "null" : "absent")
               : fmt::format("`{}`, the key of rekey, is {:.60}: a key is text or a number.", name, shown),
           out);
    return;
  }
  count_message(message);
  std::string key_text;
  if (key.kind() == value_kind::text)
    key_text = key.text();
  else
    append_canonical(key_text, key);
  std::string added;
  for (slot i = 0; i < compiled_->fields.size(); ++i)
    if (compiled_->fields.computed(i))
      append_member(added, compiled_->fields.path(i), event_.slots[i]);

  auto& sent = add_message(partition_of(key_text, targets_), out);
  rekeyed_message travels;
  travels.definition = definition_;
  travels.topic = who_.topic;
  travels.partition = who_.partition;
  travels.place = {message.offset, 0};
  travels.watermark = watermark_.current();
  travels.carried = {event_.time, message.timestamp_ms, message.key, *message.value, added};
  sent.value = to_bytes(travels);
  sent.key = std::move(key_text);
  sent.time = event_.time;
}

void rekeyer::announce(effects& out) {
  if (std::exchange(restored_, false))
    mark(news::begin, out);
}

void rekeyer::mark(news which, effects& out) {
  marked_ = watermark_.current();
  marked_to_ = next_offset_;
  rekeyed_message travels;
  travels.definition = definition_;
  travels.topic = who_.topic;
  travels.partition = who_.partition;
  travels.place = {next_offset_ - 1, UINT32_MAX};
  travels.watermark = marked_;
  travels.idle = which == news::idle;
  travels.begins = which == news::begin;
  for (std::int32_t target = 0; target < targets_; ++target) {
    auto& sent = add_message(target, out);
    sent.value = to_bytes(travels);
    sent.time = watermark_.highest() == watermark::none ? timestamp{0} : watermark_.highest();
  }
}

side_message& rekeyer::add_message(std::int32_t target, effects& out) const {
  auto& sent = out.messages.emplace_back();
  sent.topic = internal_topic(who_.pipeline);
  sent.partition = target;
  return sent;
}

void rekeyer::reject(const raw_message& message, std::string_view reason, std::string_view detail, effects& out) {
  count_message(message);
  ++counters_.dead_letters;
  auto highest = watermark_.highest();
  auto at = message.timestamp_ms >= 0    ? timestamp{message.timestamp_ms}
            : highest == watermark::none ? timestamp{0}
                                         : highest;
  out.messages.push_back(dead_letter_of(who_, message, at, reason, detail));
}

void rekeyer::skip_poison(const raw_message& message, std::string_view why, effects& out) {
  assert(message.offset >= next_offset_);
  announce(out);
  reject(message, to_string(dead_reason::poison), why, out);
}

void rekeyer::emit_open(effects& out) {
  announce(out);
  mark(plan_->definition().idle_advances ? news::idle : news::progress, out);
}

void rekeyer::emit_at_end(effects& out) {
  announce(out);
  mark(news::progress, out);
}

void rekeyer::caught_up(effects& out) {
  announce(out);
  if (marked_ != watermark_.current())
    mark(news::progress, out);
}

void rekeyer::before_checkpoint(effects& out) {
  announce(out);
  // Also where the watermark stands still: a reader that has this mark has all before.
  if (marked_to_ != next_offset_ || marked_ != watermark_.current())
    mark(news::progress, out);
}

void rekeyer::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  std::string bytes;
  byte_writer out{bytes};
  out.varint(schema_version);
  out.i64(next_offset_);
  out.i64(watermark_.highest().ms);
  out.i64(marked_.ms);
  for (auto count :
       {counters_.consumed, counters_.dropped, counters_.tombstones, counters_.dead_letters, counters_.type_errors})
    out.varint(count);
  put({std::string{meta_key}, std::move(bytes)});
  enricher_.save(only_changes, put);
}

void rekeyer::restore(const std::vector<state_entry>& entries) {
  std::map<std::string_view, std::string_view> latest;
  for (const auto& entry : entries)
    if (entry.value)
      latest[entry.key] = *entry.value;
  for (const auto& [key, bytes] : latest) {
    if (key == meta_key) {
      restored_ = true;
      byte_reader in{bytes};
      if (in.varint() != schema_version)
        throw corrupt_state{"a re-keyer's state of another version"};
      next_offset_ = in.i64();
      watermark_.restore({in.i64()});
      marked_ = {in.i64()};
      marked_to_ = next_offset_;
      for (auto* count : {&counters_.consumed, &counters_.dropped, &counters_.tombstones, &counters_.dead_letters,
                          &counters_.type_errors})
        *count = in.varint();
      if (!in.at_end())
        throw corrupt_state{"a re-keyer's state that is too long"};
      continue;
    }
    std::size_t index = 0;
    auto [end, wrong] =
        std::from_chars(key.data() + std::min<std::size_t>(2, key.size()), key.data() + key.size(), index);
    if (!key.starts_with("e/") || wrong != std::errc{} || index >= enricher_.size())
      throw corrupt_state{"an entry that no re-keyer writes"};
    enricher_.restore(index, bytes);
  }
}

std::unique_ptr<partition_task> make_rekeyer(std::shared_ptr<const pipeline_plan> plan, std::string topic,
                                             std::int32_t partition, std::int32_t targets) {
  const auto& second = plan->compiled().second;
  auto of_topic = second != nullptr && topic == second->definition().source ? second : plan;
  return std::make_unique<rekeyer>(std::move(of_topic), std::move(topic), partition, targets, std::move(plan));
}

} // namespace throng::analytics
