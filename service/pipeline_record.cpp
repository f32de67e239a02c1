#include "service/pipeline_record.hpp"

#include <array>
#include <string_view>

#include <boost/json/array.hpp>

namespace throng::service {

namespace {

namespace json = boost::json;

std::string_view name_of(config::window::shape shape) {
  constexpr std::array<std::string_view, 4> names{"tumbling", "hopping", "session", "calendar"};
  return names.at(static_cast<std::size_t>(shape));
}

json::object describe(const config::window& of) {
  json::array group_by(of.group_by.begin(), of.group_by.end());
  json::object aggregate;
  for (const auto& [field, wanted] : of.aggregates) {
    json::array names;
    for (const auto& each : wanted)
      names.emplace_back(each.name);
    aggregate[field] = std::move(names);
  }
  return {{"name", of.name},
          {"shape", name_of(of.kind)},
          {"size_ms", of.size.count()},
          {"every_ms", of.every.count()},
          {"group_by", std::move(group_by)},
          {"aggregate", std::move(aggregate)}};
}

} // namespace

json::object describe(const analytics::pipeline_plan& plan) {
  const auto& of = plan.definition();
  json::array windows;
  for (const auto& each : of.windows)
    windows.push_back(describe(each));
  json::array features;
  for (const auto& each : of.features)
    features.emplace_back(each.name);
  json::array detect;
  for (const auto& each : of.detectors)
    detect.push_back(json::object{{"name", each.name},
                                  {"detector", each.detector},
                                  {"field", each.field},
                                  {"feedback", config::to_string(each.feedback)},
                                  {"feedback_most", each.feedback_most}});
  json::array rules;
  for (const auto& each : of.rules)
    rules.push_back(json::object{{"name", each.name}, {"severity", to_string(each.severity)}});
  return {{"name", of.name},
          {"description", of.description},
          {"source", of.source},
          {"key", of.key},
          {"hash", plan.hash()},
          {"windows", std::move(windows)},
          {"features", std::move(features)},
          {"detect", std::move(detect)},
          {"rules", std::move(rules)}};
}

expected<void> store_pipelines(storage::result_store& store,
                               const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans) {
  std::vector<storage::record> records;
  records.reserve(plans.size());
  for (const auto& plan : plans)
    records.emplace_back(plan->definition().name, describe(*plan));
  return store.put_records("pipelines", records);
}

} // namespace throng::service
