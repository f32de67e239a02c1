#include "query/why_empty.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/problem.hpp"
#include "config/time.hpp"

namespace throng::query {

namespace {

using compare = storage::condition::comparison;

// Enough documents to know the few names that a pipeline has.
constexpr std::size_t sample = 2'000;

std::string_view plural(subject of) {
  switch (of) {
  case subject::windows:
    return "windows";
  case subject::alerts:
    return "alerts";
  case subject::entities:
    return "entities";
  case subject::labels:
    return "labels";
  case subject::events:
    return "events";
  case subject::runs:
    return "runs";
  case subject::mutes:
    return "mutes";
  case subject::cases:
    return "cases";
  case subject::thresholds:
    return "thresholds";
  }
  return "";
}

std::set<std::string> texts(const std::vector<storage::stored_document>& documents, std::string_view field) {
  std::set<std::string> out;
  for (const auto& each : documents)
    if (const auto* found = each.body.if_contains(field); found != nullptr && found->is_string())
      out.emplace(found->get_string());
  return out;
}

/// The windows that the pipelines of this name, or all, define: what is stored may be too much to look through.
std::set<std::string> defined_windows(storage::result_store& store, const std::string& pipeline) {
  std::set<std::string> out;
  auto pipelines = store.records("pipelines");
  if (!pipelines)
    return out;
  for (const auto& each : *pipelines) {
    const auto* name = each.if_contains("name");
    const auto* windows = each.if_contains("windows");
    if (name == nullptr || windows == nullptr || !windows->is_array() ||
        (!pipeline.empty() && *name != boost::json::value(pipeline)))
      continue;
    for (const auto& window : windows->get_array())
      if (const auto* its = window.is_object() ? window.get_object().if_contains("name") : nullptr;
          its != nullptr && its->is_string())
        out.emplace(its->get_string());
  }
  return out;
}

/// The least or greatest time of what the conditions choose.
std::optional<timestamp> extreme(storage::result_store& store, storage::find_query query, bool greatest) {
  query.descending = greatest;
  query.limit = 1;
  query.conditions.push_back({query.order_by, compare::gte, std::int64_t{0}});
  auto found = store.find(query);
  if (!found || found->empty())
    return std::nullopt;
  const auto* time = found->front().body.if_contains(query.order_by);
  if (time == nullptr || !time->is_int64())
    return std::nullopt;
  return timestamp{time->get_int64()};
}

std::string there_is(std::string_view what, const std::string& asked, const std::vector<std::string>& known) {
  auto near = config::nearest_name(asked, known);
  return fmt::format("there is no {} '{}' in this store{}; there {} {}", what, asked,
                     near.empty() ? std::string{} : fmt::format(" (did you mean '{}'?)", near),
                     known.size() == 1 ? "is" : "are", fmt::join(known, ", "));
}

} // namespace

std::string why_empty(storage::result_store& store, const overtaken& no_result, const request& what) {
  auto name = plural(what.subject);
  if (what.subject == subject::runs)
    return what.where ? "no run matches --where; leave it out to see all" : "no run has ended with this store yet";
  if (what.subject == subject::mutes)
    return what.where ? "no mute matches --where; leave it out to see all" : "nothing has been muted in this store";
  auto pipelines = no_result.pipelines();
  if (!what.pipeline.empty() && std::find(pipelines.begin(), pipelines.end(), what.pipeline) == pipelines.end())
    return pipelines.empty() ? fmt::format("the store holds no pipeline's results yet, so none of '{}'", what.pipeline)
                             : there_is("pipeline", what.pipeline, pipelines);

  if (what.subject == subject::cases) {
    request alerts;
    alerts.subject = subject::alerts;
    alerts.pipeline = what.pipeline;
    const auto any = store.find({analytics::collection::alerts, {}, "", false, 1});
    return any && !any->empty() ? "no case matches" : why_empty(store, no_result, alerts);
  }
  if (what.subject == subject::thresholds)
    return "no verdict has changed a detector's threshold that matches; people give verdicts with `throng alerts "
           "right` and "
           "`wrong`";
  storage::find_query query{collection_of(what.subject), {}, "", false, sample};
  if (!what.pipeline.empty())
    query.conditions.push_back({"pipeline", compare::eq, boost::json::value(what.pipeline)});
  auto of_pipeline = what.pipeline.empty() ? std::string{} : fmt::format(" of {}", what.pipeline);
  auto found = store.find(query);
  if (!found || found->empty())
    return fmt::format("the store holds no {}{} yet", name, of_pipeline);
  if (what.subject == subject::windows && !what.window.empty()) {
    auto windows = texts(*found, "window");
    const auto all_seen = found->size() < sample;
    const auto defined = defined_windows(store, what.pipeline);
    windows.insert(defined.begin(), defined.end());
    if (windows.count(what.window) == 0 && (all_seen || !defined.empty()))
      return there_is("window", what.window, {windows.begin(), windows.end()});
    query.conditions.push_back({"window", compare::eq, boost::json::value(what.window)});
  }
  query.order_by = time_field(what.subject);
  auto first = extreme(store, query, false);
  auto last = extreme(store, query, true);
  if (!first || !last)
    return fmt::format("no {}{} match", name, of_pipeline);
  return fmt::format("none of the {}{} match; those in the store lie between {} and {}", name, of_pipeline,
                     to_iso8601(*first), to_iso8601(*last));
}

} // namespace throng::query
