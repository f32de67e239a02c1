#include "analytics/definition_hash.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include "analytics/json_text.hpp"
#include "analytics/results.hpp"

namespace throng::analytics {

namespace {

boost::json::value canonical(const config::aggregate& x) {
  boost::json::array made{static_cast<int>(x.kind), x.percentile, x.name};
  if (x.kind == config::aggregate_kind::histogram)
    made.push_back(boost::json::value_from(x.bounds));
  else if (x.kind == config::aggregate_kind::ewma)
    made.push_back(x.half_life.count());
  return made;
}

/// What makes a rule more than a condition; empty where nothing does.
boost::json::object canonical_pattern(const config::rule& x) {
  boost::json::object made;
  if (x.until) {
    made["until"] = *x.until;
    made["forget"] = x.forget.count();
  }
  if (!x.sequence.empty()) {
    made["sequence"] = boost::json::array(x.sequence.begin(), x.sequence.end());
    made["within"] = x.within.count();
    if (x.without)
      made["without"] = *x.without;
  }
  if (x.absent.count() > 0)
    made["absent"] = x.absent.count();
  if (!x.window.empty()) {
    made["window"] = x.window;
    made["for"] = x.windows;
    made["forget"] = x.forget.count();
  }
  return made;
}

} // namespace

std::string definition_hash(const config::pipeline& p) {
  boost::json::object all;
  all["version"] = 1;
  all["name"] = p.name;
  all["source"] = p.source;
  all["key"] = p.key;
  all["timestamp"] = p.timestamp;
  all["timestamp_unit"] = static_cast<int>(p.timestamp_unit);
  all["disorder"] = p.disorder.count();
  all["max_ahead"] = p.max_ahead.count();
  all["max_message"] = p.max_message;
  all["where"] = p.where;
  boost::json::array derive;
  for (const auto& [name, from] : p.derive)
    derive.push_back({name, from});
  all["derive"] = std::move(derive);
  // What an earlier program did not know stands in the hash only where it is used: checkpoints of that program stay good.
  if (!p.enrich.empty()) {
    boost::json::array enrich;
    for (const auto& x : p.enrich) {
      boost::json::object made{{"lookup", x.lookup},
                               {"on", x.on},
                               {"key", x.key},
                               {"add", boost::json::value_from(x.add)},
                               {"default", x.defaults}};
      if (!x.topic.empty()) {
        made["topic"] = x.topic;
        made["timestamp"] = x.timestamp;
        made["timestamp_unit"] = static_cast<int>(x.timestamp_unit);
        made["keep"] = x.keep.count();
      }
      if (x.verdicts)
        made["verdicts"] = true;
      enrich.push_back(std::move(made));
    }
    all["enrich"] = std::move(enrich);
  }
  if (!p.rekey.empty()) {
    all["rekey"] = p.rekey;
    all["idle_advances"] = p.idle_advances;
  }
  if (p.join)
    all["join"] = {{"with", p.join->with},
                   {"on", p.join->on},
                   {"key", p.join->key},
                   {"timestamp", p.join->timestamp},
                   {"timestamp_unit", static_cast<int>(p.join->timestamp_unit)},
                   {"within", p.join->within.count()},
                   {"left", p.join->left},
                   {"add", boost::json::value_from(p.join->add)}};
  boost::json::array features;
  for (const auto& x : p.features) {
    boost::json::object made{{"name", x.name},
                             {"over", x.over.count()},
                             {"kind", static_cast<int>(x.kind)},
                             {"field", x.field},
                             {"by", x.by},
                             {"where", x.where ? boost::json::value(*x.where) : boost::json::value(nullptr)}};
    if (!x.group.empty())
      made["group"] = x.group;
    if (config::of_graph(x.kind))
      made["graph"] = boost::json::array{x.of_payee, x.up_to, x.share};
    features.push_back(std::move(made));
  }
  if (p.graph)
    all["graph"] = boost::json::array{boost::json::value(p.graph->from), boost::json::value(p.graph->to),
                                      boost::json::value(p.graph->amount)};
  all["features"] = std::move(features);
  boost::json::array windows;
  for (const auto& x : p.windows) {
    boost::json::array aggregates;
    for (const auto& [field, wanted] : x.aggregates) {
      boost::json::array names;
      for (const auto& aggregate : wanted)
        names.push_back(canonical(aggregate));
      aggregates.push_back({field, std::move(names)});
    }
    boost::json::array group_by;
    for (const auto& name : x.group_by)
      group_by.push_back(boost::json::value(name));
    windows.push_back({{"name", x.name},
                       {"kind", static_cast<int>(x.kind)},
                       {"size", x.size.count()},
                       {"every", x.every.count()},
                       {"offset", x.offset.count()},
                       {"lateness", x.lateness.count()},
                       {"emit", x.emit_every ? boost::json::value(x.emit_every->count()) : boost::json::value(nullptr)},
                       {"group_by", std::move(group_by)},
                       {"aggregates", std::move(aggregates)}});
    if (x.kind == config::window::shape::calendar) {
      windows.back().get_object()["calendar"] = x.calendar;
      windows.back().get_object()["zone"] = x.zone;
    }
    if (!x.to.empty())
      windows.back().get_object()["to"] = x.to;
  }
  all["windows"] = std::move(windows);
  boost::json::array detectors;
  for (const auto& x : p.detectors) {
    boost::json::object made{
        {"name", x.name}, {"detector", x.detector}, {"by", x.by}, {"field", x.field}, {"parameters", x.parameters}};
    if (!x.model.empty())
      made["model"] = document_id({x.model});
    const config::detect usual;
    if (x.feedback != usual.feedback || x.feedback_most != usual.feedback_most)
      made["feedback"] = boost::json::array{static_cast<int>(x.feedback), x.feedback_most};
    detectors.push_back(std::move(made));
  }
  all["detect"] = std::move(detectors);
  boost::json::array rules;
  for (const auto& x : p.rules) {
    boost::json::object made{{"name", x.name},
                             {"when", x.when},
                             {"severity", static_cast<int>(x.severity)},
                             {"cooldown", x.cooldown.count()},
                             {"reason", x.reason}};
    if (auto pattern = canonical_pattern(x); !pattern.empty())
      made["pattern"] = std::move(pattern);
    if (!x.about.empty())
      made["about"] = boost::json::value_from(x.about);
    if (!x.evidence.empty())
      made["evidence"] = boost::json::value_from(x.evidence);
    rules.push_back(std::move(made));
  }
  all["rules"] = std::move(rules);
  if (!p.to.empty()) {
    boost::json::array project;
    for (const auto& [name, from] : p.project)
      project.push_back({name, from});
    all["to"] = p.to;
    all["project"] = std::move(project);
  }
  std::string text;
  append_canonical_json(text, all);
  return document_id({text});
}

} // namespace throng::analytics
