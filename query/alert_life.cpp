#include "query/alert_life.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "query/presented.hpp"
#include "query/results.hpp"

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
    out.deeds_[id].push_back(std::move(each));
  }
  return out;
}

alert_status alert_lives::status_of(std::string_view alert) const {
  auto found = deeds_.find(alert);
  if (found == deeds_.end())
    return alert_status::open;
  const auto* last = found->second.back().as_object().if_contains("status");
  for (auto each : {alert_status::acknowledged, alert_status::resolved})
    if (last != nullptr && *last == json::string_view(to_string(each).data(), to_string(each).size()))
      return each;
  return alert_status::open;
}

void alert_lives::join(json::object& alert) const {
  const auto* id = alert.if_contains("id");
  std::string_view text = id != nullptr && id->is_string()
                              ? std::string_view{id->get_string().data(), id->get_string().size()}
                              : std::string_view{};
  auto status = to_string(status_of(text));
  alert["status"] = json::string_view(status.data(), status.size());
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
  auto now = lives->status_of(id);
  if (now == what.to)
    return fail(error_kind::conflict, fmt::format("alert {} is {} already", id, to_string(now)));
  if (now == alert_status::resolved && what.to == alert_status::acknowledged)
    return fail(error_kind::conflict, fmt::format("alert {} is resolved: reopen it first", id));
  auto status = to_string(what.to);
  json::object deed{{"alert", id},
                    {"status", json::string_view(status.data(), status.size())},
                    {"by", what.by},
                    {"at", to_iso8601(what.at)},
                    {"note", what.note}};
  // In the order of time, and one deed a moment and status.
  if (auto put = store.put_record(kind, fmt::format("{}/{}/{}", id, to_iso8601(what.at), status), deed); !put)
    return tl::unexpected(put.error());
  lives = alert_lives::in(store);
  if (!lives)
    return tl::unexpected(lives.error());
  lives->join(*alert);
  return alert;
}

} // namespace throng::query
