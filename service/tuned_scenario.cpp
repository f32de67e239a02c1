#include "service/tuned_scenario.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/json_text.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

/// What two scenarios may differ in while a world runs: the rest of the one on that of the other.
config::scenario with_tunable_parts_of(config::scenario of, const config::scenario& other) {
  of.populations = other.populations;
  of.incidents = other.incidents;
  of.trouble = other.trouble;
  of.speed = other.speed;
  of.then_live = other.then_live;
  return of;
}

std::string fixed_key_that_differs(const config::scenario& a, const config::scenario& b) {
  if (a.name != b.name)
    return "name";
  if (a.seed != b.seed)
    return "seed";
  if (a.latitude != b.latitude)
    return "latitude";
  if (a.start != b.start)
    return "start";
  if (a.duration != b.duration)
    return "duration";
  if (a.message_delay != b.message_delay) // before the step, whose default it is
    return "message_delay";
  if (a.step != b.step)
    return "step";
  if (a.lookahead != b.lookahead)
    return "lookahead";
  if (a.pipelines != b.pipelines)
    return "pipelines";
  if (!(a.record == b.record))
    return "record";
  if (!(a.react_to_alerts == b.react_to_alerts))
    return "react";
  if (a.settings.store != b.settings.store)
    return "store";
  return a.settings.topics == b.settings.topics ? "kafka" : "topics";
}

} // namespace

config::checked<tuned_scenario> tuned_scenario::begin(std::string file_or_preset, config::load_options options) {
  auto text = config::scenario_text(file_or_preset);
  if (!text)
    return tl::unexpected{text.error()};
  tuned_scenario made;
  made.file_ = std::move(file_or_preset);
  made.options_ = std::move(options);
  made.now_.from.text = std::move(*text);
  auto cooked = made.cook(made.now_.from);
  if (!cooked)
    return tl::unexpected{cooked.error()};
  made.now_.result = std::move(*cooked);
  return made;
}

config::checked<config::loaded<config::scenario>> tuned_scenario::cook(const recipe& from) const {
  auto options = options_;
  for (const auto* more : {&from.laid, &from.sets})
    options.sets.insert(options.sets.end(), more->begin(), more->end());
  auto first = config::load_scenario_text(from.text, file_, options);
  if (!first || from.incidents.empty())
    return first;
  const auto* incidents = first->tunable.if_contains("incidents");
  auto next = incidents != nullptr && incidents->is_array() ? incidents->get_array().size() : 0;
  for (const auto& each : from.incidents)
    options.sets.emplace_back(fmt::format("incidents[{}]", next++), each);
  return config::load_scenario_text(from.text, file_, options);
}

unless_refused<tuned_scenario::change> tuned_scenario::check(recipe from) const {
  auto cooked = cook(from);
  if (!cooked)
    return tl::unexpected<refusal>{cooked.error()};
  const auto& before = now_.result.value;
  const auto& after = cooked->value;
  if (!(with_tunable_parts_of(before, after) == after)) {
    const auto key = fixed_key_that_differs(before, after);
    return tl::unexpected<refusal>{config::problems{
        cooked->source.at(key, "cannot change while the world runs; populations, incidents, trouble and speed can")}};
  }
  return change{std::move(from), std::move(*cooked)};
}

unless_refused<tuned_scenario::change>
tuned_scenario::set(const std::vector<std::pair<std::string, std::string>>& sets) const {
  auto from = now_.from;
  for (const auto& [path, value] : sets) {
    // The last word on a path counts.
    std::erase_if(from.sets, [&asked = path](const auto& each) { return each.first == asked; });
    from.sets.emplace_back(path, value);
  }
  return check(std::move(from));
}

unless_refused<tuned_scenario::change> tuned_scenario::incident(json::object incident, milliseconds after) const {
  for (const auto* key : {"at", "rate"})
    if (incident.contains(key))
      return tl::unexpected<refusal>{error{
          error_kind::invalid, fmt::format("{}: an incident that is asked for opens at once; one with a time or a "
                                           "rate stands in the scenario",
                                           key)}};
  incident["at"] = format_duration(after);
  if (!incident.contains("population")) {
    // The one that there is for it.
    const auto* kind = incident.if_contains("kind");
    const auto& kinds = config::incident_kinds();
    const auto known = std::find_if(kinds.begin(), kinds.end(), [&](const auto& each) {
      return kind != nullptr && kind->is_string() && each.name == std::string{kind->get_string()};
    });
    std::vector<std::string> fitting;
    for (const auto& population : now_.result.value.populations)
      if (known != kinds.end() && config::kind_name(population) == known->population_kind)
        fitting.push_back(population.name);
    if (fitting.size() == 1)
      incident["population"] = fitting.front();
  }
  auto from = now_.from;
  from.incidents.push_back(storage::to_json_text(incident));
  return check(std::move(from));
}

unless_refused<tuned_scenario::change> tuned_scenario::lay(const json::object& parts) const {
  recipe from{now_.from.text, {}, {}, {}};
  for (const auto* key : {"populations", "incidents", "trouble"}) {
    std::string text;
    if (const auto* part = parts.if_contains(key))
      storage::append_json_text(text, *part);
    else
      text = std::string_view{key} == "incidents" ? "[]" : "{}";
    from.laid.emplace_back(key, text);
  }
  return check(std::move(from));
}

unless_refused<tuned_scenario::change> tuned_scenario::reload() const {
  auto from = now_.from;
  auto text = config::scenario_text(file_);
  if (!text)
    return tl::unexpected<refusal>{text.error()};
  from.text = std::move(*text);
  from.laid.clear();
  return check(std::move(from));
}

std::vector<std::string> tuned_scenario::over_the_file() const {
  std::vector<std::string> paths;
  for (const auto* sets : {&options_.sets, &now_.from.sets})
    for (const auto& [path, value] : *sets) {
      const auto root = path.substr(0, path.find_first_of(".["));
      const auto counts = root == "speed" || now_.result.tunable.contains(root);
      if (counts && std::find(paths.begin(), paths.end(), path) == paths.end())
        paths.push_back(path);
    }
  return paths;
}

void tuned_scenario::keep(change made) {
  now_ = std::move(made);
}

} // namespace throng::service
