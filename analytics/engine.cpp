#include "analytics/engine.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace throng::analytics {

namespace {

/// Of the state's entries. Raised when an older program's state can't be read any more.
/// 2: windows are kept by panes; a window of 1 is carried on as it stands (pane_windows). 3: counts what it has written to topics.
/// 4: look-backs over the same events are kept together; those of before are put together. 5: windows share panes (pane_windows); learners keep
/// events that rang. 6: alarms that are not over stand behind the states of their series and rules; of those before, none is known.
constexpr std::uint64_t schema_version = 6;
constexpr std::uint64_t oldest_schema = 1;
constexpr std::uint64_t counts_written = 3;
constexpr std::string_view meta_key = "meta";

} // namespace

engine::engine(std::shared_ptr<const pipeline_plan> plan, std::string topic, std::int32_t partition)
    : plan_(std::move(plan))
    , compiled_(&plan_->compiled())
    , who_{plan_->definition().name, std::move(topic), partition,
           plan_->definition().source.starts_with(internal_topic_prefix)}
    , decoder_(plan_->definition(), compiled_->fields)
    , enricher_(compiled_->enrich)
    , watermark_(plan_->definition().disorder)
    , rules_(compiled_->rules, compiled_->windows, plan_->definition().key, who_, entities_)
    , writes_windows_(std::any_of(compiled_->windows.begin(), compiled_->windows.end(),
                                  [](const window_plan& each) { return !each.to.empty(); })) {
  for (const auto& group : compiled_->groups)
    groups_.emplace_back(group);
  group_now_.resize(groups_.size());
  windows_ = make_windows(compiled_->windows, who_, groups_);
  for (std::size_t i = 0; i < compiled_->look_backs.size(); ++i)
    look_backs_.emplace_back(compiled_->look_backs[i], fmt::format("h/{}/", i), entities_);
  if (compiled_->graph)
    graph_.emplace(*compiled_->graph, "g/0/");
  for (std::size_t i = 0; i < compiled_->detectors.size(); ++i)
    series_.emplace_back(*compiled_->detectors[i].watching, fmt::format("d/{}/", i), entities_);
  for (std::size_t i = 0; i < compiled_->models.size(); ++i)
    models_.emplace_back(compiled_->models[i], fmt::format("m/{}/", i), who_, entities_);
  for (std::size_t i = 0; i < compiled_->learners.size(); ++i)
    learners_.emplace_back(compiled_->learners[i], fmt::format("l/{}/", i), who_, entities_);
  for (std::size_t i = 0; i < compiled_->peers.size(); ++i)
    peers_.emplace_back(compiled_->peers[i], fmt::format("p/{}/", i), who_);
}

const std::string& engine::owner() const {
  return who_.pipeline;
}

const std::string& engine::definition() const {
  return plan_->hash();
}

std::vector<input_change> engine::use(const lookup_tables& latest) {
  return enricher_.use(latest);
}

std::int64_t engine::next_offset() const {
  return next_offset_;
}

timestamp engine::watermark() const {
  return watermark_.current();
}

const task_counters& engine::counters() const {
  return counters_;
}

void engine::count_message(const raw_message& message) {
  ++counters_.consumed;
  // Several re-keyed events come in with one message.
  next_offset_ = message.from != nullptr ? message.offset : message.offset + 1;
}

void engine::write_open_alarms(effects& out) {
  for (const auto& each : series_)
    each.write_open(out);
  for (const auto& each : peers_)
    each.write_open(out);
  rules_.write_open(out);
}

expected<void> engine::take(const raw_message& message, effects& out) {
  assert(message.offset >= next_offset_);
  if (std::exchange(restored_, false))
    write_open_alarms(out);
  if (!message.value) {
    ++counters_.tombstones;
    count_message(message);
    return {};
  }
  if (auto dead = decoder_.decode(*message.value, {message.offset, message.timestamp_ms}, event_)) {
    reject(message, to_string(dead->reason), dead->detail, out);
    return {};
  }
  // A re-keyed event carries the key that it had before.
  if (plan_->needs_matching_key() && message.from == nullptr && message.key && *message.key != event_.key)
    return fail(
        error_kind::invalid,
        fmt::format(
            "{} partition {} offset {}: the Kafka key is not the pipeline's key, {}; features and detectors need all "
            "of an entity's events in one partition: put a `rekey` before them in {}",
            who_.topic, who_.partition, message.offset, plan_->definition().key, who_.pipeline));
  count_message(message);
  from_ = message.from;
  event_.origin.source = from_ != nullptr ? from_->source : who_.partition;
  event_.origin.source_offset = from_ != nullptr ? from_->offset : message.offset;
  const auto before = message.from != nullptr ? message.from->watermark : watermark_.current();
  if (!compiled_->where || compiled_->where->matches(event_))
    analyse(message, before, out);
  else
    ++counters_.dropped;
  if (message.from == nullptr)
    advance_to(event_.time - plan_->definition().disorder, message.offset, out);
  // Not each time: the count walks over all windows and look-backs, and a few entries more do not matter.
  constexpr std::int64_t counted_every = 64;
  if (message.offset % counted_every != 0)
    return {};
  if (auto held = remembered(); held > plan_->definition().max_state)
    return fail(
        error_kind::exhausted,
        fmt::format("{} partition {} offset {}: {} remembers {} entries, and its max_state is {}: raise it, or group "
                    "by fewer values, shorten windows, lateness, look-backs or `forget`",
                    who_.topic, who_.partition, message.offset, who_.pipeline, held, plan_->definition().max_state));
  return {};
}

void engine::advance_to(timestamp watermark, std::int64_t offset, effects& out) {
  event_.origin.offset = offset;
  const auto before = watermark_.current();
  watermark_.observe(watermark + plan_->definition().disorder);
  if (auto after = watermark_.current(); after != before)
    advance(before, after, out);
}

std::size_t engine::remembered() const {
  auto n = rules_.size();
  for (const auto& each : windows_.sets)
    n += each.set->size();
  for (const auto& each : look_backs_)
    n += each.events();
  n += graph_ ? graph_->payments() : 0;
  for (const auto& each : series_)
    n += each.size();
  for (const auto& each : models_)
    n += each.size();
  for (const auto& each : learners_)
    n += each.size();
  for (const auto& each : peers_)
    n += each.size();
  return n;
}

void engine::analyse(const raw_message& message, timestamp watermark, effects& out) {
  enricher_.apply(event_);
  for (const auto& derived : compiled_->derive) {
    bool type_error = false;
    event_.slots[derived.into] = derived.from.evaluate(event_, type_error);
    counters_.type_errors += type_error ? 1 : 0;
  }
  if (!compiled_->by_entity()) {
    send_on(message, out);
    into_windows(message, watermark, out);
    return;
  }
  // An event older than the watermark gets no features: windows find them missing.
  const auto fed = event_.time >= watermark;
  text_ids::id entity = 0;
  if (fed) {
    entity = entities_.intern(event_.key);
    entities_.hold(entity);
    for (int step = 0; step < 4; ++step)
      for (const auto& each : look_backs_)
        each.near(entity, step);
    for (auto& each : look_backs_)
      each.observe(event_, entity, watermark);
    if (graph_)
      graph_->observe(event_, watermark);
  } else {
    ++counters_.not_fed;
  }
  send_on(message, out);
  into_windows(message, watermark, out);
  if (fed) {
    const auto before = counters_.alerts;
    detect(entity, watermark, out);
    counters_.alerts += rules_.observe(event_, entity, from_, out);
    if (counters_.alerts > before)
      for (auto& each : learners_)
        each.rang();
    entities_.release(entity);
  }
}

void engine::into_windows(const raw_message& message, timestamp watermark, effects& out) {
  if (windows_.sets.empty())
    return;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    group_now_[i] = groups_[i].of(event_);
    groups_[i].hold(group_now_[i]);
  }
  window_set::placing placed;
  for (auto& each : windows_.sets) {
    auto one = each.set->add(event_, group_now_[each.group], watermark, out);
    placed.left_out += one.left_out;
    placed.taken += one.taken;
  }
  for (std::size_t i = 0; i < groups_.size(); ++i)
    groups_[i].release(group_now_[i]);
  counters_.late_by_window += placed.left_out;
  if (placed.taken > 0 || placed.left_out == 0)
    return;
  ++counters_.late;
  auto& sent = out.messages.emplace_back();
  sent.topic = "analytics.late";
  sent.key = message.key ? *message.key : std::string_view{event_.key};
  sent.value = *message.value;
  sent.time = event_.time;
  sent.headers =
      passed_on_headers(who_.pipeline, place_of(who_, message.offset, message.from), sent.topic, "late",
                        fmt::format("its time is {}, and the watermark, {}, has made every window with it final",
                                    to_iso8601(event_.time), to_iso8601(watermark)));
}

void engine::send_on(const raw_message& message, effects& out) {
  if (!compiled_->output)
    return;
  std::string text;
  text.reserve(message.value->size());
  counters_.type_errors += write_event(*compiled_->output, event_, *message.value, text);
  out.messages.push_back(
      output_message(who_, *compiled_->output, place_of(who_, message.offset, message.from), event_, std::move(text)));
  ++counters_.written;
}

void engine::send_windows(std::size_t first, effects& out) {
  for (auto i = first; i < out.documents.size(); ++i) {
    const auto& each = out.documents[i];
    if (each.into != collection::windows || each.superseded || !each.body.at("final").get_bool())
      continue;
    for (const auto& window : compiled_->windows)
      if (!window.to.empty() && each.body.at("window").get_string() == window.name) {
        out.messages.push_back(window_message(who_, window.to, plan_->definition().key, each));
        ++counters_.written;
      }
  }
}

taught_threshold engine::taught(config::feedback by, std::string_view detector) const {
  const auto* table = compiled_->thresholds ? enricher_.in_use(*compiled_->thresholds) : nullptr;
  return table == nullptr || table->size() == 0 || by == config::feedback::off ? taught_threshold{}
                                                                               : taught_threshold{table, by, detector};
}

void engine::detect(text_ids::id entity, timestamp watermark, effects& out) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const auto& plan = compiled_->detectors[i];
    const auto& x = event_.slots[plan.from];
    if (x.is_nothing())
      continue;
    const auto at_least = taught(plan.taught, plan.name).of(event_.key, event_.time);
    const auto [said, series] = series_[i].observe(entity, event_.time, x, at_least, event_.origin.offset, out);
    if (!said.alarm)
      continue;
    auto why = series->explain(plan.field);
    if (at_least > 0)
      why.evidence["taught_threshold"] = at_least;
    raise_alert({plan.name,
                 event_.key,
                 event_.time,
                 plan.watching->severity(),
                 said.score,
                 std::move(why.reason),
                 std::move(why.evidence),
                 event_.origin.offset,
                 {},
                 from_},
                out);
    series_[i].opened(entity, event_.time, x, said, out.documents.back());
  }
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const auto& plan = compiled_->models[i];
    counters_.alerts += models_[i].observe(event_, entity, taught(plan.feedback, plan.name), from_, out) ? 1 : 0;
  }
  for (std::size_t i = 0; i < learners_.size(); ++i) {
    const auto& plan = compiled_->learners[i];
    counters_.alerts += learners_[i].observe(event_, entity, watermark, enricher_.in_use(plan.table),
                                             taught(plan.feedback, plan.name), from_, out)
                            ? 1
                            : 0;
  }
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const auto& plan = compiled_->peers[i];
    counters_.alerts += peers_[i].observe(event_, watermark, taught(plan.feedback, plan.name), from_, out) ? 1 : 0;
  }
}

void engine::raise_alert(alert&& what, effects& out) {
  ++counters_.alerts;
  raise(who_, std::move(what), out);
}

void engine::advance(timestamp from, timestamp to, effects& out) {
  const auto first = out.documents.size();
  for (auto& window : windows_.sets)
    window.set->advance(from, to, out);
  for (auto& each : look_backs_)
    each.expire(to);
  if (graph_)
    graph_->expire(to);
  for (auto& each : series_)
    each.expire(to, event_.origin.offset, out);
  for (auto& each : models_)
    each.expire(to);
  for (std::size_t i = 0; i < learners_.size(); ++i)
    learners_[i].advance(to, enricher_.in_use(compiled_->learners[i].table));
  for (auto& each : peers_)
    each.expire(to, event_.origin.offset, out);
  if (writes_windows_)
    send_windows(first, out);
  counters_.alerts += rules_.advance(to, first, event_.origin.offset, out);
}

void engine::reject(const raw_message& message, std::string_view reason, std::string_view detail, effects& out) {
  count_message(message);
  ++counters_.dead_letters;
  // Its own time can't be known: Kafka's, or else as far as the partition has come.
  auto highest = watermark_.highest();
  auto time = message.timestamp_ms >= 0    ? timestamp{message.timestamp_ms}
              : highest == watermark::none ? timestamp{0}
                                           : highest;
  out.messages.push_back(dead_letter_of(who_, message, time, reason, detail));
}

void engine::skip_poison(const raw_message& message, std::string_view why, effects& out) {
  assert(message.offset >= next_offset_);
  reject(message, to_string(dead_reason::poison), why, out);
}

void engine::emit_open(effects& out) {
  for (auto& window : windows_.sets)
    window.set->write_changed(false, watermark_.current(), out);
}

std::uint64_t engine::open_results() const {
  std::uint64_t sum = 0;
  for (const auto& window : windows_.sets)
    sum += window.set->results();
  return sum;
}

void engine::before_checkpoint(effects& out) {
  for (auto& window : windows_.sets)
    window.set->write_changed(true, watermark_.current(), out);
}

std::string engine::meta() const {
  std::string bytes;
  byte_writer out{bytes};
  out.varint(schema_version);
  out.i64(next_offset_);
  out.i64(watermark_.highest().ms);
  for (auto counter : task_counters::all())
    out.varint(counters_.*counter);
  return bytes;
}

void engine::restore_meta(std::string_view bytes) {
  byte_reader in{bytes};
  const auto version = in.varint();
  if (version < oldest_schema || version > schema_version)
    throw corrupt_state{fmt::format("state of schema version {}, where this program reads {} to {}", version,
                                    oldest_schema, schema_version)};
  next_offset_ = in.i64();
  watermark_.restore({in.i64()});
  for (auto counter : task_counters::all())
    if (counter != &task_counters::written || version >= counts_written)
      counters_.*counter = in.varint();
  if (!in.at_end() || next_offset_ < 0)
    throw corrupt_state{"a checkpoint's first entry that no engine writes"};
}

void engine::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  put({std::string{meta_key}, meta()});
  enricher_.save(only_changes, put);
  for (auto& each : windows_.sets)
    each.set->save(only_changes, put);
  for (auto& each : look_backs_)
    each.save(only_changes, put);
  if (graph_)
    graph_->save(only_changes, put);
  for (auto& each : series_)
    each.save(only_changes, put);
  for (auto& each : models_)
    each.save(only_changes, put);
  for (auto& each : learners_)
    each.save(only_changes, put);
  for (auto& each : peers_)
    each.save(only_changes, put);
  rules_.save(only_changes, put);
}

void engine::restore(const std::vector<state_entry>& entries) {
  assert(next_offset_ == 0 && counters_.consumed == 0);
  std::map<std::string_view, std::string_view> latest;
  for (const auto& entry : entries) {
    if (entry.value)
      latest[entry.key] = *entry.value;
    else
      latest.erase(entry.key);
  }
  if (latest.empty())
    return;
  auto meta = latest.find(meta_key);
  if (meta == latest.end())
    throw corrupt_state{"a checkpoint without its first entry"};
  restore_meta(meta->second);
  latest.erase(meta);
  for (const auto& [key, bytes] : latest)
    restore_entry(key, bytes);
  for (auto& each : windows_.sets)
    each.set->restored(watermark_.current());
  restored_ = true;
}

void engine::restore_entry(std::string_view key, std::string_view bytes) {
  // KIND/INDEX/REST
  std::size_t index = 0;
  if (key.size() < 4 || key[1] != '/')
    throw corrupt_state{"an entry of no kind"};
  auto [end, wrong] = std::from_chars(key.data() + 2, key.data() + key.size(), index);
  auto slash = static_cast<std::size_t>(end - key.data());
  if (wrong != std::errc{} || slash >= key.size() || key[slash] != '/')
    throw corrupt_state{"an entry of no kind"};
  auto rest = key.substr(slash + 1);
  auto kind = key.front();
  if (kind == 'e' && index < enricher_.size())
    enricher_.restore(index, bytes);
  else if (kind == 'w' && index < windows_.entries.size())
    windows_.sets[windows_.entries[index].set].set->restore(windows_.entries[index].within, rest, bytes);
  else if (kind == 'h' && index < look_backs_.size())
    look_backs_[index].restore(rest, bytes);
  else if (kind == 'f')
    restore_former_look_back(index, key, rest, bytes);
  else if (kind == 'g' && index == 0 && graph_)
    graph_->restore(rest, bytes);
  else if (kind == 'd' && index < series_.size())
    series_[index].restore(rest, bytes);
  else if (kind == 'm' && index < models_.size())
    models_[index].restore(rest, bytes);
  else if (kind == 'l' && index < learners_.size())
    learners_[index].restore(rest, bytes);
  else if (kind == 'p' && index < peers_.size())
    peers_[index].restore(rest, bytes);
  else if (kind == 'r' || kind == 'q')
    rules_.restore(kind, index, rest, bytes);
  else
    throw corrupt_state{"an entry that this pipeline does not have"};
}

void engine::restore_former_look_back(std::size_t index, std::string_view key, std::string_view entity,
                                      std::string_view bytes) {
  for (std::size_t i = 0; i < look_backs_.size(); ++i)
    for (const auto& former : compiled_->look_backs[i].formers)
      if (former.index == index) {
        look_backs_[i].restore_former(former, key, entity, bytes);
        return;
      }
  throw corrupt_state{"a look-back that this pipeline does not have"};
}

std::unique_ptr<partition_task> make_engine(std::shared_ptr<const pipeline_plan> plan, std::string topic,
                                            std::int32_t partition) {
  return std::make_unique<engine>(std::move(plan), std::move(topic), partition);
}

} // namespace throng::analytics
