#include "analytics/rule_set.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "analytics/json_element.hpp"
#include "analytics/json_text.hpp"

namespace throng::analytics {

namespace {

/// The value at a dotted path of a document, borrowed from it or from the arena.
value value_at(const boost::json::object& body, std::string_view path, text_arena& arena) {
  const auto* at = &body;
  for (;;) {
    auto dot = path.find('.');
    const auto* found = at->if_contains(path.substr(0, dot));
    if (found == nullptr)
      return {};
    if (dot != std::string_view::npos) {
      at = found->if_object();
      if (at == nullptr)
        return {};
      path.remove_prefix(dot + 1);
      continue;
    }
    switch (found->kind()) {
    case boost::json::kind::null:
      return value::null();
    case boost::json::kind::bool_:
      return value::of(found->get_bool());
    case boost::json::kind::int64:
      return value::of(found->get_int64());
    case boost::json::kind::uint64:
      return value::of(static_cast<double>(found->get_uint64()));
    case boost::json::kind::double_:
      return value::of(found->get_double());
    case boost::json::kind::string:
      return value::of(std::string_view{found->get_string().data(), found->get_string().size()});
    default:
      std::string text;
      append_json_text(text, *found);
      return found->is_array() ? value::array(arena.keep(text)) : value::object(arena.keep(text));
    }
  }
}

constexpr std::int64_t any_start = INT64_MIN;

void end_alarm(pattern_state& of, std::int64_t offset, effects& out) {
  if (of.alarm)
    out.documents.push_back(of.alarm->ended(offset));
  of.alarm.reset();
}

} // namespace

rule_set::rule_set(const std::vector<rule_plan>& rules, const std::vector<window_plan>& windows, const std::string& key,
                   const task_identity& who, text_ids& entities)
    : rules_(&rules)
    , windows_(&windows)
    , key_(key)
    , who_(&who)
    , entities_(&entities) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    cooldowns_.emplace_back(fmt::format("r/{}/", i), entities);
    patterns_.emplace_back(fmt::format("q/{}/", i), entities);
    silences_.emplace_back();
    over_windows_ = over_windows_ || rules[i].over_window;
  }
}

bool rule_set::quiet(std::size_t rule, text_ids::id entity, timestamp now) {
  auto* state = cooldowns_[rule].find(entity);
  return state != nullptr && now < state->until;
}

void rule_set::keep_quiet(std::size_t rule, text_ids::id entity, timestamp now) {
  auto cooldown = (*rules_)[rule].cooldown;
  if (cooldown.count() == 0)
    return;
  auto until = now + cooldown;
  if (auto* state = cooldowns_[rule].find(entity))
    state->until = until;
  else
    cooldowns_[rule].make(entity, {until}, until);
  cooldowns_[rule].changed(entity, until);
}

pattern_state& rule_set::state_of(std::size_t rule, text_ids::id entity, timestamp expires) {
  auto* state = patterns_[rule].find(entity);
  if (state == nullptr)
    state = &patterns_[rule].make(entity, {}, expires);
  patterns_[rule].changed(entity, expires);
  return *state;
}

std::size_t rule_set::observe(const event& e, text_ids::id entity, const rekeyed_origin* from, effects& out) {
  std::size_t raised = 0;
  for (std::size_t i = 0; i < rules_->size(); ++i) {
    const auto& rule = (*rules_)[i];
    if (rule.over_window)
      continue;
    if (rule.absent.count() > 0) {
      hear(i, e, entity);
      continue;
    }
    if (!rule.about.empty()) {
      if (rule.when.matches(e))
        raised += tell_of(i, e, from, out);
      continue;
    }
    if (!holds(i, e, entity, out))
      continue;
    keep_quiet(i, entity, e.time);
    raise(*who_,
          {rule.name,
           e.key,
           e.time,
           rule.severity,
           1,
           rule.reason.fill(e),
           evidence_of(rule, e),
           e.origin.offset,
           {},
           from},
          out);
    if (rule.until)
      patterns_[i].find(entity)->alarm = std::make_unique<open_alarm>(out.documents.back());
    ++raised;
  }
  return raised;
}

std::size_t rule_set::tell_of(std::size_t rule, const event& e, const rekeyed_origin* from, effects& out) {
  const auto& plan = (*rules_)[rule];
  std::vector<std::string> whom;
  const auto add = [&](const value& x) {
    if (x.kind() != value_kind::text && !x.is_number())
      return;
    std::string text;
    if (x.kind() == value_kind::text)
      text = x.text();
    else
      append_canonical(text, x);
    if (std::find(whom.begin(), whom.end(), text) == whom.end())
      whom.push_back(std::move(text));
  };
  for (auto from_slot : plan.about) {
    const auto& x = e.slots[from_slot];
    if (x.kind() != value_kind::array)
      add(x);
    else
      for (element_walk walk{x}; walk.next();)
        add(walk.element());
  }
  std::size_t raised = 0;
  for (const auto& text : whom) {
    const auto entity = entities_->intern(text);
    entities_->hold(entity);
    if (!quiet(rule, entity, e.time)) {
      keep_quiet(rule, entity, e.time);
      raise(*who_,
            {plan.name,
             text,
             e.time,
             plan.severity,
             1,
             plan.reason.fill(e),
             evidence_of(plan, e),
             e.origin.offset,
             {},
             from},
            out);
      ++raised;
    }
    entities_->release(entity);
  }
  return raised;
}

bool rule_set::holds(std::size_t rule, const event& e, text_ids::id entity, effects& out) {
  const auto& plan = (*rules_)[rule];
  if (plan.until)
    return hysteresis(rule, e, entity, out);
  if (!plan.steps.empty())
    return sequence(rule, e, entity) && !quiet(rule, entity, e.time);
  return !quiet(rule, entity, e.time) && plan.when.matches(e);
}

bool rule_set::hysteresis(std::size_t rule, const event& e, text_ids::id entity, effects& out) {
  const auto& plan = (*rules_)[rule];
  auto* state = patterns_[rule].find(entity);
  // The watermark may not have come so far yet.
  if (state != nullptr && state->raised && e.time.ms - state->latest >= plan.forget.count()) {
    state->raised = false;
    end_alarm(*state, e.origin.offset, out);
    patterns_[rule].changed(entity, e.time);
  }
  if (state != nullptr && state->raised) {
    state->latest = std::max(state->latest, e.time.ms);
    state->raised = !plan.until->matches(e);
    if (!state->raised)
      end_alarm(*state, e.origin.offset, out);
    else if (state->alarm && plan.when.matches(e))
      state->alarm->goes_on(e.time);
    patterns_[rule].changed(entity, e.time + plan.forget);
    return false;
  }
  if (quiet(rule, entity, e.time) || !plan.when.matches(e))
    return false;
  auto& kept = state_of(rule, entity, e.time + plan.forget);
  kept.raised = true;
  kept.latest = e.time.ms;
  return true;
}

/// Of each number of steps done, only the latest beginning is kept: what an earlier one could still complete, it can too.
bool rule_set::sequence(std::size_t rule, const event& e, text_ids::id entity) {
  const auto& plan = (*rules_)[rule];
  auto* state = patterns_[rule].find(entity);
  const auto last = plan.steps.size() - 1;
  // The state outlives what an event at the watermark could still complete.
  auto keep = [&](timestamp began) -> pattern_state& {
    auto& kept = state_of(rule, entity, began + plan.within + milliseconds{1});
    kept.began.resize(last, any_start);
    return kept;
  };
  bool complete = false;
  if (state != nullptr && plan.without && plan.without->matches(e)) {
    state->began.assign(last, any_start);
    patterns_[rule].changed(entity, e.time);
  } else if (state != nullptr) {
    for (auto done = last; done-- > 0;) {
      auto began = state->began[done];
      if (began == any_start || e.time.ms - began > plan.within.count() || !plan.steps[done + 1].matches(e))
        continue;
      if (done + 1 == last) {
        complete = true;
        break;
      }
      auto& next = keep({began}).began[done + 1];
      next = std::max(next, began);
    }
  }
  if (complete) {
    state->began.assign(last, any_start);
    patterns_[rule].changed(entity, e.time);
    return true;
  }
  if (plan.steps.front().matches(e)) {
    auto& first = keep(e.time).began.front();
    first = std::max(first, e.time.ms);
  }
  return false;
}

/// Events less than the absence apart make one run, in whichever order they come; between two runs, and behind the last, is a silence. It is
/// told when the watermark has passed it, so that no event can fill it any more.
void rule_set::hear(std::size_t rule, const event& e, text_ids::id entity) {
  const auto& plan = (*rules_)[rule];
  if (!plan.when.matches(e))
    return;
  const auto time = e.time.ms;
  const auto absent = plan.absent.count();
  auto& runs = state_of(rule, entity, e.time + plan.absent).runs;
  auto at = std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return time - run.second < absent; });
  if (at == runs.end() || at->first - time >= absent) {
    runs.insert(at, {time, time});
    if (runs.size() > 1)
      wait_for(rule, entity, runs.front().second + absent);
    return;
  }
  at->first = std::min(at->first, time);
  at->second = std::max(at->second, time);
  if (auto next = at + 1; next != runs.end() && next->first - at->second < absent) {
    at->second = std::max(at->second, next->second);
    runs.erase(next);
  }
}

void rule_set::wait_for(std::size_t rule, text_ids::id entity, std::int64_t due) {
  silences_[rule].emplace_back(due, entity);
  std::push_heap(silences_[rule].begin(), silences_[rule].end(), std::greater<>{});
}

std::size_t rule_set::advance(timestamp to, std::size_t first_document, std::int64_t offset, effects& out) {
  std::size_t raised = 0;
  if (over_windows_) {
    const auto behind = out.documents.size();
    for (auto i = first_document; i < behind; ++i)
      if (out.documents[i].into == collection::windows && !out.documents[i].superseded)
        raised += see_window(out.documents[i].body, offset, out);
  }
  for (std::size_t i = 0; i < rules_->size(); ++i) {
    if ((*rules_)[i].absent.count() > 0)
      raised += tell_silences(i, to, offset, out);
    else
      patterns_[i].expire(to, [&](text_ids::id, pattern_state& what) { end_alarm(what, offset, out); });
    cooldowns_[i].expire(to, [](text_ids::id, const cooldown_state&) {});
  }
  return raised;
}

std::size_t rule_set::tell_silences(std::size_t rule, timestamp to, std::int64_t offset, effects& out) {
  const auto& plan = (*rules_)[rule];
  const auto absent = plan.absent.count();
  std::vector<std::pair<std::int64_t, std::string>> silent; // since when, and who
  // Silences between two runs of an entity.
  auto& waiting = silences_[rule];
  while (!waiting.empty() && waiting.front().first <= to.ms) {
    auto entity = waiting.front().second;
    std::pop_heap(waiting.begin(), waiting.end(), std::greater<>{});
    waiting.pop_back();
    auto* state = patterns_[rule].find(entity);
    if (state == nullptr)
      continue;
    auto& runs = state->runs;
    while (runs.size() > 1 && runs.front().second + absent <= to.ms) {
      silent.emplace_back(runs.front().second, entities_->text(entity));
      runs.erase(runs.begin());
    }
    patterns_[rule].changed(entity, timestamp{runs.back().second + absent});
    if (runs.size() > 1)
      wait_for(rule, entity, runs.front().second + absent);
  }
  // And those that last.
  patterns_[rule].expire(to, [&](text_ids::id entity, const pattern_state& what) {
    for (const auto& run : what.runs)
      silent.emplace_back(run.second, entities_->text(entity));
  });
  std::sort(silent.begin(), silent.end()); // numbers of entities are not the same after a crash
  std::size_t raised = 0;
  for (const auto& [last, text] : silent) {
    const timestamp now{last + absent};
    auto entity = entities_->intern(text);
    entities_->hold(entity);
    if (!quiet(rule, entity, now)) {
      keep_quiet(rule, entity, now);
      shown_.clear(plan.fields);
      if (plan.key)
        shown_.slots[*plan.key] = value::of(std::string_view{text});
      boost::json::object evidence{{"last", to_iso8601({last})}, {"absent", format_duration(plan.absent)}};
      raise(*who_, {plan.name, text, now, plan.severity, 1, plan.reason.fill(shown_), std::move(evidence), offset, {}},
            out);
      ++raised;
    }
    entities_->release(entity);
  }
  return raised;
}

/// Whether the row that a rule waits for is full with this window.
bool rule_set::in_a_row(std::size_t rule, const boost::json::object& body, text_ids::id group) {
  const auto& plan = (*rules_)[rule];
  const auto& window = (*windows_)[*plan.over_window];
  const auto start = body.at("start").get_int64();
  const auto end = body.at("end").get_int64();
  auto* state = patterns_[rule].find(group);
  const auto follows = state != nullptr && (state->next == any_start || state->next == start);
  const auto so_far = follows ? state->windows : 0;
  if (!plan.when.matches(shown_)) {
    if (state != nullptr) {
      state->windows = 0;
      patterns_[rule].changed(group, {end});
    }
    return false;
  }
  if (plan.windows == 1)
    return true;
  // When the next one is final, it is seen before the state expires.
  auto next = window.kind == window_plan::shape::aligned    ? start + window.every.count()
              : window.kind == window_plan::shape::calendar ? end
                                                            : any_start;
  auto next_end = window.kind == window_plan::shape::aligned    ? timestamp{next} + window.size
                  : window.kind == window_plan::shape::calendar ? timestamp{window.calendar->at(end).end}
                                                                : timestamp{end} + plan.forget;
  auto& kept = state_of(rule, group, next_end + window.lateness + milliseconds{1});
  kept.next = next;
  kept.windows = so_far + 1 == plan.windows ? 0 : so_far + 1;
  return kept.windows == 0;
}

/// @param body of a document that `out` holds: copied, as alerts join it
std::size_t rule_set::see_window(boost::json::object body, std::int64_t offset, effects& out) {
  if (!body.at("final").get_bool())
    return 0;
  std::size_t raised = 0;
  for (std::size_t i = 0; i < rules_->size(); ++i) {
    const auto& plan = (*rules_)[i];
    if (!plan.over_window || body.at("window").get_string() != (*windows_)[*plan.over_window].name)
      continue;
    shown_.clear(plan.paths.size());
    for (std::size_t at = 0; at < plan.paths.size(); ++at)
      shown_.slots[at] = value_at(body, plan.paths[at], shown_.arena);
    const auto& group_key = body.at("group_key").get_string();
    auto group = entities_->intern({group_key.data(), group_key.size()});
    entities_->hold(group);
    timestamp now{body.at("end").get_int64()};
    if (in_a_row(i, body, group) && !quiet(i, group, now)) {
      keep_quiet(i, group, now);
      auto entity = entity_text(body.at("group").get_object().at(key_));
      // Several groups may be of one entity.
      auto window = fmt::format("{} {}", plan.window, std::string_view{group_key.data(), group_key.size()});
      raise(*who_,
            {plan.name,
             entity,
             now,
             plan.severity,
             1,
             plan.reason.fill(shown_),
             evidence_of(plan, shown_),
             offset,
             {{window, body.at("start").get_int64()}}},
            out);
      ++raised;
    }
    entities_->release(group);
  }
  return raised;
}

void rule_set::write_open(effects& out) const {
  for (const auto& each : patterns_)
    each.for_each([&](const pattern_state& what) {
      if (what.alarm)
        out.documents.push_back(what.alarm->as_raised());
    });
}

std::size_t rule_set::size() const {
  std::size_t n = 0;
  for (const auto& each : cooldowns_)
    n += each.size();
  for (const auto& each : patterns_)
    n += each.size();
  return n;
}

void rule_set::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  for (auto& each : cooldowns_)
    each.save(only_changes, put);
  for (auto& each : patterns_)
    each.save(only_changes, put);
}

void rule_set::restore(char kind, std::size_t rule, std::string_view entity, std::string_view bytes) {
  if (rule >= rules_->size())
    throw corrupt_state{"an entry of a rule that this pipeline does not have"};
  if (kind == 'r') {
    cooldowns_[rule].restore(entity, bytes, cooldown_state::load);
    return;
  }
  const auto& plan = (*rules_)[rule];
  patterns_[rule].restore(entity, bytes, [&](byte_reader& in) {
    auto state = pattern_state::load(in);
    if (!state.began.empty() && state.began.size() + 1 != plan.steps.size())
      throw corrupt_state{"a sequence of another number of steps"};
    if (plan.absent.count() > 0 && state.runs.empty())
      throw corrupt_state{"an entity that was never heard of"};
    return state;
  });
  if (plan.absent.count() > 0) {
    auto which = entities_->intern(entity);
    if (const auto& runs = patterns_[rule].find(which)->runs; runs.size() > 1)
      wait_for(rule, which, runs.front().second + plan.absent.count());
  }
}

} // namespace throng::analytics
