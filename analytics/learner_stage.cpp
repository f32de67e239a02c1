#include "analytics/learner_stage.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/moved_by.hpp"
#include "analytics/value.hpp"
#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

std::optional<timestamp> time_of(const value& x) {
  if (x.kind() == value_kind::text)
    return parse_iso8601(x.text());
  constexpr double latest = 2.5e14; // the year 9999
  if (x.is_finite() && std::fabs(x.number()) < latest)
    return timestamp{static_cast<std::int64_t>(x.number())};
  return std::nullopt;
}

bool truth_of(const value& x) {
  return x.kind() == value_kind::boolean ? x.boolean() : x.is_finite() && x.number() != 0;
}

} // namespace

const detector_doc& learner_doc() {
  static const detector_doc doc = with_alarm_parameters(
      "learner", "Learns from labels as they come which events are bad, by several fields; no training.",
      {{"fields", "[]", "Names of the numbers and texts that it looks at: of the message, derived, or features."},
       {"labels", "\"\"", "The `topic` or `lookup` of an element of `enrich` whose rows say which events are bad."},
       {"begin", "\"\"", "Its field with the time from which a row speaks; without it from ever."},
       {"end", "\"\"", "Its field with the time up to which, itself included; null: up to the row's own time."},
       {"bad", "\"\"",
        "Its field that is true, or a number other than 0, of a bad event; without it each row is of one."},
       {"wait", "\"1d\"", "How long an event waits for its label; one that gets none by then is good: at least 1s."},
       {"late", "\"30d\"",
        "Of labels that are verdicts: how long behind its wait an event that rang may still be judged; 0s: not at "
        "all."},
       {"hold", "100000",
        "How many events may wait in a partition; beyond, the oldest are learnt from sooner: 1 to 10,000,000."},
       {"least", "20",
        "It is quiet before it has learnt from so many bad events, and 300 good ones: 1 to 1,000,000."}});
  return doc;
}

tl::expected<learner_plan, findings> compile_learner(const config::detect& definition, const std::string& path,
                                                     const std::vector<enrichment_plan>& enrich, field_table& fields) {
  constexpr std::size_t most_fields = 1'000;
  detector_parameters parameters{definition.parameters, learner_doc(), path};
  learner_plan made;
  made.name = definition.name;
  made.feedback = definition.feedback;
  made.fields = parameters.texts("fields");
  made.labels = parameters.text("labels");
  made.wait = parameters.duration("wait", milliseconds{1'000});
  made.late = parameters.duration("late", milliseconds{0});
  made.hold = static_cast<std::size_t>(parameters.whole("hold", 1, 10'000'000));
  made.least = static_cast<std::uint64_t>(parameters.whole("least", 1, 1'000'000));
  made.terms = alarm_terms::read(parameters);
  if (!definition.field.empty())
    parameters.wrong("field", "a learner looks at several fields: name them in `fields`");
  if (made.fields.empty() || made.fields.size() > most_fields)
    parameters.wrong("fields", fmt::format("are {}; a learner looks at 1 to {}", made.fields.size(), most_fields));
  for (const auto& name : made.fields)
    made.inputs.push_back(fields.lookup(name));
  const auto table = std::find_if(enrich.begin(), enrich.end(), [&](const enrichment_plan& each) {
    return !made.labels.empty() && each.definition.name() == made.labels;
  });
  if (table == enrich.end()) {
    std::vector<std::string> names;
    names.reserve(enrich.size());
    for (const auto& each : enrich)
      names.push_back(each.definition.name());
    parameters.wrong("labels", fmt::format("\"{}\" is no topic or lookup of this pipeline's `enrich`{}{}; behind "
                                           "rekey or join there are none",
                                           made.labels, names.empty() ? ", which has none" : ", which has: ",
                                           fmt::join(names, ", ")));
  } else {
    made.table = static_cast<std::size_t>(table - enrich.begin());
    made.on = table->on;
    if (!table->definition.verdicts) {
      if (definition.parameters.contains("late"))
        parameters.wrong("late",
                         fmt::format("belongs to labels that are verdicts, and {} is a table of others: give `wait` "
                                     "the time that its rows need",
                                     made.labels));
      made.late = milliseconds{0};
    }
    const auto& columns = table->definition.add;
    for (auto [name, into] : {std::pair{"begin", &made.begin}, {"end", &made.end}, {"bad", &made.bad}}) {
      const auto column = parameters.text(name);
      if (column.empty())
        continue;
      const auto at = std::find(columns.begin(), columns.end(), column);
      if (at == columns.end())
        parameters.wrong(name, fmt::format("{} is not among the fields that `enrich` adds of {}: {}", column,
                                           made.labels, fmt::join(columns, ", ")));
      *into = static_cast<std::size_t>(at - columns.begin());
    }
  }
  if (auto found = parameters.take_findings(); !found.empty())
    return tl::unexpected(std::move(found));
  return made;
}

learner_stage::learner_stage(const learner_plan& plan, std::string state_prefix, const task_identity& who,
                             text_ids& entities)
    : plan_(&plan)
    , who_(&who)
    , prefix_(std::move(state_prefix))
    , learner_(plan.fields.size())
    , rings_(prefix_ + "i/", entities)
    , row_(plan.fields.size()) {}

bool learner_stage::observe(const event& e, text_ids::id entity, timestamp watermark, const lookup_table* labels,
                            const taught_threshold& taught, const rekeyed_origin* from, effects& out) {
  correct(labels);
  for (std::size_t i = 0; i < row_.size(); ++i)
    row_[i] = learner_cell::of(e.slots[plan_->inputs[i]]);
  learner_.meet(row_.data());
  const auto surprise = learner_.surprise(learner_.margin(row_.data()), plan_->least);
  const auto expires = e.time + plan_->terms.forget;
  auto* ring = rings_.find(entity);
  if (ring == nullptr)
    ring = &rings_.make(entity, {}, expires);
  const auto at_least = taught.of(e.key, e.time);
  const auto said = ring->incident_.judge(plan_->terms, e.time, surprise, false, at_least);
  rings_.changed(entity, expires);
  if (said.alarm)
    tell(e, ring->incident_, said.score, surprise, at_least, from, out);
  if (const auto& on = e.slots[plan_->on]; !on.is_nothing()) {
    waiting_.push_back({e.time, std::string{canonical_text{on}.view()}, row_});
    if (waiting_.size() > plan_->hold)
      learn_first(watermark, labels);
  }
  return said.alarm;
}

void learner_stage::rang() {
  if (plan_->late.count() == 0 || waiting_.empty())
    return;
  rung_.insert_or_assign(first_ + waiting_.size() - 1, rung_event{waiting_.back()});
  if (rung_.size() > plan_->hold)
    forget_rung(rung_.begin());
}

void learner_stage::correct(const lookup_table* labels) {
  if (plan_->late.count() == 0 || labels == nullptr || labels->version() == corrected_with_)
    return;
  corrected_with_ = labels->version();
  for (auto& [number, each] : rung_) {
    const auto bad = is_bad(each.event, {INT64_MAX}, labels);
    const auto as = bad ? rung_event::learnt::bad : rung_event::learnt::good;
    if (each.as == rung_event::learnt::not_yet || each.as == as)
      continue;
    learner_.learn(each.event.row.data(), bad);
    each.as = as;
    each.changed = true;
  }
}

void learner_stage::forget_rung(std::map<std::uint64_t, rung_event>::iterator which) {
  if (which->second.saved)
    rung_gone_.push_back(which->first);
  rung_.erase(which);
}

void learner_stage::advance(timestamp watermark, const lookup_table* labels) {
  correct(labels);
  while (!waiting_.empty() && waiting_.front().time + plan_->wait <= watermark)
    learn_first(watermark, labels);
  while (!rung_.empty() && rung_.begin()->second.event.time + plan_->wait + plan_->late <= watermark)
    forget_rung(rung_.begin());
  rings_.expire(watermark, [](text_ids::id, const ring_state&) {});
}

bool learner_stage::is_bad(const waiting& each, timestamp known, const lookup_table* labels) const {
  if (labels == nullptr)
    return false;
  bool found = false;
  labels->each_version(each.key, known, [&](const std::vector<owned_value>& row, timestamp since) {
    if (found || (plan_->bad && !truth_of(row[*plan_->bad].view())))
      return;
    const auto begin = plan_->begin ? time_of(row[*plan_->begin].view()) : std::nullopt;
    auto end = plan_->end ? time_of(row[*plan_->end].view()) : std::nullopt;
    if (!end && since.ms != INT64_MIN)
      end = since;
    found = (!begin || *begin <= each.time) && (!end || each.time <= *end);
  });
  return found;
}

void learner_stage::learn_first(timestamp watermark, const lookup_table* labels) {
  const auto& each = waiting_.front();
  // Verdicts count by the table's version alone: whether one is late is no matter of when a row says it counts from.
  const auto known = plan_->late.count() > 0 ? timestamp{INT64_MAX} : std::min(each.time + plan_->wait, watermark);
  const auto bad = is_bad(each, known, labels);
  learner_.learn(each.row.data(), bad);
  if (const auto rung = rung_.find(first_); rung != rung_.end()) {
    rung->second.as = bad ? rung_event::learnt::bad : rung_event::learnt::good;
    rung->second.changed = true;
  }
  waiting_.pop_front();
  ++first_;
}

void learner_stage::tell(const event& e, const incident& which, double score, double surprise, double taught,
                         const rekeyed_origin* from, effects& out) {
  std::vector<double> shares(row_.size());
  learner_.shares(row_.data(), shares);
  std::vector<bool> usable;
  for (const auto& cell : row_)
    usable.push_back(cell.is != learner_cell::kind::missing);
  auto moved = what_moved(e, plan_->fields, plan_->inputs, shares, usable);
  auto reason = fmt::format("looks as bad as one good event in {:.3g}, learnt from {} bad and {} good{}",
                            std::pow(10.0, surprise), learner_.bad(), learner_.good(), moved.words);
  boost::json::object evidence{{"log_odds", std::move(moved.shares)},
                               {"values", std::move(moved.values)},
                               {"learnt", {{"bad", learner_.bad()}, {"good", learner_.good()}}}};
  which.add_to(evidence);
  if (taught > 0)
    evidence["taught_threshold"] = taught;
  raise(*who_,
        {plan_->name,
         e.key,
         e.time,
         plan_->terms.severity,
         score,
         std::move(reason),
         std::move(evidence),
         e.origin.offset,
         {},
         from},
        out);
}

// Entries: `a` the learner and the first number, `b/BLOCK` the events that wait (a restored map has them behind `a`), `i/ENTITY`, `k/NUMBER` the events that
// rang.

std::string learner_stage::block_key(std::uint64_t block) const {
  return fmt::format("{}b/{:016x}", prefix_, block);
}

std::string learner_stage::rung_key(std::uint64_t number) const {
  return fmt::format("{}k/{:016x}", prefix_, number);
}

void learner_stage::write(byte_writer& out, const waiting& each) const {
  out.i64(each.time.ms);
  out.text(each.key);
  for (const auto& cell : each.row) {
    out.u8(static_cast<std::uint8_t>(cell.is));
    out.real32(cell.x);
  }
}

learner_stage::waiting learner_stage::read(byte_reader& in) const {
  waiting each{{in.i64()}, std::string{in.text()}, std::vector<learner_cell>(row_.size())};
  for (auto& cell : each.row) {
    const auto kind = in.u8();
    cell.x = in.real32();
    cell.is = static_cast<learner_cell::kind>(kind);
    if (kind > static_cast<std::uint8_t>(learner_cell::kind::text) || !cell.fits())
      throw corrupt_state{"an event with a value that no learner has"};
  }
  return each;
}

std::string learner_stage::block_bytes(std::uint64_t block) const {
  const auto from = std::max(block * block_size, first_);
  const auto to = std::min((block + 1) * block_size, first_ + waiting_.size());
  std::string bytes;
  byte_writer out{bytes};
  out.varint(from);
  out.varint(to - from);
  for (auto number = from; number < to; ++number)
    write(out, waiting_[static_cast<std::size_t>(number - first_)]);
  return bytes;
}

void learner_stage::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  std::string bytes;
  byte_writer out{bytes};
  out.varint(first_);
  learner_.save(out);
  put({prefix_ + "a", std::move(bytes)});
  const auto begin = first_ / block_size;
  const auto behind = first_ + waiting_.size();
  if (only_changes)
    for (auto gone = saved_from_; gone < begin && gone * block_size < saved_to_; ++gone)
      put({block_key(gone), std::nullopt});
  const auto from = only_changes ? std::max(begin, saved_to_ / block_size) : begin;
  for (auto block = from; block * block_size < behind; ++block)
    if (!only_changes || (block + 1) * block_size > saved_to_)
      put({block_key(block), block_bytes(block)});
  saved_from_ = begin;
  saved_to_ = behind;
  if (only_changes)
    for (const auto number : rung_gone_)
      put({rung_key(number), std::nullopt});
  rung_gone_.clear();
  for (auto& [number, each] : rung_) {
    if (only_changes && !each.changed)
      continue;
    std::string event;
    byte_writer into{event};
    into.u8(static_cast<std::uint8_t>(each.as));
    write(into, each.event);
    put({rung_key(number), std::move(event)});
    each.changed = false;
    each.saved = true;
  }
  rings_.save(only_changes, put);
}

void learner_stage::restore(std::string_view entry, std::string_view bytes) {
  if (entry.starts_with("i/")) {
    rings_.restore(entry.substr(2), bytes, [](byte_reader& in) {
      ring_state made;
      made.incident_.load(in);
      return made;
    });
    return;
  }
  byte_reader in{bytes};
  if (entry == "a") {
    first_ = in.varint();
    learner_.load(in);
    saved_from_ = first_ / block_size;
    saved_to_ = first_;
  } else if (entry.starts_with("b/")) {
    auto number = in.varint();
    for (auto n = in.varint(); n > 0; --n, ++number) {
      auto each = read(in);
      if (number < first_) // learnt from since the block was saved
        continue;
      if (number != first_ + waiting_.size())
        throw corrupt_state{"waiting events that are not in their order"};
      waiting_.push_back(std::move(each));
    }
    saved_to_ = first_ + waiting_.size();
  } else if (entry.starts_with("k/")) {
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(entry.data() + 2, entry.data() + entry.size(), number, 16);
    const auto as = in.u8();
    if (wrong != std::errc{} || end != entry.data() + entry.size() ||
        as > static_cast<std::uint8_t>(rung_event::learnt::bad))
      throw corrupt_state{"an event that rang, as no learner writes one"};
    rung_.insert_or_assign(number, rung_event{read(in), static_cast<rung_event::learnt>(as), false, true});
  } else {
    throw corrupt_state{"an entry that no learner writes"};
  }
  if (!in.at_end())
    throw corrupt_state{"more bytes than a learner's state has"};
}

} // namespace throng::analytics
