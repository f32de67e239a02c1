#define CAF_SUITE analytics.pipeline_plan

#include "analytics/pipeline_plan.hpp"

#include <algorithm>

#include <caf/test/unit_test.hpp>

#include "config/load.hpp"
#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

findings wrong(const config::pipeline& definition) {
  auto plan = pipeline_plan::compile(definition);
  return plan ? findings{} : plan.error();
}

/// The sentence found at a path; empty if there is none.
std::string at(const findings& found, const std::string& path) {
  for (const auto& each : found)
    if (each.path == path)
      return each.sentence;
  return {};
}

bool says(const std::string& sentence, const char* part) {
  return sentence.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(everything that is wrong is found at once each with its path) {
  auto definition = readings();
  definition.where = object(R"({"x": {"$greater": 1}})");
  definition.derive.emplace_back("a.b", boost::json::parse("1"));
  definition.derive.emplace_back("d", boost::json::parse(R"({"$plus": [1, 2]})"));
  definition.features = {feature("f", milliseconds{0}, "count"), feature("f", milliseconds{1'000}, "since", "x"),
                         feature("d", milliseconds{1'000}, "sum", "f"), feature("g", milliseconds{1'000}, "count", "x"),
                         feature("h", milliseconds{1'000}, "sum", "payee.id")};
  definition.features[0].by = "payee";
  auto session = tumbling("s", milliseconds{1'000});
  session.kind = config::window::shape::session;
  auto slow = hopping("w", milliseconds{1'000}, milliseconds{2'000}, {"a", "a", "b.c"});
  slow.aggregates = {aggregates("late", {"count"}), aggregates("x", {"p0"})};
  slow.emit_every = milliseconds{0};
  definition.windows = {session, slow, tumbling("w", milliseconds{0}), calendar_window("c", "1d", "Europe/Pari"),
                        calendar_window("d", "2d", "UTC")};
  config::detect detect;
  detect.name = "t";
  detect.detector = "shfit";
  detect.field = "x";
  detect.by = "payee";
  definition.detectors = {detect};
  definition.rules = {rule("r", R"({"x": {"$gtt": 1}})"), rule("r", "{}", milliseconds{0}, "{x is {open")};

  auto found = wrong(definition);
  CAF_CHECK(says(at(found, "features[0].by"), "rekey"));
  CAF_CHECK(!at(found, "features[0].over").empty());
  CAF_CHECK(says(at(found, "features[1].name"), "another feature named f"));
  CAF_CHECK(says(at(found, "features[1]"), "no field"));
  CAF_CHECK(says(at(found, "features[2].name"), "derive adds"));
  CAF_CHECK(says(at(found, "features[2]"), "not one another"));
  CAF_CHECK(says(at(found, "features[3]"), "no field"));
  CAF_CHECK(says(at(found, "features[4]"), "derive one"));
  CAF_CHECK(!at(found, "derive.a.b").empty());
  CAF_CHECK(says(at(found, "windows[0].group_by"), "pipeline's key, id"));
  CAF_CHECK(says(at(found, "windows[3].zone"), "Europe/Pari is no time zone"));
  CAF_CHECK(says(at(found, "windows[4].calendar"), "allowed: 1d, 1w, 1mo, 3mo, 1y"));
  CAF_CHECK(says(at(found, "windows[1].hopping.every"), "2s"));
  CAF_CHECK(says(at(found, "windows[1].group_by[1]"), "already"));
  CAF_CHECK(says(at(found, "windows[1].group_by[2]"), "derive one"));
  CAF_CHECK(says(at(found, "windows[1].aggregate.late"), "derive another name"));
  CAF_CHECK(says(at(found, "windows[1].aggregate.x"), "p0"));
  CAF_CHECK(!at(found, "windows[1].emit.every").empty());
  CAF_CHECK(says(at(found, "windows[2].name"), "another window named w"));
  CAF_CHECK(says(at(found, "windows[2]"), "longer than nothing"));
  CAF_CHECK(says(at(found, "detect[0].by"), "rekey"));
  CAF_CHECK(says(at(found, "detect[0].detector"), "did you mean shift"));
  CAF_CHECK(says(at(found, "rules[1].name"), "another rule named r"));
  CAF_CHECK(says(at(found, "rules[1].reason"), "plain brace"));
  auto within = [&](const char* prefix) {
    return std::any_of(found.begin(), found.end(), [&](const finding& x) { return x.path.starts_with(prefix); });
  };
  CAF_CHECK(within("where"));
  CAF_CHECK(within("derive.d"));
  CAF_CHECK(within("rules[0].when"));
}

CAF_TEST(the hash is that of what results depend on) {
  auto definition = readings();
  definition.where = object(R"({"x": {"$gt": 1, "$lt": 5}, "y": 1})");
  definition.windows = {tumbling("w", milliseconds{1'000}, {"g"})};
  auto hash = compiled(definition)->hash();
  CAF_CHECK_EQUAL(hash.size(), 32u);
  auto same = definition;
  same.description = "words";
  same.idle = milliseconds{1};
  same.where = object(R"({"y": 1, "x": {"$lt": 5, "$gt": 1}})");
  CAF_CHECK(compiled(same)->hash() == hash);
  auto differs = [&](auto change) {
    auto other = definition;
    change(other);
    return compiled(other)->hash() != hash;
  };
  CAF_CHECK(differs([](auto& x) { x.disorder = milliseconds{1}; }));
  CAF_CHECK(differs([](auto& x) { x.windows[0].lateness = milliseconds{1}; }));
  CAF_CHECK(differs([](auto& x) { x.windows[0].group_by = {}; }));
  CAF_CHECK(differs([](auto& x) { x.where = {}; }));
  CAF_CHECK(differs([](auto& x) { x.rules = {rule("r", "{}")}; }));
}

CAF_TEST(derive goes in the order of the file and its names hide those of the message) {
  auto definition = readings();
  definition.derive.emplace_back("x", boost::json::parse(R"({"$multiply": ["$x", 10]})"));
  definition.derive.emplace_back("y", boost::json::parse(R"({"$add": ["$x", 1]})"));
  definition.where = object(R"({"x": {"$lt": 5}})"); // the message's
  definition.rules = {rule("r", R"({"x": {"$gt": 5}})", milliseconds{0}, "{x} {y}")};
  auto task = make_engine(compiled(definition), "readings", 0);
  effects done;
  message read;
  read.value = R"({"id": "a", "t": "1970-01-01T00:00:00Z", "x": 2})";
  CAF_CHECK(task->take(read.raw(), done).has_value());
  CAF_REQUIRE_EQUAL(done.documents.size(), 1u);
  CAF_CHECK_EQUAL(done.documents.front().body.at("reason").as_string(), "20 21");
}

CAF_TEST(type errors of derive are counted and the value is null) {
  auto definition = readings();
  definition.derive.emplace_back("y", boost::json::parse(R"({"$add": ["$x", 1]})"));
  definition.windows = {tumbling("w", milliseconds{1'000})};
  definition.windows.front().aggregates = {aggregates("y", {"count"})};
  auto task = make_engine(compiled(definition), "readings", 0);
  effects done;
  message read;
  read.value = R"({"id": "a", "t": "1970-01-01T00:00:00Z", "x": "two"})";
  CAF_CHECK(task->take(read.raw(), done).has_value());
  CAF_CHECK_EQUAL(task->counters().type_errors, 1u);
  task->emit_open(done);
  CAF_REQUIRE_EQUAL(done.documents.size(), 1u);
  CAF_CHECK_EQUAL(done.documents.front().body.at("y").at("missing").as_int64(), 1);
}

CAF_TEST(only features and detectors need the Kafka key to be that of the pipeline) {
  auto definition = readings();
  definition.windows = {tumbling("w", milliseconds{1'000}, {"g"})};
  definition.rules = {rule("r", R"({"x": 1})", milliseconds{1'000})};
  CAF_CHECK(!compiled(definition)->needs_matching_key());
  definition.features = {feature("n", milliseconds{1'000}, "count")};
  CAF_CHECK(compiled(definition)->needs_matching_key());
}

CAF_TEST(explain says in words what the pipeline does) {
  auto definition = readings();
  definition.where = object(R"({"x": {"$gt": 0.5}})");
  definition.derive.emplace_back("y", boost::json::parse(R"({"$add": ["$x", 1]})"));
  auto window = hopping("w", milliseconds{300'000}, milliseconds{60'000}, {"district", "kind"});
  window.lateness = milliseconds{10'000};
  window.aggregates = {aggregates("x", {"mean", "p99"})};
  definition.windows = {window};
  definition.features = {feature("n", milliseconds{3'600'000}, "count")};
  definition.rules = {rule("busy", R"({"n": {"$gte": 5}})", milliseconds{600'000})};
  config::detect detect;
  detect.name = "jump";
  detect.detector = "shift";
  detect.field = "x";
  definition.detectors = {detect};
  config::sink lake;
  lake.name = "lake";
  lake.to = "here";
  lake.format = config::sink_format::parquet;
  auto index = lake;
  index.name = "index";
  index.of = config::sink_content::alerts;
  index.to = "https://search/alerts";
  index.format = config::sink_format::elasticsearch;
  index.authorization = "INDEX_KEY";
  auto lines = lake;
  lines.name = "lines";
  lines.of = config::sink_content::windows;
  lines.to = "http://collector/in";
  lines.format = config::sink_format::ndjson;
  auto final = lines;
  final.name = "final";
  final.to = "there";
  definition.sinks = {lake, index, lines, final};
  auto text = compiled(definition)->explain();
  for (const char* part :
       {"test reads the topic readings", R"({"x":{"$gt":0.5}})", R"(y = {"$add":["$x",1]})",
        "Window w: the last 5m, every 1m, by district and kind; mean, p99 of x", "for another 10s",
        "n: the count of events in the last 1h of its id", "Rule busy raises a warning", "at most once in 10m",
        "Detector jump watches x", "Sink lake: every message of readings",
        "stands once in Parquet files below here, which are closed every 10s, or at 1000000 messages or 64 MiB",
        "Sink index: every alert goes by POST to https://search/alerts, as a document of its index under an id",
        "comes from INDEX_KEY in the environment. The sink runs the pipeline once more",
        "Sink lines: every window of each partition, when it is final, goes by POST to http://collector/in, as a line",
        "Sink final: every window of each partition, when it is final, stands once in NDJSON files below there",
        "4.5 or more standard deviations", "rekey"})
    if (!says(text, part))
      CAF_FAIL("not said: " << part << "\n" << text);
}

CAF_TEST(every preset compiles and can be explained) {
  for (const auto& preset : config::pipeline_presets()) {
    auto loaded = config::load_pipelines(std::string{preset.name}, {});
    CAF_REQUIRE(loaded.has_value());
    CAF_CHECK(!loaded->empty());
    for (const auto& each : *loaded) {
      for (const auto& found : wrong(each.value))
        CAF_ERROR(preset.name << ": " << found.path << ": " << found.sentence);
      if (auto plan = pipeline_plan::compile(each.value))
        CAF_CHECK(says((*plan)->explain(), each.value.source.c_str()));
    }
  }
}
