#define CAF_SUITE config.pipeline

#include "config/load.hpp"

#include <caf/test/unit_test.hpp>

#include "loading.hpp"

using namespace throng;
using namespace throng::config;
using namespace std::chrono_literals;

namespace {

/// The example of commands.md.
constexpr std::string_view example = R"({
  "name": "city-climate", "source": "iot.readings", "key": "sensor_id", "timestamp": "timestamp", "disorder": "5s", "idle": "10s",
  "where": {"temperature": {"$gt": -60}}, "derive": {"fahrenheit": {"$add": [{"$multiply": ["$temperature", 1.8]}, 32]}},
  "features": [{"name": "swing_1h", "over": "1h", "max": "temperature"}],
  "windows": [
    {"name": "climate-1m", "tumbling": "1m", "lateness": "10s", "group_by": ["district"],
     "aggregate": {"temperature": ["count", "mean", "min", "max", "stddev", "p99"], "sensor_id": ["distinct"]}},
    {"name": "climate-5m", "hopping": {"size": "5m", "every": "1m"}, "group_by": [], "aggregate": {"co2_level": ["mean"]}},
    {"name": "visits", "session": {"gap": "30m"}, "group_by": ["sensor_id"], "aggregate": {"co2_level": ["max"]}}
  ],
  "detect": [{"name": "temperature-shift", "detector": "shift", "by": "sensor_id", "field": "temperature"}],
  "rules": [{"name": "overheated", "when": {"swing_1h": {"$gt": 45}}, "severity": "warning", "cooldown": "1h"}]
})";

std::string with(const std::string& members) {
  return "{\"name\": \"x\", \"source\": \"t\", \"key\": \"k\",\n" + members + "}";
}

checked<std::vector<loaded<pipeline>>> parse(std::string_view text, const load_options& options = {}) {
  return parse_pipelines(text, "f", options);
}

checked<std::vector<loaded<pipeline>>> window_of(const std::string& members) {
  return parse(with("\"windows\": [{\"name\": \"w\", " + members + "}]"));
}

checked<std::vector<loaded<pipeline>>> feature_of(const std::string& members) {
  return parse(with("\"features\": [{\"name\": \"a\", " + members + "}]"));
}

} // namespace

CAF_TEST(the example of the contract is read as it stands) {
  auto read = parse(example);
  CAF_REQUIRE(has_problems(read, {}));
  CAF_REQUIRE_EQUAL(read->size(), 1u);
  CAF_CHECK_EQUAL(read->front().path, "");
  const auto& it = read->front().value;
  CAF_CHECK_EQUAL(it.source, "iot.readings");
  CAF_CHECK_EQUAL(it.key, "sensor_id");
  CAF_CHECK(it.disorder == 5s);
  CAF_CHECK(it.max_ahead == 1h);
  CAF_CHECK_EQUAL(it.max_message, 16u << 20u);
  CAF_CHECK(it.timestamp_unit == timestamp_unit::none);
  CAF_CHECK(it.where.contains("temperature"));
  CAF_REQUIRE_EQUAL(it.derive.size(), 1u);
  CAF_CHECK_EQUAL(it.derive[0].first, "fahrenheit");
  CAF_REQUIRE_EQUAL(it.features.size(), 1u);
  CAF_CHECK(it.features[0].kind == feature_kind::max);
  CAF_CHECK_EQUAL(it.features[0].field, "temperature");
  CAF_CHECK(it.features[0].over == 1h);
  CAF_REQUIRE_EQUAL(it.windows.size(), 3u);
  CAF_CHECK(it.windows[2].kind == window::shape::session);
  const auto& tumbling = it.windows[0];
  CAF_CHECK(tumbling.kind == window::shape::tumbling);
  CAF_CHECK(tumbling.size == 1min && tumbling.every == 1min && tumbling.lateness == 10s);
  CAF_CHECK(tumbling.group_by == std::vector<std::string>{"district"});
  CAF_REQUIRE_EQUAL(tumbling.aggregates.size(), 2u);
  CAF_CHECK_EQUAL(tumbling.aggregates[0].first, "temperature");
  CAF_REQUIRE_EQUAL(tumbling.aggregates[0].second.size(), 6u);
  CAF_CHECK(tumbling.aggregates[0].second[5].kind == aggregate_kind::percentile);
  CAF_CHECK_EQUAL(tumbling.aggregates[0].second[5].percentile, 99.0);
  const auto& hopping = it.windows[1];
  CAF_CHECK(hopping.kind == window::shape::hopping);
  CAF_CHECK(hopping.size == 5min && hopping.every == 1min);
  CAF_CHECK_EQUAL(it.detectors[0].detector, "shift");
  CAF_CHECK(it.detectors[0].parameters.empty());
  CAF_CHECK(it.rules[0].severity == severity::warning);
  CAF_CHECK(it.rules[0].cooldown == 1h);
}

CAF_TEST(everything else of a detector is its parameters) {
  auto read =
      parse(with(R"("detect": [{"name": "d", "detector": "shift", "field": "a", "short": 10, "refractory": "30m"}])"));
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK((read->front().value.detectors[0].parameters == boost::json::object{{"short", 10}, {"refractory", "30m"}}));
}

CAF_TEST(a rule has severity and cooldown and reason) {
  auto read = parse(with(
      R"("rules": [{"name": "r", "when": {"a": 1}, "severity": "critical", "cooldown": "2h", "reason": "{a}"}, {"name": "q", "when": {"a": 1}}])"));
  CAF_REQUIRE(has_problems(read, {}));
  const auto& rules = read->front().value.rules;
  CAF_CHECK(rules[0].severity == severity::critical);
  CAF_CHECK_EQUAL(rules[0].reason, "{a}");
  CAF_CHECK(rules[1].severity == severity::warning);
  CAF_CHECK(rules[1].cooldown == 0ms);
  CAF_CHECK(has_problems(parse(with(R"("rules": [{"name": "r", "when": {}, "severity": "warn", "cooldown": "x"}])")),
                         {"f:2:33: rules[0].when: is empty",
                          "f:2:49: rules[0].severity: \"warn\" is not allowed; allowed: info, warning, critical",
                          "f:2:69: rules[0].cooldown: \"x\" is not allowed"}));
}

CAF_TEST(unknown keys are named with the nearest known one) {
  CAF_CHECK(has_problems(parse(with(R"("window": [], "xyzzy": [])")),
                         {"f:2:1: window: unknown key `window`; did you mean `windows`?",
                          "f:2:15: xyzzy: unknown key `xyzzy`; known here: "}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "groupby": ["a"])"),
                         {"f:2:45: windows[0].groupby: unknown key `groupby`; did you mean `group_by`?"}));
}

CAF_TEST(what must be there and is not is named) {
  CAF_CHECK(
      has_problems(parse("{}"), {"f:1:1: name: is missing", "f:1:1: source: is missing", "f:1:1: key: is missing"}));
  CAF_CHECK(has_problems(parse("[]"), {"f:1:1: has 0 elements; at least 1 are needed"}));
  CAF_CHECK(has_problems(parse("5"), {"f:1:1: 5 is not allowed; allowed: an object"}));
}

CAF_TEST(a window has exactly one shape of a positive size) {
  CAF_CHECK(
      has_problems(window_of(R"("lateness": "1s")"),
                   {"f:2:13: windows[0]: has none of tumbling, hopping, session, calendar; exactly one is needed"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "hopping": {"size": "1m", "every": "1m"})"),
                         {"f:2:13: windows[0]: has tumbling and hopping at once"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "0s")"),
                         {"f:2:39: windows[0].tumbling: \"0s\" is not allowed; allowed: a duration above 0"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "-1m")"), {"f:2:39: windows[0].tumbling: \"-1m\" is not allowed"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": 60)"), {"f:2:39: windows[0].tumbling: 60 is not allowed"}));
  CAF_CHECK(has_problems(window_of(R"("hopping": {"size": "1m"})"), {"f:2:38: windows[0].hopping.every: is missing"}));
  CAF_CHECK(has_problems(window_of(R"("hopping": {"size": "1m", "every": "2m"})"),
                         {"f:2:62: windows[0].hopping.every: \"2m\" is more than size, 1m"}));
  CAF_CHECK(has_problems(window_of(R"("hopping": {"size": "1d", "every": "1ms"})"),
                         {"f:2:62: windows[0].hopping.every: \"1ms\" puts an event into 86400000 windows at once"}));
}

CAF_TEST(an offset stays below the time between two windows) {
  auto read = window_of(R"("hopping": {"size": "1h", "every": "10m"}, "offset": "9m", "emit": {"every": "30s"})");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->front().value.windows[0].offset == 9min);
  CAF_CHECK(read->front().value.windows[0].emit_every == milliseconds{30s});
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "offset": "1m")"),
                         {"f:2:55: windows[0].offset: \"1m\" is not below 1m"}));
}

CAF_TEST(a session is grouped by the pipelines key and a calendar has a zone and neither an offset) {
  CAF_CHECK(
      has_problems(window_of(R"("session": {"gap": "30m"})"),
                   {"f:2:38: windows[0].session: a session's group_by must contain the pipeline's key, k: other"}));
  auto read = window_of(R"("session": {"gap": "30m"}, "group_by": ["g", "k"])");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->front().value.windows[0].size == 30min);
  read = window_of(R"("calendar": "1mo", "zone": "Europe/Paris")");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->front().value.windows[0].calendar, "1mo");
  CAF_CHECK_EQUAL(read->front().value.windows[0].zone, "Europe/Paris");
  read = window_of(R"("calendar": "1d")"); // kept: the checks hold references
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->front().value.windows[0].zone, "UTC");
  CAF_CHECK(has_problems(window_of(R"("calendar": "2d")"),
                         {"f:2:39: windows[0].calendar: \"2d\" is not allowed; allowed: 1d, 1w, 1mo, 3mo, 1y"}));
  CAF_CHECK(has_problems(window_of(R"("calendar": "1d", "offset": "1h")"),
                         {"f:2:55: windows[0].offset: a calendar window begins when"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1d", "zone": "Europe/Paris")"),
                         {"f:2:53: windows[0].zone: only a calendar window has a time zone"}));
}

CAF_TEST(an aggregate that does not exist is a problem) {
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {"a": ["cout", "mean"]})"),
                         {"f:2:65: windows[0].aggregate.a[0]: \"cout\" is not allowed; allowed: count, sum, mean,"}));
  CAF_CHECK(lines(window_of(R"("tumbling": "1m", "aggregate": {"a": ["cout"]})")).front().find("did you mean count?") !=
            std::string::npos);
  for (auto name : {"\"p0\"", "\"p101\"", "\"p100.5\"", "\"p\"", "\"p-1\"", "\"pp\"", "\"top_5\"", "\"Mean\"", "7",
                    "null", "\"p00\""})
    CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {"a": [)" + std::string{name} + "]}"),
                           {"f:2:65: windows[0].aggregate.a[0]: " + std::string{name} + " is "}));
  for (auto name : {"p1", "p50", "p99.9", "p99.99", "p100", "p0.1", "top_10", "first", "last", "variance"})
    CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {"a": [")" + std::string{name} + "\"]}"), {}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {"a": ["mean", "mean"]})"),
                         {"f:2:73: windows[0].aggregate.a[1]: \"mean\" stands here a second time"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {"a": []})"),
                         {"f:2:64: windows[0].aggregate.a: has 0 elements"}));
}

CAF_TEST(a field named as a key of the document must be derived under another name) {
  for (auto name : {"pipeline", "window", "start", "end", "group", "events", "final", "late"})
    CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {")" + std::string{name} + R"(": ["mean"]})"),
                           {"f:2:59: windows[0].aggregate." + std::string{name} + ": `" + name +
                            "` is a key of every window's document"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "aggregate": {"a.b": ["mean"], "$c": ["mean"]})"),
                         {"f:2:59: windows[0].aggregate.a.b: `a.b` is no top-level field",
                          "f:2:76: windows[0].aggregate.$c: `$c` is no"}));
}

CAF_TEST(grouping takes plain or derived fields once each) {
  CAF_CHECK(
      has_problems(window_of(R"("tumbling": "1m", "group_by": ["a.b", "c", "c", ""])"),
                   {"f:2:58: windows[0].group_by[0]: \"a.b\" is not allowed; allowed: a top-level or derived field",
                    "f:2:70: windows[0].group_by[2]: \"c\" stands here a second time",
                    "f:2:75: windows[0].group_by[3]: \"\" is not"}));
}

CAF_TEST(a feature has exactly one aggregate) {
  CAF_CHECK(has_problems(feature_of(R"("over": "1h")"),
                         {"f:2:14: features[0]: has none of count, sum, mean, min, max, distinct"}));
  CAF_CHECK(has_problems(feature_of(R"("over": "1h", "count": true, "sum": "b")"),
                         {"f:2:14: features[0]: has count and sum at once"}));
  CAF_CHECK(has_problems(feature_of(R"("over": "1h", "count": "b")"),
                         {"f:2:51: features[0].count: \"b\" is not allowed; allowed: true"}));
  CAF_CHECK(has_problems(feature_of(R"("over": "1h", "count": false)"),
                         {"f:2:51: features[0].count: false is not allowed; allowed: true"}));
  CAF_CHECK(
      has_problems(feature_of(R"("over": "0s", "sum": "b")"), {"f:2:36: features[0].over: \"0s\" is not allowed"}));
  CAF_CHECK(has_problems(feature_of(R"("over": "1h", "stddev": "b")"),
                         {"f:2:14: features[0]: has none of", "f:2:42: features[0].stddev: unknown key"}));
  auto read = feature_of(R"("over": "1h", "count": true, "where": {"b": {"$lt": 5}})");
  CAF_REQUIRE(has_problems(read, {}));
  const auto& one = read->front().value.features[0];
  CAF_CHECK(one.kind == feature_kind::count && one.field.empty() && one.where && one.where->contains("b"));
  CAF_CHECK(!feature_of(R"("over": "1h", "distinct": "b")")->front().value.features[0].where);
}

CAF_TEST(a habit is of a number and may be by another field) {
  auto read = feature_of(R"("over": "30d", "habit": {"of": "amount", "by": "mcc"})");
  CAF_REQUIRE(has_problems(read, {}));
  const auto& one = read->front().value.features[0];
  CAF_CHECK(one.kind == feature_kind::habit);
  CAF_CHECK_EQUAL(one.field, "amount");
  CAF_CHECK_EQUAL(one.group, "mcc");
  CAF_CHECK(has_problems(feature_of(R"("over": "30d", "habit": {"by": "mcc"})"),
                         {"f:2:52: features[0].habit.of: is missing"}));
}

CAF_TEST(features of accounts need a graph and take all of its payments) {
  const auto graph = [](const std::string& members, const std::string& to = "payee") {
    return parse(with(R"("graph": {"from": "payer", "to": ")" + to + R"(", "amount": "sum"},
"features": [{"name": "a", "over": "1h", )" +
                      members + "}]"));
  };
  CAF_CHECK(
      has_problems(feature_of(R"("over": "1h", "fan_out": "from")"),
                   {"f:2:53: features[0].fan_out: fan_out is of a payment's accounts: the pipeline needs `graph`"}));
  CAF_CHECK(has_problems(
      graph(R"("fan_out": "payer")"),
      {"f:3:53: features[0].fan_out: \"payer\" is not allowed; allowed: from (who pays) or to (who is paid)"}));
  CAF_CHECK(has_problems(graph(R"("sent": "to", "where": {"b": 1})"),
                         {"f:3:65: features[0].where: all payments of a graph count"}));
  CAF_CHECK(has_problems(graph(R"("cycle": {"up_to": 11})"), {"f:3:61: features[0].cycle.up_to: 11 is"}));
  CAF_CHECK(has_problems(graph(R"("sent": "to")", "payer"), {"f:2:34: graph.to: \"payer\" is also who pays"}));
  auto read = graph(R"("cycle": {"up_to": 5, "share": 0.9})");
  CAF_REQUIRE(has_problems(read, {}));
  const auto& it = read->front().value;
  CAF_CHECK(it.graph == (payment_fields{"payer", "payee", "sum"}));
  CAF_CHECK(it.features[0].kind == feature_kind::cycle);
  CAF_CHECK_EQUAL(it.features[0].up_to, 5);
  CAF_CHECK_EQUAL(it.features[0].share, 0.9);
  read = graph(R"("held": "to")");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->front().value.features[0].of_payee);
}

CAF_TEST(only a rule about single events names whom its alerts are about) {
  const auto rule = [](const std::string& members) {
    return parse(with("\"rules\": [{\"name\": \"r\", \"about\": [\"x\"], " + members + "}]"));
  };
  auto read = rule(R"("when": {"a": 1})");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->front().value.rules[0].about == std::vector<std::string>{"x"});
  CAF_CHECK(has_problems(rule(R"("absent": "5m")"), {"f:2:34: rules[0].about: `about` belongs to"}));
  CAF_CHECK(
      has_problems(rule(R"("when": {"a": 1}, "until": {"a": 2})"), {"f:2:34: rules[0].about: `about` belongs to"}));
}

CAF_TEST(a rule names what else its alerts show unless they are of a silence) {
  const auto rule = [](const std::string& members) {
    return parse(with("\"rules\": [{\"name\": \"r\", \"evidence\": [\"x\", \"y\"], " + members + "}]"));
  };
  auto read = rule(R"("when": {"a": 1})");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->front().value.rules[0].evidence == (std::vector<std::string>{"x", "y"}));
  CAF_CHECK(has_problems(rule(R"("sequence": [{"a": 1}, {"a": 2}], "within": "1m")"), {}));
  CAF_CHECK(has_problems(rule(R"("absent": "5m")"), {"f:2:37: rules[0].evidence: `evidence` belongs to"}));
}

CAF_TEST(features and detectors by another field than the key need rekey) {
  CAF_CHECK(has_problems(feature_of(R"("over": "1h", "by": "other", "sum": "b")"),
                         {"f:2:48: features[0].by: \"other\" is not the pipeline's key, k, so its events lie in "
                          "several partitions; leave `by` out, or "
                          "bring them together first with `rekey`"}));
  CAF_CHECK(has_problems(parse(with(R"("detect": [{"name": "d", "detector": "shift", "field": "a", "by": "b"}])")),
                         {"f:2:67: detect[0].by: \"b\" is not the pipeline's key"}));
  CAF_CHECK(has_problems(feature_of(R"("over": "1h", "by": "k", "sum": "b")"), {}));
}

CAF_TEST(behind rekey its field is the key) {
  auto read = parse(with(R"("rekey": "r", "idle_advances": true,
"features": [{"name": "n", "over": "1h", "by": "r", "count": true}],
"windows": [{"name": "w", "session": {"gap": "1m"}, "group_by": ["r"], "aggregate": {"x": ["rate"]}}],
"detect": [{"name": "d", "detector": "shift", "field": "a", "by": "r"}])"));
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->front().value.rekey, "r");
  CAF_CHECK(read->front().value.idle_advances);
  CAF_CHECK(
      has_problems(parse(with(R"("rekey": "r", "features": [{"name": "n", "over": "1h", "by": "k", "count": true}])")),
                   {"f:2:62: features[0].by: \"k\" is not the pipeline's key, r"}));
  CAF_CHECK(has_problems(parse(with(R"("rekey": "k")")),
                         {"f:2:10: rekey: \"k\" is the pipeline's key already; leave it out"}));
  CAF_CHECK(has_problems(parse(with(R"("idle_advances": true)")),
                         {"f:2:18: idle_advances: belongs to a pipeline with `rekey`; leave it out"}));
}

CAF_TEST(what goes on to other topics is read in its order) {
  auto read = parse(with(R"("to": "t.big", "project": {"z": 1, "a": {"$add": ["$z", 1]}, "k": true},
"windows": [{"name": "w", "tumbling": "1m", "group_by": ["k"], "to": "t.minutes"}])"));
  CAF_REQUIRE(has_problems(read, {}));
  const auto& it = read->front().value;
  CAF_CHECK_EQUAL(it.to, "t.big");
  CAF_REQUIRE_EQUAL(it.project.size(), 3u);
  CAF_CHECK(it.project[0].first == "z" && it.project[1].first == "a" && it.project[2].first == "k");
  CAF_CHECK_EQUAL(it.windows[0].to, "t.minutes");
}

CAF_TEST(what can not go on to a topic is told with its place) {
  CAF_CHECK(has_problems(parse(with(R"("to": "analytics.late")")),
                         {"f:2:7: to: \"analytics.late\" is among the topics that Throng writes itself, analytics.*"}));
  CAF_CHECK(has_problems(parse(with(R"("to": "t")")), {"f:2:7: to: \"t\" is what the pipeline reads"}));
  CAF_CHECK(has_problems(parse(with(R"("project": {"a": 1})")), {"f:2:12: project: belongs to a pipeline with `to`"}));
  CAF_CHECK(
      has_problems(parse(with(R"("to": "u", "project": {"a": 0, "b": 2, "c": false, "d.e": 1, "$f": 1, "g": 1.0})")),
                   {"f:2:29: project.a: 0 neither takes a field (1 or true) nor computes one",
                    "f:2:37: project.b: 2 neither", "f:2:45: project.c: false neither",
                    "f:2:52: project.d.e: `d.e` is no name of a top-level field", "f:2:62: project.$f: `$f`"}));
  CAF_CHECK(has_problems(window_of(R"("tumbling": "1m", "group_by": ["g"], "to": "u")"),
                         {"f:2:70: windows[0].to: of a window that goes to a topic, group_by must contain"}));
  CAF_CHECK(has_problems(
      parse(R"([{"name": "a", "source": "t", "key": "k", "to": "u"}, {"name": "b", "source": "u", "key": "k"}])"), {}));
  CAF_CHECK(has_problems(
      parse(
          R"([{"name": "a", "source": "t", "key": "k", "to": "u"}, {"name": "b", "source": "u", "key": "k", "to": "t"}])"),
      {"f:1:49: [0].to: what goes to \"u\" comes back to t", "f:1:102: [1].to: what goes to \"t\" comes back to u"}));
}

CAF_TEST(names are given once) {
  CAF_CHECK(has_problems(parse(with(R"("windows": [{"name": "w", "tumbling": "1m"}, {"name": "w", "tumbling": "2m"}],
"derive": {"z": 1},
"features": [{"name": "a", "over": "1h", "count": true}, {"name": "a", "over": "2h", "count": true}, {"name": "z", "over": "2h", "count": true}],
"detect": [{"name": "d", "detector": "shift", "field": "a"}],
"rules": [{"name": "d", "when": {"a": 1}}])")),
                         {"f:2:55: windows[1].name: \"w\" is the name of another window already",
                          "f:4:67: features[1].name: \"a\" is the name of another feature",
                          "f:4:111: features[2].name: \"z\" is derived already",
                          "f:6:20: rules[0].name: \"d\" is the name of another detector or rule already"}));
}

CAF_TEST(derived fields have plain names and keep their order) {
  auto read = parse(with(R"("derive": {"z": 1, "a": "$z", "m": {"$add": ["$a", 0.1]}})"));
  CAF_REQUIRE(has_problems(read, {}));
  const auto& derive = read->front().value.derive;
  CAF_CHECK(derive[0].first == "z" && derive[1].first == "a" && derive[2].first == "m");
  CAF_CHECK(has_problems(parse(with(R"("derive": {"a.b": 1, "$c": 1, "": 1, "1a": 1})")),
                         {"f:2:12: derive.a.b: `a.b` is no name of a field",
                          "f:2:22: derive.$c:", "f:2:31: derive.:", "f:2:38: derive.1a:"}));
}

CAF_TEST(a unit needs a timestamp) {
  auto read = parse(with(R"("timestamp": "meta.time", "timestamp_unit": "us")"));
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->front().value.timestamp_unit == timestamp_unit::us);
  CAF_CHECK(has_problems(parse(with(R"("timestamp_unit": "s")")),
                         {"f:2:19: timestamp_unit: has no timestamp to be the unit of"}));
  CAF_CHECK(has_problems(parse(with(R"("timestamp": "t", "timestamp_unit": "m")")),
                         {"f:2:37: timestamp_unit: \"m\" is not allowed; allowed: s, ms, us, ns; did"}));
}

CAF_TEST(pipelines of one file have names of their own and one key a source) {
  auto read = parse(
      R"([{"name": "a", "source": "t", "key": "k"}, {"name": "b", "source": "t", "key": "k"}, {"name": "c", "source": "u", "key": "l"}])");
  CAF_REQUIRE(has_problems(read, {}));
  CAF_REQUIRE_EQUAL(read->size(), 3u);
  CAF_CHECK_EQUAL((*read)[1].path, "[1]");
  CAF_CHECK_EQUAL(to_string((*read)[1].source.at("[1].where.x", "no")), "f:1:44: [1].where.x: no");
  CAF_CHECK(
      has_problems(parse(R"([{"name": "a", "source": "t", "key": "k"}, {"name": "a", "source": "t", "key": "l"}])"),
                   {"f:1:53: [1].name: \"a\" is the name of another pipeline already",
                    "f:1:80: [1].key: \"l\" differs from \"k\""}));
  CAF_CHECK(has_problems(parse(R"([{"name": "a", "source": "t", "key": "k", "disorder": 1}, 5])"),
                         {"f:1:55: [0].disorder: 1 is not allowed", "f:1:59: [1]: 5 is not allowed"}));
}

CAF_TEST(--set reaches every pipeline of a file or one by its index and leaves the settings alone) {
  load_options options;
  options.sets = {{"disorder", "9s"}, {"[1].idle", "3s"}, {"kafka.brokers", "h:1"}, {"seed", "1"}, {"name", "other"}};
  auto read = parse(R"([{"name": "a", "source": "t", "key": "k"}, {"name": "b", "source": "t", "key": "k"}])", options);
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK((*read)[0].value.disorder == 9s && (*read)[1].value.disorder == 9s);
  CAF_CHECK((*read)[0].value.idle == 10s && (*read)[1].value.idle == 3s);
  CAF_CHECK_EQUAL((*read)[0].value.name, "a");
  options.sets = {{"windows[0].tumbling", "0s"}};
  CAF_CHECK(has_problems(parse(with(R"("windows": [{"name": "w", "tumbling": "1m"}])"), options),
                         {"--set: windows[0].tumbling: \"0s\" is not allowed"}));
}

CAF_TEST(texts of pipelines take the environment in but expressions keep their dollars) {
  load_options options;
  options.environment = {{"LIMIT", "5"}, {"THRONG_NAME", "other"}};
  auto read = parse(with(R"("derive": {"a": {"$add": ["$b", 1]}, "c": "$${x}"}, "description": "${LIMIT}")"), options);
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->front().value.name, "x");
  CAF_CHECK_EQUAL(read->front().value.description, "5");
  CAF_CHECK(read->front().value.derive[0].second.at("$add").at(0) == "$b");
  CAF_CHECK(read->front().value.derive[1].second == "${x}");
}

CAF_TEST(a sink of a database has a table and columns and no password) {
  const auto sink = [](const std::string& rest) {
    return parse(with(R"("sinks": [{"name": "s", "to": "postgresql://)" + rest + "}]"));
  };
  auto read =
      sink(R"(me@a:5432,b/base?sslmode=verify-full&host=/run/x", "table": "lake.clicks", "columns": {"n": "integer"})");
  CAF_REQUIRE(has_problems(read, {}));
  const auto& made = read->front().value.sinks[0];
  CAF_CHECK_EQUAL(made.table, "lake.clicks");
  CAF_CHECK(made.columns == (std::vector<std::pair<std::string, column_kind>>{{"n", column_kind::integer}}));
  CAF_CHECK_EQUAL(place_of(made), "postgresql://me@a:5432,b/base?sslmode=verify-full&host=/run/x lake.clicks");
  CAF_CHECK(is_flat(made));

  const auto password =
      "f:2:31: sinks[0].to: a password does not stand in an address: give PGPASSWORD, or PGPASSFILE, in the "
      "environment";
  for (const auto* address : {"me:hush@host/base", "me:hu@sh@host/base", ":hush@host/base", "host/base?password=hush",
                              "host/base?sslmode=require&sslpassword=hush"})
    CAF_CHECK(has_problems(sink(std::string{address} + R"(", "table": "t")"), {password}));
  for (const auto* address : {"host", "host/", "host/a/b", "me:hu/sh@host/base", "me:hu?sh@host/base", "ho st/base"})
    CAF_CHECK(has_problems(sink(std::string{address} + R"(", "table": "t")"),
                           {"f:2:31: sinks[0].to: no address: postgresql://USER@HOST:PORT/DATABASE"}));
  for (const auto* address : {"host/base?options=x", "host/base?sslmode", "host/base?sslmode="})
    CAF_CHECK(has_problems(sink(std::string{address} + R"(", "table": "t")"),
                           {"f:2:31: sinks[0].to: an option that is not known or has no value: behind the ? stand "}));
  CAF_CHECK(has_problems(sink(R"(host/base")"), {"f:2:11: sinks[0].table: must be given"}));
  CAF_CHECK(has_problems(sink(R"(host/base", "table": "Clicks")"), {"f:2:66: sinks[0].table: \"Clicks\""}));
  CAF_CHECK(
      has_problems(sink(R"(host/base", "table": "t", "format": "csv", "compression": "gzip", "authorization": "K")"),
                   {"f:2:81: sinks[0].format: \"csv\" is of files", "f:2:103: sinks[0].compression: belongs to files",
                    "f:2:128: sinks[0].authorization: belongs to http and https; a database's password"}));
  CAF_CHECK(has_problems(sink(R"(host/base", "table": "t", "columns": {")" + std::string(64, 'x') + R"(": "text"})"),
                         {"f:2:"}));
  CAF_CHECK(has_problems(parse(with(R"("sinks": [{"name": "s", "to": "folder", "table": "t"}])")),
                         {"f:2:50: sinks[0].table: belongs to a database"}));
}

CAF_TEST(a missing file names the nearest preset) {
  CAF_CHECK(has_problems(load_pipelines("bank-frod", {}),
                         {"bank-frod: is neither a file nor a preset; did you mean the preset bank-fraud?"}));
}
