#include "analytics/pipeline_plan.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "analytics/compiled_pipeline.hpp"
#include "analytics/definition_hash.hpp"
#include "analytics/json_text.hpp"
#include "analytics/partial_state.hpp"
#include "analytics/taught_threshold.hpp"

namespace throng::analytics {

namespace {

/// The fields of a stored window that are not aggregates, ours and the store's.
constexpr std::array reserved_fields{"pipeline",   "window", "start",  "end",       "group",     "events",
                                     "final",      "late",   "topic",  "partition", "group_key", "_id",
                                     "generation", "write",  "offset", "state",     "superseded"};

class compiler {
public:
  compiler(pipeline_plan::implementation& into, findings& found, std::vector<std::string> carried)
      : into_(into)
      , found_(found)
      , added_(std::move(carried)) {}

  void run() {
    const auto& definition = into_.definition;
    if (!definition.where.empty())
      if (auto made = match::compile(definition.where, "where", into_.fields, name_scope::message); take(made))
        into_.where = std::move(*made);
    for (std::size_t i = 0; i < definition.enrich.size(); ++i)
      add_enrichment(i);
    for (const auto& [name, from] : definition.derive)
      derive(name, from);
    if (!definition.rekey.empty()) {
      check_added_names();
      into_.rekey = into_.fields.lookup(definition.rekey);
      if (definition.join)
        add_second();
      add_behind_rekey();
      return;
    }
    // All features are resolved before their names are added: none of them sees another.
    add_graph();
    for (std::size_t i = 0; i < definition.features.size(); ++i)
      check_feature(i);
    add_features();
    for (std::size_t i = 0; i < definition.windows.size(); ++i)
      add_window(i);
    for (std::size_t i = 0; i < definition.detectors.size(); ++i)
      add_detector(i);
    if (is_taught(definition)) { // behind the user's own, which indexes of state are of
      into_.thresholds = into_.enrich.size();
      into_.enrich.push_back({taught_table_definition(), {}, {}});
    }
    std::set<std::string> rules;
    for (std::size_t i = 0; i < definition.rules.size(); ++i) {
      auto path = fmt::format("rules[{}]", i);
      unique(rules, definition.rules[i].name, path, "rule");
      add_rule(definition.rules[i], path);
    }
    if (!definition.to.empty())
      if (auto made = compile_output(definition, added_, into_.fields); take(made))
        into_.output = std::move(*made);
    // Conditions of other rules, and outputs, may have added slots.
    for (auto& rule : into_.rules)
      rule.fields = into_.fields.size();
  }

private:
  void wrong(std::string path, std::string sentence) {
    found_.push_back({std::move(path), std::move(sentence)});
  }

  template <class T>
  bool take(const tl::expected<T, findings>& made) {
    if (!made)
      found_.insert(found_.end(), made.error().begin(), made.error().end());
    return made.has_value();
  }

  void unique(std::set<std::string>& names, const std::string& name, const std::string& path, std::string_view what) {
    if (!names.insert(name).second)
      wrong(path + ".name", fmt::format("there is another {} named {}", what, name));
  }

  /// group_by, aggregate, by and field take top-level or derived names (semantics.md 2).
  bool plain_name(const std::string& name, const std::string& path) {
    if (name.empty()) {
      wrong(path, "a field's name is missing");
      return false;
    }
    if (name.find('.') == std::string::npos)
      return true;
    wrong(path,
          fmt::format(
              "{} is a path; here only top-level names and those that derive adds are taken: derive one from \"${}\"",
              name, name));
    return false;
  }

  /// State by entity stands in the partition of the pipeline's key.
  void check_by(const std::string& by, const std::string& path) {
    if (!by.empty() && by != into_.definition.key)
      wrong(path, fmt::format("{} is not the pipeline's key, {}: its events may lie in several partitions; re-key the "
                              "stream by it first "
                              "(`rekey`)",
                              by, into_.definition.key));
  }

  /// What is added travels as a member of the message, whose time is read from it again.
  void check_added_names() {
    const auto& definition = into_.definition;
    auto top = definition.timestamp.substr(0, definition.timestamp.find('.'));
    for (std::size_t i = 0; i < definition.enrich.size(); ++i)
      for (const auto& name : definition.enrich[i].add)
        if (name == top)
          wrong(fmt::format("enrich[{}].add", i), fmt::format("{} is the timestamp, which rekey reads again", name));
    for (const auto& [name, from] : definition.derive)
      if (name == top)
        wrong("derive." + name, fmt::format("{} is the timestamp, which rekey reads again", name));
  }

  void add_second() {
    const auto& definition = into_.definition;
    const auto& join = *definition.join;
    config::pipeline second;
    second.name = definition.name;
    second.source = join.with;
    second.key = join.key.empty() ? join.on : join.key;
    second.timestamp = join.timestamp;
    second.timestamp_unit = join.timestamp_unit;
    second.disorder = definition.disorder;
    second.max_ahead = definition.max_ahead;
    second.max_message = definition.max_message;
    second.rekey = join.on;
    if (auto made = pipeline_plan::compile(std::move(second)); take(made))
      into_.second = *made;
    added_.insert(added_.end(), join.add.begin(), join.add.end());
    if (join.within.count() <= 0)
      wrong("join.within", "a join reaches further than nothing");
  }

  /// What the re-keyed stream holds is what the stages so far have made: each added field is one of the message's.
  void add_behind_rekey() {
    auto behind = into_.definition;
    behind.source = internal_topic(behind.name);
    behind.key = std::exchange(behind.rekey, {});
    behind.disorder = milliseconds{0};                                // it comes in order
    behind.max_message = std::numeric_limits<std::size_t>::max() / 2; // with what was added to it
    behind.where = {};
    behind.join.reset();
    behind.enrich.clear();
    behind.derive.clear();
    if (auto made = pipeline_plan::compile(std::move(behind), added_); take(made))
      into_.behind_rekey = *made;
  }

  void add_enrichment(std::size_t i) {
    const auto& from = into_.definition.enrich[i];
    auto path = fmt::format("enrich[{}]", i);
    if (from.on.empty())
      wrong(path + ".on", "a field's name is missing");
    enrichment_plan made;
    made.definition = from;
    made.on = into_.fields.lookup(from.on);
    for (const auto& name : from.add) {
      const auto* otherwise = from.defaults.if_contains(name);
      added_.push_back(name);
      made.add.push_back({into_.fields.computed_field(name),
                          otherwise != nullptr ? owned_value{*otherwise} : owned_value{value::null()}});
    }
    into_.enrich.push_back(std::move(made));
  }

  void derive(const std::string& name, const boost::json::value& from) {
    auto path = "derive." + name;
    if (name.empty() || name.find('.') != std::string::npos || name.front() == '$')
      wrong(path, "a derived name is not empty, holds no dot and does not begin with $");
    added_.push_back(name);
    // Compiled before its name is added: it may speak of the field that it hides.
    auto made = expression::compile(from, path, into_.fields, name_scope::pipeline);
    if (take(made))
      into_.derive.push_back({name, std::move(*made), into_.fields.computed_field(name)});
    else
      into_.fields.computed_field(name);
  }

  void check_feature(std::size_t i) {
    const auto& feature = into_.definition.features[i];
    auto path = fmt::format("features[{}]", i);
    unique(feature_names_, feature.name, path, "feature");
    for (const auto& [name, from] : into_.definition.derive)
      if (name == feature.name)
        wrong(path + ".name", fmt::format("{} is also a name that derive adds", name));
    check_by(feature.by, path + ".by");
    if (feature.over.count() <= 0)
      wrong(path + ".over", "a look-back is longer than nothing");
    using kind = config::feature_kind;
    if (config::of_graph(feature.kind)) {
      add_graph_feature(feature, path);
      return;
    }
    std::vector<std::string> wanted; // fields
    if (feature.kind == kind::speed)
      wanted = {feature.field, feature.lon};
    else if (feature.kind == kind::habit && !feature.group.empty())
      wanted = {feature.field, feature.group};
    else if (feature.kind != kind::count && feature.kind != kind::since)
      wanted = {feature.field};
    else if (!feature.field.empty()) {
      wrong(path, fmt::format("count and since take no field, but true; {} was given", feature.field));
      return;
    }
    for (const auto& field : wanted) {
      if (!plain_name(field, path))
        return;
      for (const auto& other : into_.definition.features)
        if (other.name == field)
          wrong(path, fmt::format("{} is a feature: features see the message and what derive adds, not one another",
                                  other.name));
    }

    look_back_plan::feature made;
    made.kind = feature.kind;
    made.over = feature.over;
    made.by_group = !feature.group.empty();
    // `since` needs no field of its own, and shares the memory of what counts.
    std::string events_of = feature.field + '\n' + feature.lon + '\n' + feature.group + '\n';
    if (feature.where)
      append_canonical_json(events_of, *feature.where);
    auto [place, is_new] = memories_by_events_.try_emplace(events_of, memories_.size());
    if (is_new) {
      auto& memory = memories_.emplace_back();
      if (!wanted.empty())
        memory.field = into_.fields.lookup(feature.field);
      if (feature.kind == kind::speed)
        memory.lon = into_.fields.lookup(feature.lon);
      if (!feature.group.empty())
        memory.group = into_.fields.lookup(feature.group);
      if (feature.where && !feature.where->empty()) {
        append_canonical_json(memory.where_text, *feature.where);
        if (auto where = match::compile(*feature.where, path + ".where", into_.fields, name_scope::pipeline);
            take(where))
          memory.where = std::move(*where);
      }
    }
    auto& memory = memories_[place->second];
    memory.longest = std::max(memory.longest, feature.over);
    memory.seen = memory.seen || feature.kind == kind::seen;
    if (feature.kind == kind::distinct || feature.kind == kind::seen)
      memory.values = true;
    else if (!wanted.empty())
      memory.numbers = true;
    memory.features.push_back(made);
    into_slots_.push_back({place->second, memory.features.size() - 1, feature.name});
  }

  void add_graph_feature(const config::feature& feature, const std::string& path) {
    if (!into_.graph) {
      wrong(path, "a feature of a payment's accounts needs `graph`, which says who pays whom how much");
      return;
    }
    if (feature.kind == config::feature_kind::cycle &&
        !(feature.up_to >= 2 && feature.up_to <= 10 && feature.share > 0 && feature.share <= 1))
      wrong(path + ".cycle", "a way round has 2 to 10 payments, each a share above 0 and at most 1 of the one before");
    into_.graph->longest = std::max(into_.graph->longest, feature.over);
    into_.graph->features.push_back({feature.kind, feature.over, feature.of_payee,
                                     static_cast<std::size_t>(std::max<std::int64_t>(feature.up_to, 0)), feature.share,
                                     0});
    graph_slots_.push_back(feature.name);
  }

  void add_features() {
    for (const auto& [memory, feature, name] : into_slots_) {
      added_.push_back(name);
      memories_[memory].features[feature].into = into_.fields.computed_field(name);
    }
    share_rows();
    for (std::size_t i = 0; i < graph_slots_.size(); ++i) {
      added_.push_back(graph_slots_[i]);
      into_.graph->features[i].into = into_.fields.computed_field(graph_slots_[i]);
    }
    if (graph_slots_.empty())
      into_.graph.reset(); // nobody asks it anything
  }

  /// Memories of the same events become one, with a column for each field that is asked for: an event is then one row, however many features
  /// look at it. But what only a short look-back asks for is not kept for the length of a long one.
  void share_rows() {
    constexpr int most_times_as_long = 4;
    std::vector<std::size_t> order(memories_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [this](std::size_t a, std::size_t b) { return memories_[a].longest > memories_[b].longest; });
    std::vector<std::string> where_texts; // by look-back
    for (auto index : order) {
      auto& memory = memories_[index];
      auto which = std::size_t{0};
      while (which < into_.look_backs.size() &&
             (where_texts[which] != memory.where_text ||
              (memory.field && into_.look_backs[which].longest > memory.longest * most_times_as_long)))
        ++which;
      if (which == into_.look_backs.size()) {
        auto& plan = into_.look_backs.emplace_back();
        plan.where = std::move(memory.where);
        plan.longest = memory.longest;
        where_texts.push_back(memory.where_text);
      }
      auto& plan = into_.look_backs[which];
      using kind = look_back_plan::column::kind;
      look_back_plan::former former{index, std::nullopt, std::nullopt};
      if (memory.numbers)
        former.numbers = memory.lon ? column_of(plan, {kind::place, *memory.field, *memory.lon})
                                    : column_of(plan, {kind::number, *memory.field});
      if (memory.group)
        former.values = column_of(plan, {kind::group, *memory.group});
      else if (memory.values)
        former.values = column_of(plan, {kind::value, *memory.field, 0, memory.seen});
      for (auto& feature : memory.features) {
        feature.numbers = former.numbers.value_or(0);
        feature.values = former.values.value_or(0);
        plan.features.push_back(feature);
      }
      plan.formers.push_back(former);
    }
  }

  static std::size_t column_of(look_back_plan& plan, const look_back_plan::column& wanted) {
    for (std::size_t i = 0; i < plan.columns.size(); ++i)
      if (auto& known = plan.columns[i];
          known.what == wanted.what && known.field == wanted.field && known.lon == wanted.lon) {
        known.seen = known.seen || wanted.seen;
        return i;
      }
    plan.columns.push_back(wanted);
    return plan.columns.size() - 1;
  }

  void add_graph() {
    const auto& graph = into_.definition.graph;
    if (graph && plain_name(graph->from, "graph.from") && plain_name(graph->to, "graph.to") &&
        plain_name(graph->amount, "graph.amount"))
      into_.graph = payment_graph_plan{into_.fields.lookup(graph->from),
                                       into_.fields.lookup(graph->to),
                                       into_.fields.lookup(graph->amount),
                                       milliseconds{0},
                                       {}};
  }

  void check_key_in_group(const config::window& window, const std::string& path, std::string_view whose,
                          std::string_view what_lies) {
    const auto& key = into_.definition.key;
    if (std::find(window.group_by.begin(), window.group_by.end(), key) == window.group_by.end())
      wrong(path + ".group_by", fmt::format("{} group_by must contain the pipeline's key, {}, as {} in one partition; "
                                            "re-key the stream by another field first (`rekey`)",
                                            whose, key, what_lies));
  }

  void set_shape(const config::window& window, const std::string& path, window_plan& into) {
    using shape = config::window::shape;
    if (window.kind == shape::calendar) {
      into.kind = window_plan::shape::calendar;
      if (auto made = calendar::make(window.calendar, window.zone))
        into.calendar = *made;
      else
        wrong(path + (made.error().message.starts_with(window.calendar) ? ".calendar" : ".zone"), made.error().message);
      return;
    }
    into.size = window.size;
    if (into.size.count() <= 0)
      wrong(path, "a window is longer than nothing");
    if (window.kind == shape::session) {
      into.kind = window_plan::shape::session;
      check_key_in_group(window, path, "a session's", "a session lies");
      return;
    }
    into.every = window.kind == shape::tumbling ? window.size : window.every;
    into.offset = window.offset;
    if (into.size.count() > 0 && (into.every.count() <= 0 || into.every > into.size))
      wrong(path + ".hopping.every", fmt::format("{} is not above 0 and at most the size, {}",
                                                 format_duration(into.every), format_duration(into.size)));
  }

  void add_window(std::size_t i) {
    const auto& window = into_.definition.windows[i];
    auto path = fmt::format("windows[{}]", i);
    unique(window_names_, window.name, path, "window");
    window_plan made;
    made.name = window.name;
    set_shape(window, path, made);
    made.to = window.to;
    if (!made.to.empty())
      check_key_in_group(window, path, "with `to`,", "what is sent must lie whole");
    made.lateness = window.lateness;
    made.emit_every = window.emit_every.value_or(milliseconds{0});
    if (made.lateness.count() < 0)
      wrong(path + ".lateness", "a lateness is not negative");
    if (window.emit_every && window.emit_every->count() <= 0)
      wrong(path + ".emit.every", "an emission's interval is longer than nothing");

    group_plan group;
    for (std::size_t g = 0; g < window.group_by.size(); ++g) {
      const auto& name = window.group_by[g];
      auto at = fmt::format("{}.group_by[{}]", path, g);
      if (!plain_name(name, at))
        continue;
      if (std::find(group.names.begin(), group.names.end(), name) != group.names.end())
        wrong(at, fmt::format("{} stands in group_by already", name));
      group.names.push_back(name);
      group.slots.push_back(into_.fields.lookup(name));
    }
    auto same = std::find_if(into_.groups.begin(), into_.groups.end(),
                             [&](const group_plan& other) { return other.names == group.names; });
    made.group = static_cast<std::size_t>(same - into_.groups.begin());
    if (same == into_.groups.end())
      into_.groups.push_back(std::move(group));

    std::set<std::string> names;
    for (const auto& [name, wanted] : window.aggregates) {
      auto at = fmt::format("{}.aggregate.{}", path, name);
      if (!plain_name(name, at))
        continue;
      if (std::find(reserved_fields.begin(), reserved_fields.end(), name) != reserved_fields.end())
        wrong(
            at,
            fmt::format(
                "{} is a field of the window's own document; derive another name for it, such as {}_value from \"${}\"",
                name, name, name));
      if (!names.insert(name).second)
        wrong(at, fmt::format("{} is aggregated already", name));
      for (const auto& aggregate : wanted)
        if (aggregate.kind == config::aggregate_kind::percentile &&
            !(aggregate.percentile > 0 && aggregate.percentile <= 100))
          wrong(at, fmt::format("{} is no percentile above 0 and at most 100", aggregate.name));
      auto plan = aggregate_plan::of(wanted);
      const auto& key = into_.definition.key;
      if (plan.moves && std::find(window.group_by.begin(), window.group_by.end(), key) == window.group_by.end())
        wrong(at,
              fmt::format("ewma, rate and delta are of one entity: group_by must contain the pipeline's key, {}", key));
      if (std::any_of(plan.half_lives.begin(), plan.half_lives.end(), [](milliseconds x) { return x.count() <= 0; }))
        wrong(at, "a half-life is longer than nothing");
      made.fields.push_back({name, into_.fields.lookup(name), std::move(plan)});
    }
    made.state_header = partial_state_header(window.aggregates);
    into_.windows.push_back(std::move(made));
  }

  void add_detector(std::size_t i) {
    const auto& detect = into_.definition.detectors[i];
    auto path = fmt::format("detect[{}]", i);
    unique(detector_names_, detect.name, path, "detector");
    check_by(detect.by, path + ".by");
    if (detect.detector == "model") {
      if (auto made = compile_model(detect, path, into_.fields); take(made))
        into_.models.push_back(std::move(*made));
      return;
    }
    if (detect.detector == "learner") {
      if (auto made = compile_learner(detect, path, into_.enrich, into_.fields); take(made))
        into_.learners.push_back(std::move(*made));
      return;
    }
    auto named = plain_name(detect.field, path + ".field");
    if (detect.detector == "peers") {
      if (auto made = compile_peers(detect, path, into_.fields); take(made) && named)
        into_.peers.push_back(std::move(*made));
      return;
    }
    auto made = make_detector(detect, path);
    if (take(made) && named)
      into_.detectors.push_back({detect.name, detect.field, into_.fields.lookup(detect.field), *made, detect.feedback});
  }

  void add_rule(const config::rule& rule, const std::string& path) {
    const auto& definition = into_.definition;
    if (rule.window.empty()) {
      if (auto made = compile_rule(rule, path, definition.key, into_.fields); take(made))
        into_.rules.push_back(std::move(*made));
      return;
    }
    auto over = std::find_if(definition.windows.begin(), definition.windows.end(),
                             [&](const config::window& each) { return each.name == rule.window; });
    if (over == definition.windows.end()) {
      wrong(path + ".window", fmt::format("{} is no window of this pipeline", rule.window));
      return;
    }
    if (auto made = compile_window_rule(rule, path, *over, static_cast<std::size_t>(over - definition.windows.begin()),
                                        definition.key);
        take(made))
      into_.rules.push_back(std::move(*made));
  }

  struct feature_place {
    std::size_t look_back;
    std::size_t feature;
    std::string name;
  };

  pipeline_plan::implementation& into_;
  findings& found_;
  std::set<std::string> feature_names_;
  std::set<std::string> window_names_;
  std::set<std::string> detector_names_;
  /// What features over the same field of the same events ask for.
  struct memory {
    std::string where_text;
    std::optional<match> where;
    std::optional<slot> field;
    std::optional<slot> lon;   // of speed: `field` is the latitude then
    std::optional<slot> group; // of habit: its values are told from one another then, not the field's
    bool numbers = false;      // some feature takes the field's numbers, or the places
    bool values = false;       // some feature tells its values from one another
    bool seen = false;         // ... and from the current event's, which need not count itself
    milliseconds longest{0};
    std::vector<look_back_plan::feature> features;
  };
  std::vector<memory> memories_;
  std::map<std::string, std::size_t> memories_by_events_; // by field and where
  std::vector<feature_place> into_slots_;
  std::vector<std::string> added_;       // to the message's own fields, so far
  std::vector<std::string> graph_slots_; ///< by feature of the graph
};

} // namespace

pipeline_plan::pipeline_plan()
    : impl_(std::make_unique<implementation>()) {}
pipeline_plan::~pipeline_plan() = default;

tl::expected<std::shared_ptr<const pipeline_plan>, findings>
pipeline_plan::compile(config::pipeline definition, const std::vector<std::string>& carried) {
  std::shared_ptr<pipeline_plan> plan{new pipeline_plan};
  plan->impl_->definition = std::move(definition);
  findings found;
  compiler{*plan->impl_, found, carried}.run();
  if (!found.empty())
    return tl::unexpected(std::move(found));
  plan->impl_->hash = definition_hash(plan->impl_->definition);
  return plan;
}

const config::pipeline& pipeline_plan::definition() const {
  return impl_->definition;
}

const std::string& pipeline_plan::hash() const {
  return impl_->hash;
}

bool pipeline_plan::needs_matching_key() const {
  auto whole = [](const window_plan& each) { return each.kind == window_plan::shape::session || !each.to.empty(); };
  return !impl_->look_backs.empty() || impl_->graph || !impl_->detectors.empty() || !impl_->learners.empty() ||
         !impl_->peers.empty() || std::any_of(impl_->windows.begin(), impl_->windows.end(), whole) ||
         std::any_of(impl_->rules.begin(), impl_->rules.end(), [](const rule_plan& each) { return each.needs_key(); });
}

bool pipeline_plan::rekeys() const {
  return impl_->behind_rekey != nullptr;
}

std::vector<config::enrichment> pipeline_plan::lookups() const {
  std::vector<config::enrichment> all;
  for (const auto& each : impl_->enrich)
    all.push_back(each.definition);
  if (rekeys())
    for (auto& each : impl_->behind_rekey->lookups())
      all.push_back(std::move(each));
  return all;
}

std::vector<std::string> pipeline_plan::topics_read() const {
  const auto& join = impl_->definition.join;
  return join ? std::vector{impl_->definition.source, join->with} : std::vector{impl_->definition.source};
}

std::vector<std::string> pipeline_plan::topics_written() const {
  std::set<std::string> names{impl_->definition.to};
  for (const auto& window : impl_->definition.windows)
    names.insert(window.to);
  names.erase("");
  return {names.begin(), names.end()};
}

const pipeline_plan::implementation& pipeline_plan::compiled() const {
  return *impl_;
}

} // namespace throng::analytics
