// Rules that are more than a condition, by examples and against plain searches through all events before.
#define CAF_SUITE analytics.rule_set

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "oracle.hpp"

using namespace throng;
using namespace throng::test;

namespace {

config::pipeline with_rule(const config::rule& what) {
  auto made = readings();
  made.rules = {what};
  return made;
}

config::rule sequence_rule(const char* a, const char* b, milliseconds within, const char* without = nullptr) {
  auto made = rule("seq", "{}");
  made.sequence = {object(a), object(b)};
  made.within = within;
  if (without != nullptr)
    made.without = object(without);
  return made;
}

config::rule absence(milliseconds absent) {
  auto made = rule("silent", "{}");
  made.absent = absent;
  return made;
}

struct running {
  std::shared_ptr<const pipeline_plan> plan;
  std::unique_ptr<partition_task> task;
  outcome seen;
  std::int64_t offset = 0;

  explicit running(const config::pipeline& definition)
      : plan(compiled(definition))
      , task(make_engine(plan, "readings", 1)) {}

  /// An event at so many seconds. @returns how many alerts it raised
  std::size_t take(std::int64_t second, double x, const std::string& id = "a") {
    message made;
    made.offset = offset++;
    made.key = id;
    made.value = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({second * 1000}) + R"(", "x": )" +
                 boost::json::serialize(boost::json::value(x)) + "}";
    auto before = task->counters().alerts;
    effects now;
    CAF_REQUIRE(task->take(made.raw(), now).has_value());
    seen.carry_out(now);
    return task->counters().alerts - before;
  }
  /// A crash behind a checkpoint.
  void restart() {
    auto entries = saved(*task, false);
    task = make_engine(plan, "readings", 1);
    task->restore(entries);
  }
};

/// The offsets of a rule's alerts.
std::vector<std::int64_t> alerts(const outcome& of, std::string_view rule) {
  std::vector<std::int64_t> found;
  for (const auto* each : of.of(collection::alerts))
    if (each->body.at("detector").as_string() == rule)
      found.push_back(each->body.at("source").at("offset").as_int64());
  std::sort(found.begin(), found.end());
  return found;
}

/// Over random streams, with a crash in the middle of every second one.
outcome run(const config::pipeline& definition, const std::vector<message>& messages, bool crash) {
  auto plan = compiled(definition);
  auto task = make_engine(plan, "readings", 3);
  outcome result;
  if (crash) {
    std::vector<message> half(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(messages.size() / 2));
    RC_ASSERT(!take_all(*task, half, result).has_value());
    auto entries = saved(*task, false);
    task = make_engine(plan, "readings", 3);
    task->restore(entries);
  }
  RC_ASSERT(!take_all(*task, messages, result).has_value());
  return result;
}

} // namespace

CAF_TEST(with hysteresis a rule is quiet until its until matches) {
  auto hot = rule("hot", R"({"x": {"$gt": 30}})");
  hot.until = object(R"({"x": {"$lt": 25}})");
  hot.forget = milliseconds{100'000};
  running engine{with_rule(hot)};
  CAF_CHECK_EQUAL(engine.take(1, 31), 1u);
  CAF_CHECK_EQUAL(engine.take(2, 40), 0u);
  CAF_CHECK_EQUAL(engine.take(3, 27), 0u);
  engine.restart();
  CAF_CHECK_EQUAL(engine.take(4, 31), 0u);
  CAF_CHECK_EQUAL(engine.take(5, 24), 0u); // armed again
  CAF_CHECK_EQUAL(engine.take(6, 31), 1u);
  CAF_CHECK_EQUAL(engine.take(200, 31), 1u); // the state has expired: quiet for longer than `forget`
}

CAF_TEST(an alert shows what its rule names beside what its condition speaks of) {
  auto hot = rule("hot", R"({"x": {"$gt": 30}})");
  hot.evidence = {"t", "absent"};
  running engine{with_rule(hot)};
  CAF_CHECK_EQUAL(engine.take(1, 31), 1u);
  const auto& alert = engine.seen.of(collection::alerts).front()->body;
  CAF_CHECK_EQUAL(boost::json::serialize(alert.at("evidence")),
                  R"({"x":3.1E1,"t":"1970-01-01T00:00:01.000Z","absent":null})");
  CAF_CHECK_EQUAL(alert.at("reason").as_string(), "hot: x is 31"); // as without
}

CAF_TEST(a sequence is complete with an event a step within its time and without what breaks it) {
  running engine{with_rule(sequence_rule(R"({"x": 1})", R"({"x": 2})", milliseconds{10'000}, R"({"x": 3})"))};
  CAF_CHECK_EQUAL(engine.take(1, 1), 0u);
  CAF_CHECK_EQUAL(engine.take(11, 2), 1u); // exactly the time
  CAF_CHECK_EQUAL(engine.take(12, 2), 0u); // its beginning is used up
  CAF_CHECK_EQUAL(engine.take(13, 1), 0u);
  CAF_CHECK_EQUAL(engine.take(14, 3), 0u);
  CAF_CHECK_EQUAL(engine.take(15, 2), 0u); // broken
  CAF_CHECK_EQUAL(engine.take(20, 1), 0u);
  CAF_CHECK_EQUAL(engine.take(31, 2), 0u); // too late
  CAF_CHECK_EQUAL(engine.take(32, 1, "b"), 0u);
  CAF_CHECK_EQUAL(engine.take(33, 2), 0u); // another entity's
  engine.restart();
  CAF_CHECK_EQUAL(engine.take(34, 2, "b"), 1u);
}

CAF_TEST(a silence is told once by event time and again after the entity was heard of) {
  running engine{with_rule(absence(milliseconds{10'000}))};
  CAF_CHECK_EQUAL(engine.take(100, 1), 0u);
  CAF_CHECK_EQUAL(engine.take(112, 1, "b"), 0u); // watermark 109
  engine.restart();
  CAF_CHECK_EQUAL(engine.take(113, 1, "b"), 1u); // 110
  auto told = engine.seen.of(collection::alerts);
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK_EQUAL(told.front()->body.at("entity").as_string(), "a");
  CAF_CHECK_EQUAL(told.front()->body.at("time").as_int64(), 110'000);
  CAF_CHECK_EQUAL(told.front()->offset, 2);
  CAF_CHECK_EQUAL(told.front()->body.at("reason").as_string(), "silent: no event for 10s");
  CAF_CHECK_EQUAL(engine.take(120, 1, "b"), 0u);
  CAF_CHECK_EQUAL(engine.take(121, 1), 0u);
  CAF_CHECK_EQUAL(engine.take(133, 1, "b"), 1u); // `b` was silent from 120 to 130 too, though it is back
  CAF_CHECK_EQUAL(engine.take(134, 1, "b"), 1u); // `a`, from 121
  CAF_CHECK_EQUAL(engine.take(134, 1, "b"), 0u);
}

CAF_TEST(a rule over windows sees each once when it is final and counts those in a row) {
  auto definition = readings();
  auto window = tumbling("w", milliseconds{10'000}, {"id"});
  window.lateness = milliseconds{2'000};
  window.aggregates = {aggregates("x", {"mean"})};
  definition.windows = {window};
  auto high = rule("high", R"({"x.mean": {"$gt": 5}})", milliseconds{0}, "{id} at {x.mean}");
  high.window = "w";
  high.windows = 2;
  definition.rules = {high};
  running engine{definition};
  CAF_CHECK_EQUAL(engine.take(1, 6), 0u);
  CAF_CHECK_EQUAL(engine.take(13, 9), 0u); // written at its end, not final
  CAF_CHECK_EQUAL(engine.take(15, 9), 0u); // final: one
  engine.restart();
  CAF_CHECK_EQUAL(engine.take(25, 9), 1u); // two in a row
  CAF_CHECK_EQUAL(engine.take(35, 9), 0u); // counting begins anew
  CAF_CHECK_EQUAL(engine.take(65, 9), 0u + 1u);
  CAF_CHECK_EQUAL(engine.take(75, 9), 0u); // [60, 70) follows on no window
  auto told = engine.seen.of(collection::alerts);
  CAF_REQUIRE_EQUAL(told.size(), 2u);
  for (const auto* each : told) {
    CAF_CHECK_EQUAL(each->body.at("entity").as_string(), "a");
    CAF_CHECK_EQUAL(each->body.at("reason").as_string(), "a at 9");
  }
}

CAF_TEST(what can not work is said with its place) {
  auto definition = readings();
  definition.windows = {tumbling("w", milliseconds{10'000}, {"g"}), tumbling("by_id", milliseconds{10'000}, {"id"})};
  definition.windows[1].aggregates = {aggregates("x", {"mean"})};
  auto over = [&](const char* name, const char* when) {
    auto made = rule(std::string{"over "} + name + when, when);
    made.window = name;
    return made;
  };
  auto silent = absence(milliseconds{1'000});
  silent.reason = "{x}";
  definition.rules = {over("w", R"({"events": 1})"), over("v", R"({"events": 1})"), over("by_id", R"({"x.max": 1})"),
                      silent, sequence_rule(R"({"x": {"$gtt": 1}})", R"({"x": 1})", milliseconds{0})};
  auto plan = pipeline_plan::compile(definition);
  CAF_REQUIRE(!plan.has_value());
  auto says = [&](const std::string& path, const std::string& what) {
    for (const auto& each : plan.error())
      if (each.path == path && each.sentence.find(what) != std::string::npos)
        return true;
    return false;
  };
  CAF_CHECK(says("rules[0].window", "rekey"));
  CAF_CHECK(says("rules[1].window", "v is no window"));
  CAF_CHECK(says("rules[2].when", "x.max is nothing that a document of by_id has"));
  CAF_CHECK(says("rules[3].reason", "only its id is known"));
  CAF_CHECK(says("rules[4].sequence[0].x.$gtt", "did you mean"));
  CAF_CHECK(says("rules[4].within", "longer than nothing"));
}

CAF_TEST(sequences are those that a search through all events before finds) {
  auto definition = with_rule(sequence_rule(R"({"x": {"$gt": 20}})", R"({"x": {"$lt": -20}})", milliseconds{9'000},
                                            R"({"x": {"$gte": -5, "$lte": 5}})"));
  definition.where = object(R"({"g": {"$ne": "dropped"}})");
  CAF_CHECK(rc::check("sequences", [&](std::uint64_t seed) {
    auto events = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 300));
    auto messages = events.messages();
    oracle model{definition, events};
    std::vector<std::int64_t> expected;
    std::map<std::string, std::size_t> cleared; // by entity: where searching stops
    for (std::size_t i = 0; i < events.samples.size(); ++i) {
      const auto& now = events.samples[i];
      if (!model.fed(i))
        continue;
      if (now.x && *now.x >= -5 && *now.x <= 5)
        cleared[now.id] = i;
      if (!now.x || *now.x >= -20)
        continue;
      for (auto j = cleared[now.id]; j < i; ++j) {
        const auto& first = events.samples[j];
        if (model.fed(j) && first.id == now.id && first.x && *first.x > 20 && now.time - first.time <= 9'000) {
          expected.push_back(messages[i].offset);
          cleared[now.id] = i;
          break;
        }
      }
    }
    RC_ASSERT(alerts(run(definition, messages, seed % 2 == 0), "seq") == expected);
  }));
}

CAF_TEST(silences are those that the list of all events shows) {
  auto definition = with_rule(absence(milliseconds{8'000}));
  definition.where = object(R"({"g": {"$ne": "dropped"}})");
  CAF_CHECK(rc::check("silences", [&](std::uint64_t seed) {
    auto events = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 300));
    auto messages = events.messages();
    oracle model{definition, events};
    std::map<std::string, std::vector<std::int64_t>> heard;
    for (std::size_t i = 0; i < events.samples.size(); ++i)
      if (model.fed(i))
        heard[events.samples[i].id].push_back(events.samples[i].time);
    std::set<std::pair<std::string, std::int64_t>> expected;
    for (auto& [id, times] : heard) {
      std::sort(times.begin(), times.end());
      for (std::size_t i = 0; i < times.size(); ++i)
        if ((i + 1 == times.size() || times[i + 1] - times[i] >= 8'000) && *model.watermark >= times[i] + 8'000)
          expected.emplace(id, times[i] + 8'000);
    }
    std::set<std::pair<std::string, std::int64_t>> told;
    auto result = run(definition, messages, seed % 2 == 0);
    for (const auto* each : result.of(collection::alerts))
      RC_ASSERT(
          told.emplace(std::string{each->body.at("entity").as_string()}, each->body.at("time").as_int64()).second);
    RC_ASSERT(told == expected);
  }));
}
