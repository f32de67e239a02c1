// Whatever a result depends on is part of a definition's hash; what it does not depend on is not.
#define CAF_SUITE analytics.definition_hash

#include "analytics/definition_hash.hpp"

#include <functional>
#include <set>

#include <caf/test/unit_test.hpp>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

/// Something of everything, so that each change below has something to change.
config::pipeline full() {
  config::pipeline made;
  made.name = "full";
  made.source = "readings";
  made.key = "id";
  made.timestamp = "t";
  config::enrichment file;
  file.lookup = "rooms.csv";
  file.on = "room";
  file.add = {"floor"};
  auto table = file;
  table.lookup.clear();
  table.topic = "rooms";
  made.enrich = {file, table};
  made.rekey = "room";
  made.join.emplace();
  made.join->with = "doors";
  made.join->on = "room";
  made.graph = config::payment_fields{"from", "to", "amount"};
  made.features = {feature("n", milliseconds{1'000}, "count"), feature("n", milliseconds{1'000}, "count")};
  made.features[1].kind = config::feature_kind::cycle;
  made.windows = {tumbling("w", milliseconds{60'000}, {"id"})};
  made.detectors.emplace_back().name = "model";
  made.rules = {rule("r", "{}", milliseconds{0}, "")};
  made.to = "onward";
  made.project = {{"id", true}};
  return made;
}

using change = std::function<void(config::pipeline&)>;

} // namespace

CAF_TEST(each part that a result depends on changes the hash in its own way) {
  const std::vector<change> changes{
      [](auto& p) { p.key = "room"; },
      [](auto& p) { p.where = object(R"({"x": 1})"); },
      [](auto& p) {
        p.derive = {{"d", 1}};
      },
      [](auto& p) { p.enrich[0].lookup = "other.csv"; },
      [](auto& p) { p.enrich[0].add = {"side"}; },
      [](auto& p) { p.enrich[1].topic = "halls"; },
      [](auto& p) { p.enrich[1].verdicts = true; },
      [](auto& p) { p.enrich[1].timestamp = "since"; },
      [](auto& p) { p.enrich[1].timestamp_unit = config::timestamp_unit::s; },
      [](auto& p) { p.enrich[1].keep = milliseconds{5}; },
      [](auto& p) { p.rekey = "floor"; },
      [](auto& p) { p.idle_advances = true; },
      [](auto& p) { p.join.reset(); },
      [](auto& p) { p.join->with = "lifts"; },
      [](auto& p) { p.join->key = "door"; },
      [](auto& p) { p.join->within = milliseconds{5}; },
      [](auto& p) { p.join->left = true; },
      [](auto& p) { p.join->add = {"open"}; },
      [](auto& p) { p.graph->amount = "cents"; },
      [](auto& p) { p.graph.reset(); },
      [](auto& p) { p.features[0].over = milliseconds{2'000}; },
      [](auto& p) { p.features[0].group = "room"; },
      [](auto& p) { p.features[1].of_payee = true; },
      [](auto& p) { p.features[1].up_to = 4; },
      [](auto& p) { p.features[1].share = 0.25; },
      [](auto& p) { p.windows[0].lateness = milliseconds{5}; },
      [](auto& p) { p.windows[0].to = "windows"; },
      [](auto& p) { p.detectors[0].parameters["threshold"] = 1; },
      [](auto& p) { p.detectors[0].model = "{}"; },
      [](auto& p) { p.rules[0].severity = config::severity::critical; },
      [](auto& p) { p.rules[0].about = {"from"}; },
      [](auto& p) { p.rules[0].evidence = {"from"}; },
      [](auto& p) { p.to = "elsewhere"; },
      [](auto& p) {
        p.project = {{"id", true}, {"x", true}};
      },
  };
  std::set<std::string> hashes{definition_hash(full())};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto changed = full();
    changes[i](changed);
    CAF_MESSAGE("change " << i);
    CAF_CHECK(hashes.insert(definition_hash(changed)).second);
  }
}

CAF_TEST(what no result depends on leaves the hash as it is) {
  const std::vector<change> changes{
      [](auto& p) { p.description = "for people"; },
      [](auto& p) { p.idle = milliseconds{5}; },
      [](auto& p) { p.enrich[0].file = "/somewhere/rooms.csv"; },
  };
  for (const auto& each : changes) {
    auto changed = full();
    each(changed);
    CAF_CHECK_EQUAL(definition_hash(changed), definition_hash(full()));
  }
}
