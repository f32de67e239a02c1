#include "query/alert_life.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "query/presented.hpp"
#include "query/results.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

constexpr std::string_view kind = "alert_deeds";

/// Alerts whose id begins so, as they are shown.
expected<std::vector<json::object>> alerts_like(storage::result_store& store, std::string_view beginning) {
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());
  auto found = find_results(store, *no_result, {analytics::collection::alerts, {}, "", false, 0});
  if (!found)
    return tl::unexpected(found.error());
  std::vector<json::object> out;
  for (auto& each : *found)
    if (each.id.starts_with(beginning)) {
      present(each.body, subject::alerts);
      out.push_back(std::move(each.body));
    }
  return out;
}

expected<json::object> the_alert(storage::result_store& store, std::string_view beginning) {
  if (beginning.empty())
    return fail(error_kind::invalid, "an alert's id is missing");
  auto found = alerts_like(store, beginning);
  if (!found)
    return tl::unexpected(found.error());
  if (found->empty())
    return fail(error_kind::not_found, fmt::format("there is no alert with the id {}", beginning));
  if (found->size() > 1)
    return fail(error_kind::invalid,
                fmt::format("{} alerts have an id that begins with {}: give more of it", found->size(), beginning));
  return std::move(found->front());
}

/// Of a deed's document: which of the two it changes.
std::string_view field_of(const alert_change& of) {
  return std::holds_alternative<alert_status>(of) ? "status" : "verdict";
}

std::string_view to_string(const alert_change& of) {
  return std::visit([](auto x) { return query::to_string(x); }, of);
}

/// Why this alert can not become that.
expected<void> check(const std::string& id, const alert_lives& lives, const alert_change& to) {
  if (const auto* verdict = std::get_if<alert_verdict>(&to)) {
    const auto now = lives.verdict_of(id);
    if (now != *verdict)
      return {};
    return fail(error_kind::conflict, now == alert_verdict::none
                                          ? fmt::format("alert {} has no verdict to retract", id)
                                          : fmt::format("alert {} is marked {} already", id, query::to_string(now)));
  }
  const auto now = lives.status_of(id);
  const auto becomes = std::get<alert_status>(to);
  if (now == becomes)
    return fail(error_kind::conflict, fmt::format("alert {} is {} already", id, query::to_string(now)));
  if (now == alert_status::resolved && becomes == alert_status::acknowledged)
    return fail(error_kind::conflict, fmt::format("alert {} is resolved: reopen it first", id));
  return {};
}

} // namespace

std::string_view to_string(alert_status of) {
  switch (of) {
  case alert_status::open:
    return "open";
  case alert_status::acknowledged:
    return "acknowledged";
  case alert_status::resolved:
    return "resolved";
  }
  return "";
}

std::string_view to_string(alert_verdict of) {
  switch (of) {
  case alert_verdict::none:
    return "none";
  case alert_verdict::right:
    return "right";
  case alert_verdict::wrong:
    return "wrong";
  }
  return "";
}

expected<alert_lives> alert_lives::in(storage::result_store& store) {
  auto records = store.records(kind);
  if (!records)
    return tl::unexpected(records.error());
  alert_lives out;
  for (auto& each : *records) { // by rising id: of an alert, by time
    const auto* alert = each.if_contains("alert");
    if (alert == nullptr || !alert->is_string())
      continue;
    std::string id{alert->get_string()};
    each.stable_erase("alert");
    if (const auto* about = each.if_contains("about"); about != nullptr && about->is_object())
      out.about_[id] = about->get_object();
    each.stable_erase("about");
    out.deeds_[id].push_back(std::move(each));
  }
  return out;
}

/// The change of this kind that a deed's word means.
template <class Change>
std::optional<Change> change_named(std::string_view word) {
  for (const auto& each : deed_words)
    if (const auto* becomes = std::get_if<Change>(&each.becomes);
        becomes != nullptr && word == query::to_string(*becomes))
      return *becomes;
  return std::nullopt;
}

template <class Change>
Change alert_lives::last_of(std::string_view alert, std::string_view field, Change none) const {
  auto found = deeds_.find(alert);
  if (found == deeds_.end())
    return none;
  for (auto deed = found->second.rbegin(); deed != found->second.rend(); ++deed)
    if (const auto change = change_named<Change>(text_at(deed->as_object(), field)))
      return *change;
  return none;
}

alert_status alert_lives::status_of(std::string_view alert) const {
  return last_of(alert, "status", alert_status::open);
}

alert_verdict alert_lives::verdict_of(std::string_view alert) const {
  return last_of(alert, "verdict", alert_verdict::none);
}

std::vector<judged_alert> alert_lives::judged(std::string_view pipeline) const {
  std::vector<judged_alert> found;
  for (const auto& [id, about] : about_) {
    const auto verdict = verdict_of(id);
    const auto time = parse_iso8601(text_at(about, "time"));
    if (verdict != alert_verdict::none && time && text_at(about, "pipeline") == pipeline)
      found.push_back({text_at(about, "detector"), text_at(about, "entity"), *time, number_at(about, "score"),
                       verdict == alert_verdict::right});
  }
  return found;
}

std::vector<verdict_given> alert_lives::verdicts() const {
  std::vector<verdict_given> found;
  for (const auto& [id, deeds] : deeds_) {
    const auto about = about_.find(id);
    for (const auto& each : deeds) {
      const auto& deed = each.as_object();
      const auto verdict = change_named<alert_verdict>(text_at(deed, "verdict"));
      const auto at = parse_iso8601(text_at(deed, "at"));
      if (verdict && at && about != about_.end())
        found.push_back({id, *verdict, *at, text_at(deed, "by"), text_at(deed, "note"),
                         text_at(about->second, "pipeline"), text_at(about->second, "detector"),
                         text_at(about->second, "entity"), number_at(about->second, "score")});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const verdict_given& a, const verdict_given& b) { return a.at < b.at; });
  return found;
}

void alert_lives::join(json::object& alert) const {
  const auto* id = alert.if_contains("id");
  std::string_view text = id != nullptr && id->is_string()
                              ? std::string_view{id->get_string().data(), id->get_string().size()}
                              : std::string_view{};
  alert["status"] = in_json(to_string(status_of(text)));
  if (auto verdict = verdict_of(text); verdict != alert_verdict::none)
    alert["verdict"] = in_json(to_string(verdict));
  if (auto found = deeds_.find(text); found != deeds_.end())
    alert["deeds"] = found->second;
}

expected<json::object> record_deed(storage::result_store& store, const alert_deed& what) {
  auto alert = the_alert(store, what.alert);
  if (!alert)
    return alert;
  auto lives = alert_lives::in(store);
  if (!lives)
    return tl::unexpected(lives.error());
  const std::string id{alert->at("id").as_string()};
  if (auto can_be = check(id, *lives, what.to); !can_be)
    return tl::unexpected(can_be.error());
  const auto becomes = to_string(what.to);
  json::object deed{{"alert", id},
                    {in_json(field_of(what.to)), in_json(becomes)},
                    {"by", what.by},
                    {"at", to_iso8601(what.at)},
                    {"note", what.note}};
  // A verdict outlives its alert (--reset removes those), and teaches.
  auto& about = deed["about"].emplace_object();
  for (const auto* name : {"pipeline", "detector", "entity", "time", "score"})
    about[name] = alert->at(name);
  // In the order of time, and one deed a moment and what it makes of the alert.
  if (auto put = store.put_record(kind, fmt::format("{}/{}/{}", id, to_iso8601(what.at), becomes), deed); !put)
    return tl::unexpected(put.error());
  lives = alert_lives::in(store);
  if (!lives)
    return tl::unexpected(lives.error());
  lives->join(*alert);
  return alert;
}

} // namespace throng::query
