#include "analytics/window_compiler.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "analytics/partial_state.hpp"

namespace throng::analytics {

namespace {

/// The fields of a stored window that are not aggregates, ours and the store's.
constexpr std::array reserved_fields{"pipeline",   "window", "start",  "end",       "group",     "events",
                                     "final",      "late",   "topic",  "partition", "group_key", "_id",
                                     "generation", "write",  "offset", "state",     "superseded"};

void check_key_in_group(const config::window& window, const std::string& path, const std::string& key,
                        plan_findings& found, std::string_view whose, std::string_view what_lies) {
  if (!window.groups_by(key))
    found.wrong(path + ".group_by",
                fmt::format("{} group_by must contain the pipeline's key, {}, as {} in one partition; "
                            "re-key the stream by another field first (`rekey`)",
                            whose, key, what_lies));
}

void set_shape(const config::window& window, const std::string& path, const std::string& key, window_plan& into,
               plan_findings& found) {
  using shape = config::window::shape;
  if (window.kind == shape::calendar) {
    into.kind = window_plan::shape::calendar;
    if (auto made = calendar::make(window.calendar, window.zone))
      into.calendar = *made;
    else
      found.wrong(path + (made.error().message.starts_with(window.calendar) ? ".calendar" : ".zone"),
                  made.error().message);
    return;
  }
  into.size = window.size;
  if (into.size.count() <= 0)
    found.wrong(path, "a window is longer than nothing");
  if (window.kind == shape::session) {
    into.kind = window_plan::shape::session;
    check_key_in_group(window, path, key, found, "a session's", "a session lies");
    return;
  }
  into.every = window.kind == shape::tumbling ? window.size : window.every;
  into.offset = window.offset;
  if (into.size.count() > 0 && (into.every.count() <= 0 || into.every > into.size))
    found.wrong(path + ".hopping.every", fmt::format("{} is not above 0 and at most the size, {}",
                                                     format_duration(into.every), format_duration(into.size)));
}

} // namespace

window_plan compile_window(const config::window& window, const std::string& path, const std::string& key,
                           std::vector<group_plan>& groups, field_table& fields, plan_findings& found) {
  window_plan made;
  made.name = window.name;
  set_shape(window, path, key, made, found);
  made.to = window.to;
  if (!made.to.empty())
    check_key_in_group(window, path, key, found, "with `to`,", "what is sent must lie whole");
  made.lateness = window.lateness;
  made.emit_every = window.emit_every.value_or(milliseconds{0});
  if (made.lateness.count() < 0)
    found.wrong(path + ".lateness", "a lateness is not negative");
  if (window.emit_every && window.emit_every->count() <= 0)
    found.wrong(path + ".emit.every", "an emission's interval is longer than nothing");

  group_plan group;
  for (std::size_t g = 0; g < window.group_by.size(); ++g) {
    const auto& name = window.group_by[g];
    auto at = fmt::format("{}.group_by[{}]", path, g);
    if (!found.plain_name(name, at))
      continue;
    if (std::find(group.names.begin(), group.names.end(), name) != group.names.end())
      found.wrong(at, fmt::format("{} stands in group_by already", name));
    group.names.push_back(name);
    group.slots.push_back(fields.lookup(name));
  }
  auto same =
      std::find_if(groups.begin(), groups.end(), [&](const group_plan& other) { return other.names == group.names; });
  made.group = static_cast<std::size_t>(same - groups.begin());
  if (same == groups.end())
    groups.push_back(std::move(group));

  std::set<std::string> names;
  for (const auto& [name, wanted] : window.aggregates) {
    auto at = fmt::format("{}.aggregate.{}", path, name);
    if (!found.plain_name(name, at))
      continue;
    if (std::find(reserved_fields.begin(), reserved_fields.end(), name) != reserved_fields.end())
      found.wrong(
          at,
          fmt::format(
              "{} is a field of the window's own document; derive another name for it, such as {}_value from \"${}\"",
              name, name, name));
    if (!names.insert(name).second)
      found.wrong(at, fmt::format("{} is aggregated already", name));
    for (const auto& aggregate : wanted)
      if (aggregate.kind == config::aggregate_kind::percentile &&
          !(aggregate.percentile > 0 && aggregate.percentile <= 100))
        found.wrong(at, fmt::format("{} is no percentile above 0 and at most 100", aggregate.name));
    auto plan = aggregate_plan::of(wanted);
    if (plan.moves && !window.groups_by(key))
      found.wrong(
          at, fmt::format("ewma, rate and delta are of one entity: group_by must contain the pipeline's key, {}", key));
    if (std::any_of(plan.half_lives.begin(), plan.half_lives.end(), [](milliseconds x) { return x.count() <= 0; }))
      found.wrong(at, "a half-life is longer than nothing");
    made.fields.push_back({name, fields.lookup(name), std::move(plan)});
  }
  made.state_header = partial_state_header(window.aggregates);
  return made;
}

} // namespace throng::analytics
