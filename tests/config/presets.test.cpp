#define CAF_SUITE config.presets

#include "config/load.hpp"

#include <algorithm>
#include <set>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>

using namespace throng;
using namespace throng::config;
using namespace std::chrono_literals;

namespace json = boost::json;

namespace {

template <class T>
bool is_right(const checked<T>& result) {
  if (!result)
    for (const auto& one : result.error())
      CAF_MESSAGE(to_string(one));
  return result.has_value();
}

const json::value& schema_of(std::string_view text) {
  static std::map<std::string_view, json::value> trees;
  auto& tree = trees[text];
  if (tree.is_null())
    tree = json::parse(json::string_view{text.data(), text.size()});
  return tree;
}

/// `schema`, or what it refers to.
const json::object& resolved(const json::value& root, const json::value& schema) {
  const auto* reference = schema.as_object().if_contains("$ref");
  if (!reference)
    return schema.as_object();
  std::string name{reference->as_string()};
  return root.at("definitions").at(name.substr(name.rfind('/') + 1)).as_object();
}

/// Every property's default, written out.
json::object defaults_of(const json::value& root, const json::value& schema) {
  json::object result;
  for (const auto& property : resolved(root, schema).at("properties").as_object()) {
    const auto& own = property.value().as_object();
    const auto& target = resolved(root, property.value());
    if (own.contains("default"))
      result[property.key()] = own.at("default");
    else if (target.contains("default"))
      result[property.key()] = target.at("default");
    auto type = target.if_contains("type");
    // An object's own defaults lie deeper.
    if (result.contains(property.key()) && type && *type == "object" && target.contains("properties"))
      result[property.key()] = defaults_of(root, property.value());
  }
  return result;
}

void merge(json::object& into, const json::object& from) {
  for (const auto& member : from)
    into[member.key()] = member.value();
}

} // namespace

CAF_TEST(every scenario preset loads and so do its pipelines) {
  CAF_CHECK_EQUAL(scenario_presets().size(), 4u);
  for (const auto& one : scenario_presets()) {
    auto scenario = load_scenario(std::string{one.name}, {});
    CAF_REQUIRE(is_right(scenario));
    CAF_CHECK_EQUAL(scenario->value.name, one.name);
    CAF_CHECK(!scenario->value.pipelines.empty());
    for (const auto& pipeline : scenario->value.pipelines)
      CAF_CHECK(is_right(load_pipelines(pipeline, {})));
  }
}

CAF_TEST(every pipeline preset loads under its own name or as several that begin with it) {
  CAF_CHECK_EQUAL(pipeline_presets().size(), 12u);
  for (const auto& one : pipeline_presets()) {
    auto pipelines = load_pipelines(std::string{one.name}, {});
    CAF_REQUIRE(is_right(pipelines));
    for (const auto& each : *pipelines) {
      const auto& made = each.value;
      CAF_CHECK(pipelines->size() == 1 ? made.name == one.name : made.name.starts_with(one.name));
      const auto learns = std::any_of(made.detectors.begin(), made.detectors.end(),
                                      [](const config::detect& d) { return d.detector == "learner"; });
      CAF_CHECK(learns || (!made.windows.empty() && (!made.rules.empty() || !made.sinks.empty())));
    }
  }
}

CAF_TEST(every source preset loads under its own name and names its documentation) {
  CAF_CHECK_EQUAL(ingest_presets().size(), 5u);
  for (const auto& one : ingest_presets()) {
    auto made = load_ingest(std::string{one.name}, {});
    CAF_REQUIRE(is_right(made));
    CAF_CHECK_EQUAL(made->value.name, one.name);
    CAF_CHECK(made->value.description.find("; source: ") != std::string::npos);
  }
}

CAF_TEST(the defaults of a source schema are those of the model) {
  const auto& root = schema_of(ingest_schema());
  json::object least{{"name", "n"}, {"url", "http://h/"}, {"topic", "t"}, {"key", "k"}};
  auto spelled = least;
  merge(spelled, defaults_of(root, root));
  auto bare = parse_ingest(json::serialize(least), "f", {});
  auto full = parse_ingest(json::serialize(spelled), "f", {});
  CAF_REQUIRE(is_right(bare));
  CAF_REQUIRE(is_right(full));
  CAF_CHECK(bare->value == full->value);
}

CAF_TEST(every scenario preset has a blatant incident early enough for an alert within half an hour) {
  for (const auto& one : scenario_presets()) {
    auto scenario = load_scenario(std::string{one.name}, {});
    CAF_REQUIRE(is_right(scenario));
    const auto& incidents = scenario->value.incidents;
    CAF_CHECK(std::any_of(incidents.begin(), incidents.end(),
                          [](const incident& i) { return i.at && *i.at <= 10min && i.subtlety == 0; }));
  }
}

CAF_TEST(smart city and metropolis have populations named sensors) {
  for (auto name : {"smart-city", "metropolis"}) {
    auto scenario = load_scenario(name, {});
    CAF_REQUIRE(is_right(scenario));
    const auto& populations = scenario->value.populations;
    CAF_CHECK(
        std::any_of(populations.begin(), populations.end(), [](const population& p) { return p.name == "sensors"; }));
  }
}

CAF_TEST(metropolis has ten thousand actors of all four kinds and incidents of every domain) {
  auto scenario = load_scenario("metropolis", {});
  CAF_REQUIRE(is_right(scenario));
  std::uint32_t actors = 0;
  std::set<std::string_view> kinds;
  for (const auto& one : scenario->value.populations) {
    actors += one.count;
    kinds.insert(kind_name(one));
  }
  CAF_CHECK(actors >= 10'000);
  CAF_CHECK_EQUAL(kinds.size(), 4u);
  std::set<std::string> domains;
  for (const auto& one : scenario->value.incidents)
    domains.insert(one.kind.substr(0, one.kind.find('.')));
  CAF_CHECK(domains == (std::set<std::string>{"bank", "sensor", "support", "web"}));
  CAF_CHECK(scenario->value.duration == 2h);
}

CAF_TEST(the schema names exactly the kinds of incident that the catalogue has) {
  const auto& schema = schema_of(scenario_schema());
  std::set<std::string> in_schema;
  for (const auto& name : schema.at("definitions").at("incident").at("properties").at("kind").at("enum").as_array())
    in_schema.emplace(name.as_string());
  std::set<std::string> in_catalogue;
  std::set<std::string> populations;
  for (const auto& kind : incident_kinds()) {
    in_catalogue.emplace(kind.name);
    populations.emplace(kind.population_kind);
    CAF_CHECK(kind.default_duration > 0ms);
    CAF_CHECK(kind.sentence.find("subtlety") != std::string_view::npos);
  }
  CAF_CHECK(in_schema == in_catalogue);
  CAF_CHECK(populations == (std::set<std::string>{"account", "sensor", "support_client", "web_client"}));
}

CAF_TEST(the defaults of the scenario schema are those of the model) {
  const auto& schema = schema_of(scenario_schema());
  json::object plain{{"name", "x"}};
  auto full = plain;
  auto& plain_populations = plain["populations"].emplace_object();
  json::object full_populations;
  for (const auto* kind : {"sensor", "web_client", "account", "support_client"}) {
    json::object population{{"kind", kind}, {"count", 1}};
    plain_populations[std::string{kind} + "s"] = population;
    merge(population, defaults_of(schema, schema.at("definitions").at(std::string{kind} + "_population")));
    CAF_CHECK(population.size() > 2);
    full_populations[std::string{kind} + "s"] = population;
  }
  merge(full, defaults_of(schema, schema));
  full["populations"] = full_populations;
  json::object incident{{"kind", "sensor.stuck"}, {"population", "sensors"}, {"at", "1h"}};
  plain["incidents"] = json::array{incident};
  merge(incident, defaults_of(schema, schema.at("definitions").at("incident")));
  CAF_CHECK_EQUAL(incident.size(), 5u);
  full["incidents"] = json::array{incident};

  auto from_plain = parse_scenario(json::serialize(plain), "plain", {});
  auto from_full = parse_scenario(json::serialize(full), "full", {});
  CAF_REQUIRE(is_right(from_plain));
  CAF_REQUIRE(is_right(from_full));
  CAF_CHECK(from_plain->value == from_full->value);
  CAF_CHECK(from_plain->value.settings == settings{});
}

CAF_TEST(the defaults of the pipeline schema are those of the model) {
  const auto& schema = schema_of(pipeline_schema());
  const auto& definitions = schema.at("definitions");
  json::object plain{{"name", "x"}, {"source", "t"}, {"key", "k"}};
  auto full = plain;
  merge(full, defaults_of(schema, definitions.at("pipeline")));
  CAF_CHECK_EQUAL(full.at("idle_advances"), config::pipeline{}.idle_advances);
  full.erase("idle_advances"); // what belongs to `rekey` alone
  CAF_CHECK(full.size() > 10);
  auto add = [&](const char* list, const char* definition, json::object element) {
    plain[list] = json::array{element};
    merge(element, defaults_of(schema, definitions.at(definition)));
    full[list] = json::array{element};
  };
  add("windows", "window", {{"name", "w"}, {"tumbling", "1m"}});
  add("rules", "rule", {{"name", "r"}, {"when", json::object{{"a", 1}}}});
  auto from_plain = parse_pipelines(json::serialize(plain), "plain", {});
  auto from_full = parse_pipelines(json::serialize(full), "full", {});
  CAF_REQUIRE(is_right(from_plain));
  CAF_REQUIRE(is_right(from_full));
  CAF_CHECK(from_plain->front().value == from_full->front().value);
}

CAF_TEST(every parameter of the schemas is described) {
  auto check = [](const json::value& root, const json::value& schema, const std::string& name) {
    for (const auto& property : schema.at("properties").as_object()) {
      const auto& own = property.value().as_object();
      // `{}` stands where another schema describes the same member.
      bool described =
          own.empty() || own.contains("description") || resolved(root, property.value()).contains("description");
      if (!described)
        CAF_MESSAGE(name << "." << std::string{property.key()});
      CAF_CHECK(described);
    }
  };
  for (auto text : {scenario_schema(), pipeline_schema()}) {
    const auto& root = schema_of(text);
    if (root.as_object().contains("properties"))
      check(root, root, "the root");
    for (const auto& definition : root.at("definitions").as_object())
      if (definition.value().as_object().contains("properties"))
        check(root, definition.value(), std::string{definition.key()});
  }
}
