#include "analytics/pipeline_plan.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "analytics/compiled_pipeline.hpp"
#include "analytics/definition_hash.hpp"
#include "analytics/look_back_compiler.hpp"
#include "analytics/taught_threshold.hpp"
#include "analytics/window_compiler.hpp"

namespace throng::analytics {

namespace {

class compiler {
public:
  compiler(pipeline_plan::implementation& into, plan_findings& found, std::vector<std::string> carried)
      : into_(into)
      , found_(found)
      , look_backs_(into.definition.features, into.fields, found)
      , added_(std::move(carried)) {}

  void run() {
    const auto& definition = into_.definition;
    if (!definition.where.empty())
      if (auto made = match::compile(definition.where, "where", into_.fields, name_scope::message); found_.take(made))
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
    for_each_named(definition.features, "features", "feature",
                   [this](const config::feature& each, const std::string& path) { check_feature(each, path); });
    add_features();
    for_each_named(definition.windows, "windows", "window", [&](const config::window& each, const std::string& path) {
      into_.windows.push_back(compile_window(each, path, definition.key, into_.groups, into_.fields, found_));
    });
    for_each_named(definition.detectors, "detect", "detector",
                   [this](const config::detect& each, const std::string& path) { add_detector(each, path); });
    if (is_taught(definition)) { // behind the user's own, which indexes of state are of
      into_.thresholds = into_.enrich.size();
      into_.enrich.push_back({taught_table_definition(), {}, {}});
    }
    for_each_named(definition.rules, "rules", "rule",
                   [this](const config::rule& each, const std::string& path) { add_rule(each, path); });
    if (!definition.to.empty())
      if (auto made = compile_output(definition, added_, into_.fields); found_.take(made))
        into_.output = std::move(*made);
    // Conditions of other rules, and outputs, may have added slots.
    for (auto& rule : into_.rules)
      rule.fields = into_.fields.size();
  }

private:
  /// With the path of each; two of one name are found.
  template <class Part, class Each>
  void for_each_named(const std::vector<Part>& parts, std::string_view member, std::string_view what, Each each) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto path = fmt::format("{}[{}]", member, i);
      if (!names.insert(parts[i].name).second)
        found_.wrong(path + ".name", fmt::format("there is another {} named {}", what, parts[i].name));
      each(parts[i], path);
    }
  }

  /// State by entity stands in the partition of the pipeline's key.
  void check_by(const std::string& by, const std::string& path) {
    if (!by.empty() && by != into_.definition.key)
      found_.wrong(path,
                   fmt::format("{} is not the pipeline's key, {}: its events may lie in several partitions; re-key the "
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
          found_.wrong(fmt::format("enrich[{}].add", i),
                       fmt::format("{} is the timestamp, which rekey reads again", name));
    for (const auto& [name, from] : definition.derive)
      if (name == top)
        found_.wrong("derive." + name, fmt::format("{} is the timestamp, which rekey reads again", name));
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
    if (auto made = pipeline_plan::compile(std::move(second)); found_.take(made))
      into_.second = *made;
    added_.insert(added_.end(), join.add.begin(), join.add.end());
    if (join.within.count() <= 0)
      found_.wrong("join.within", "a join reaches further than nothing");
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
    if (auto made = pipeline_plan::compile(std::move(behind), added_); found_.take(made))
      into_.behind_rekey = *made;
  }

  void add_enrichment(std::size_t i) {
    const auto& from = into_.definition.enrich[i];
    auto path = fmt::format("enrich[{}]", i);
    if (from.on.empty())
      found_.wrong(path + ".on", "a field's name is missing");
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
      found_.wrong(path, "a derived name is not empty, holds no dot and does not begin with $");
    added_.push_back(name);
    // Compiled before its name is added: it may speak of the field that it hides.
    auto made = expression::compile(from, path, into_.fields, name_scope::pipeline);
    if (found_.take(made))
      into_.derive.push_back({name, std::move(*made), into_.fields.computed_field(name)});
    else
      into_.fields.computed_field(name);
  }

  void check_feature(const config::feature& feature, const std::string& path) {
    for (const auto& [name, from] : into_.definition.derive)
      if (name == feature.name)
        found_.wrong(path + ".name", fmt::format("{} is also a name that derive adds", name));
    check_by(feature.by, path + ".by");
    if (feature.over.count() <= 0)
      found_.wrong(path + ".over", "a look-back is longer than nothing");
    if (config::of_graph(feature.kind)) {
      add_graph_feature(feature, path);
      return;
    }
    look_backs_.add(feature, path);
  }

  void add_graph_feature(const config::feature& feature, const std::string& path) {
    if (!into_.graph) {
      found_.wrong(path, "a feature of a payment's accounts needs `graph`, which says who pays whom how much");
      return;
    }
    if (feature.kind == config::feature_kind::cycle &&
        !(feature.up_to >= 2 && feature.up_to <= 10 && feature.share > 0 && feature.share <= 1))
      found_.wrong(path + ".cycle",
                   "a way round has 2 to 10 payments, each a share above 0 and at most 1 of the one before");
    into_.graph->longest = std::max(into_.graph->longest, feature.over);
    into_.graph->features.push_back({feature.kind, feature.over, feature.of_payee,
                                     static_cast<std::size_t>(std::max<std::int64_t>(feature.up_to, 0)), feature.share,
                                     0});
    graph_slots_.push_back(feature.name);
  }

  void add_features() {
    into_.look_backs = look_backs_.finish(added_);
    for (std::size_t i = 0; i < graph_slots_.size(); ++i) {
      added_.push_back(graph_slots_[i]);
      into_.graph->features[i].into = into_.fields.computed_field(graph_slots_[i]);
    }
    if (graph_slots_.empty())
      into_.graph.reset(); // nobody asks it anything
  }

  void add_graph() {
    const auto& graph = into_.definition.graph;
    if (graph && found_.plain_name(graph->from, "graph.from") && found_.plain_name(graph->to, "graph.to") &&
        found_.plain_name(graph->amount, "graph.amount"))
      into_.graph = payment_graph_plan{into_.fields.lookup(graph->from),
                                       into_.fields.lookup(graph->to),
                                       into_.fields.lookup(graph->amount),
                                       milliseconds{0},
                                       {}};
  }

  void add_detector(const config::detect& detect, const std::string& path) {
    check_by(detect.by, path + ".by");
    if (detect.detector == "model") {
      if (auto made = compile_model(detect, path, into_.fields); found_.take(made))
        into_.models.push_back(std::move(*made));
      return;
    }
    if (detect.detector == "learner") {
      if (auto made = compile_learner(detect, path, into_.enrich, into_.fields); found_.take(made))
        into_.learners.push_back(std::move(*made));
      return;
    }
    auto named = found_.plain_name(detect.field, path + ".field");
    if (detect.detector == "peers") {
      if (auto made = compile_peers(detect, path, into_.fields); found_.take(made) && named)
        into_.peers.push_back(std::move(*made));
      return;
    }
    auto made = make_detector(detect, path);
    if (found_.take(made) && named)
      into_.detectors.push_back({detect.name, detect.field, into_.fields.lookup(detect.field), *made, detect.feedback});
  }

  void add_rule(const config::rule& rule, const std::string& path) {
    const auto& definition = into_.definition;
    if (rule.window.empty()) {
      if (auto made = compile_rule(rule, path, definition.key, into_.fields); found_.take(made))
        into_.rules.push_back(std::move(*made));
      return;
    }
    auto over = std::find_if(definition.windows.begin(), definition.windows.end(),
                             [&](const config::window& each) { return each.name == rule.window; });
    if (over == definition.windows.end()) {
      found_.wrong(path + ".window", fmt::format("{} is no window of this pipeline", rule.window));
      return;
    }
    if (auto made = compile_window_rule(rule, path, *over, static_cast<std::size_t>(over - definition.windows.begin()),
                                        definition.key);
        found_.take(made))
      into_.rules.push_back(std::move(*made));
  }

  pipeline_plan::implementation& into_;
  plan_findings& found_;
  look_back_compiler look_backs_;
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
  plan_findings found;
  compiler{*plan->impl_, found, carried}.run();
  if (auto wrong = found.take_all(); !wrong.empty())
    return tl::unexpected(std::move(wrong));
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
