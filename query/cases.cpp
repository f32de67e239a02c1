#include "query/cases.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "query/mutes.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;
using compare = storage::condition::comparison;

/// Texts that stand in the evidence as they are or in a list, each once, in its order.
std::vector<std::string> names_in(const json::object& alert) {
  std::vector<std::string> out;
  const auto take = [&](const json::value& x) {
    if (x.is_string() && out.size() < most_names_of_alert && !x.get_string().empty() &&
        std::find(out.begin(), out.end(), std::string_view{x.get_string()}) == out.end())
      out.emplace_back(x.get_string());
  };
  const auto* evidence = alert.if_contains("evidence");
  if (evidence == nullptr || !evidence->is_object())
    return out;
  for (const auto& [field, value] : evidence->get_object())
    if (value.is_array())
      std::for_each(value.get_array().begin(), value.get_array().end(), take);
    else
      take(value);
  return out;
}

json::array first_of(const std::set<std::string>& all, std::size_t most) {
  json::array out;
  for (const auto& each : all)
    if (out.size() < most)
      out.emplace_back(each);
  return out;
}

json::object shown(const alert_case& of) {
  json::array ids;
  for (const auto& [time, id] : of.ids)
    ids.emplace_back(id);
  return {{"id", of.id()},
          {"pipeline", of.pipeline},
          {"start", to_iso8601(of.start)},
          {"end", to_iso8601(of.end)},
          {"severity", in_json(config::to_string(of.severity))},
          {"status", in_json(to_string(of.status()))},
          {"alerts", of.alerts},
          {"right", of.right},
          {"wrong", of.wrong},
          {"muted", of.muted},
          {"entity_count", of.entities.size()},
          {"entities", first_of(of.entities, most_entities_shown)},
          {"detectors", first_of(of.detectors, of.detectors.size())},
          {"alert_ids", std::move(ids)}};
}

/// Calls `take` with each alert that is a result, by (time, id).
template <class Take>
expected<void> read_alerts(storage::result_store& store, const overtaken& no_result, const std::string& pipeline,
                           std::size_t page, Take take) {
  storage::find_query query{analytics::collection::alerts, {}, "time", false, page};
  if (!pipeline.empty())
    query.conditions.push_back({"pipeline", compare::eq, json::value(pipeline)});
  const auto of_pipeline = query.conditions;
  std::pair<std::int64_t, std::string> last;
  bool begun = false;
  for (;;) {
    auto found = store.find(query);
    if (!found)
      return tl::unexpected(found.error());
    const bool all = found->size() < query.limit;
    bool any = false;
    for (const auto& each : *found) {
      std::pair<std::int64_t, std::string> at{integer_at(each.body, "time").value_or(0), each.id};
      if (begun && at <= last)
        continue; // of the page before, which ended within a moment
      last = std::move(at);
      any = begun = true;
      if (!no_result(query.from, each))
        take(each.body);
    }
    if (all)
      return {};
    query.limit = any ? page : query.limit * 2; // more alerts of one moment than a page holds
    query.conditions = of_pipeline;
    query.conditions.push_back({"time", compare::gte, last.first});
  }
}

} // namespace

expected<std::vector<presented>> cases_in(storage::result_store& store, const overtaken& no_result, const request& what,
                                          std::size_t page) {
  auto lives = alert_lives::in(store);
  if (!lives)
    return tl::unexpected(lives.error());
  auto muted = mutes::in(store);
  if (!muted)
    return tl::unexpected(muted.error());
  std::vector<presented> out;
  std::vector<alert_case> finished;
  const auto keep = [&] {
    for (const auto& each : finished)
      if ((what.entity.empty() || each.entities.contains(what.entity)) && (!what.from || each.start >= *what.from) &&
          (!what.to || each.start < *what.to))
        out.push_back({each.id(), shown(each)});
    finished.clear();
  };
  case_builder builder{what.gap.value_or(usual_case_gap)};
  auto read = read_alerts(store, no_result, what.pipeline, page, [&](const json::object& body) {
    case_alert alert{text_at(body, "id"),
                     text_at(body, "pipeline"),
                     text_at(body, "detector"),
                     text_at(body, "entity"),
                     {integer_at(body, "time").value_or(0)},
                     config::severity_named(text_at(body, "severity")).value_or(config::severity::info),
                     names_in(body),
                     alert_status::open,
                     alert_verdict::none,
                     false};
    alert.status = lives->status_of(alert.id);
    alert.verdict = lives->verdict_of(alert.id);
    alert.muted = muted->over({alert.pipeline, alert.detector, alert.entity}, alert.time) != nullptr;
    builder.take(alert, finished);
    keep();
  });
  if (!read)
    return tl::unexpected(read.error());
  builder.finish(finished);
  keep();
  return out;
}

} // namespace throng::query
