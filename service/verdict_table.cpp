#include "service/verdict_table.hpp"

#include <map>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "analytics/taught_threshold.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

auto parsed(std::string text, const config::enrichment& definition) {
  return analytics::lookup_table::parse(analytics::lookup_table::format::topic, std::move(text), definition.key_name(),
                                        definition.add);
}

std::string verdicts_text(const std::vector<query::judged_alert>& judged) {
  std::map<std::pair<std::string, std::int64_t>, bool> rows;
  for (const auto& each : judged)
    rows[{each.entity, each.time.ms}] |= each.right;
  std::string text;
  for (const auto& [key, right] : rows) {
    const json::object line{{"key", key.first},
                            {"since", key.second},
                            {"row",
                             {{"entity", key.first},
                              {"time", to_iso8601({key.second})},
                              {"verdict", right ? "right" : "wrong"},
                              {"right", right}}}};
    text += json::serialize(line);
    text += '\n';
  }
  return text;
}

std::string thresholds_text(const std::vector<query::judged_alert>& judged, const config::pipeline& pipeline) {
  std::vector<analytics::judged_alarm> alarms;
  for (const auto& each : judged)
    if (each.score)
      alarms.push_back({each.detector, each.entity, each.time, *each.score, each.right});
  return analytics::taught_table_text(pipeline, alarms);
}

} // namespace

expected<std::shared_ptr<const analytics::lookup_table>>
verdict_table(const query::alert_lives& lives, const config::pipeline& pipeline, const config::enrichment& definition) {
  const auto judged = lives.judged(pipeline.name);
  auto made = parsed(definition.thresholds ? thresholds_text(judged, pipeline) : verdicts_text(judged), definition);
  if (!made)
    return fail(error_kind::exhausted,
                fmt::format("the verdicts on {}'s alerts: {}", pipeline.name, made.error().front().sentence));
  return *made;
}

std::shared_ptr<const analytics::lookup_table> no_verdicts(const config::enrichment& definition) {
  return *parsed({}, definition);
}

} // namespace throng::service
