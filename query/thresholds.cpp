#include "query/thresholds.hpp"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "analytics/taught_threshold.hpp"
#include "query/alert_life.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

/// How a detector is taught.
struct taught_detector {
  config::feedback by = config::feedback::off;
  double most = 0;
};

/// By pipeline and detector, as the store's pipelines say.
expected<std::map<std::pair<std::string, std::string>, taught_detector>> taught_in(storage::result_store& store) {
  auto records = store.records("pipelines");
  if (!records)
    return tl::unexpected(records.error());
  std::map<std::pair<std::string, std::string>, taught_detector> found;
  for (const auto& pipeline : *records)
    if (const auto* detect = pipeline.if_contains("detect"); detect != nullptr && detect->is_array())
      for (const auto& each : detect->get_array()) {
        const auto by =
            each.is_object() ? config::feedback_named(text_at(each.get_object(), "feedback")) : std::nullopt;
        if (!by || by == config::feedback::off) // none: of a program that taught none
          continue;
        found[{text_at(pipeline, "name"), text_at(each.get_object(), "name")}] = {
            *by, number_at(each.get_object(), "feedback_most").value_or(config::detect{}.feedback_most)};
      }
  return found;
}

json::value shown(double threshold) {
  return threshold > 0 ? json::value(threshold) : json::value(nullptr);
}

bool is_chosen(const verdict_given& each, const request& what) {
  return (what.pipeline.empty() || each.pipeline == what.pipeline) &&
         (what.entity.empty() || each.entity == what.entity) && (!what.from || each.at >= *what.from) &&
         (!what.to || each.at < *what.to);
}

} // namespace

expected<std::vector<presented>> threshold_changes(storage::result_store& store, const request& what) {
  auto taught = taught_in(store);
  if (!taught)
    return tl::unexpected(taught.error());
  auto lives = alert_lives::in(store);
  if (!lives)
    return tl::unexpected(lives.error());
  std::map<std::pair<std::string, std::string>, analytics::judged_scores> scores; // by pipeline and key
  std::map<std::string, bool> counts;                                             // by alert, whether it was right
  std::vector<presented> out;
  for (const auto& each : lives->verdicts()) {
    const auto detector = taught->find({each.pipeline, each.detector});
    if (detector == taught->end() || !each.score)
      continue;
    const auto [by, most] = detector->second;
    auto& of = scores[{each.pipeline, analytics::taught_key(by, each.detector, each.entity)}];
    const auto before = of.threshold(most);
    if (const auto said = counts.find(each.alert); said != counts.end()) {
      of.remove(*each.score, said->second);
      counts.erase(said);
    }
    if (each.verdict != alert_verdict::none) {
      of.add(*each.score, each.verdict == alert_verdict::right);
      counts[each.alert] = each.verdict == alert_verdict::right;
    }
    const auto after = of.threshold(most);
    if (after == before || !is_chosen(each, what))
      continue;
    out.push_back({fmt::format("{}/{}", to_iso8601(each.at), each.alert),
                   {{"at", to_iso8601(each.at)},
                    {"by", each.by},
                    {"note", each.note},
                    {"pipeline", each.pipeline},
                    {"detector", each.detector},
                    {"entity", by == config::feedback::entity ? json::value(each.entity) : json::value(nullptr)},
                    {"alert", each.alert},
                    {"verdict", in_json(to_string(each.verdict))},
                    {"score", *each.score},
                    {"from", shown(before)},
                    {"to", shown(after)}}});
  }
  return out;
}

} // namespace throng::query
