// The catalogue of incidents, as the schema has it. simulation/ makes them happen; this is what a scenario may name.
#include <string>

#include <boost/json/parse.hpp>

#include "config/load.hpp"
#include "config/scenario.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

incident_kind kind_of(std::string_view name, const json::object& of) {
  const auto text = [&](const char* member) { return std::string{of.at(member).as_string()}; };
  incident_kind kind;
  kind.name = name;
  kind.population_kind = text("population");
  kind.default_duration = parse_duration(text("for")).value();
  kind.malicious = of.at("malicious").as_bool();
  kind.sentence = text("description");
  kind.sentence.pop_back();
  kind.sentence += "; subtlety " + text("subtlety") + ".";
  if (const auto* group = of.if_contains("group"))
    kind.group = static_cast<std::uint32_t>(group->as_int64());
  return kind;
}

} // namespace

const std::vector<incident_kind>& incident_kinds() {
  static const auto kinds = [] {
    const auto text = scenario_schema();
    const auto schema = json::parse(json::string_view{text.data(), text.size()});
    std::vector<incident_kind> all;
    for (const auto& each : schema.at("definitions").at("incident_kinds").at("properties").as_object())
      all.push_back(kind_of({each.key().data(), each.key().size()}, each.value().as_object()));
    return all;
  }();
  return kinds;
}

const std::vector<std::string_view>& city_totals() {
  static const std::vector<std::string_view> names{"web_requests", "web_errors", "transactions", "declined"};
  return names;
}

} // namespace throng::config
