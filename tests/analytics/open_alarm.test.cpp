// The end of an alarm: by examples, against a search through all events by the definition, and over crashes at any point.
#define CAF_SUITE analytics.open_alarm

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "oracle.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr std::int64_t forget = 30'000;

config::detect watched(std::string name, const char* parameters) {
  config::detect made;
  made.detector = std::move(name);
  made.name = made.detector;
  made.field = "x";
  made.parameters = object(parameters);
  return made;
}

/// A limit with hysteresis.
config::pipeline limited() {
  auto made = readings();
  made.where = object(R"({"g": {"$ne": "dropped"}})");
  made.detectors = {watched("threshold", R"({"above": 50, "margin": 10, "forget": "30s"})")};
  return made;
}

/// All that has an end: each kind of it.
config::pipeline lasting() {
  auto made = limited();
  made.detectors.push_back(
      watched("shift", R"({"short": 2, "long": 6, "threshold": 1.5, "refractory": "20s", "forget": "40s"})"));
  made.detectors.push_back(watched("hampel", R"({"window": 5, "sensitivity": 0.9})"));
  auto hot = rule("hot", R"({"x": {"$gt": 50}})");
  hot.until = object(R"({"x": {"$lt": 20}})");
  hot.forget = milliseconds{25'000};
  made.rules = {hot};
  return made;
}

struct running {
  std::shared_ptr<const pipeline_plan> plan;
  std::unique_ptr<partition_task> task;
  effects now; ///< of the last event
  std::int64_t offset = 0;

  explicit running(const config::pipeline& definition)
      : plan(compiled(definition))
      , task(make_engine(plan, "readings", 1)) {}

  /// An event at so many seconds, its `x` as JSON.
  void take(std::int64_t second, const std::string& x, const std::string& id = "a") {
    now.clear();
    message made;
    made.offset = offset++;
    made.key = id;
    made.value = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({second * 1000}) + R"(", "x": )" + x + "}";
    CAF_REQUIRE(task->take(made.raw(), now).has_value());
  }
  void restart() {
    auto entries = saved(*task, false);
    task = make_engine(plan, "readings", 1);
    task->restore(entries);
  }
};

/// Fields of an alert that tell how it went on.
std::string life_of(const document& of) {
  boost::json::object shown;
  for (const char* name : {"time", "end", "peak", "peak_time"})
    if (const auto* found = of.body.if_contains(name))
      shown[name] = *found;
  return boost::json::serialize(shown) + (of.told ? " told" : "");
}

outcome run(const config::pipeline& definition, const std::vector<message>& messages) {
  auto task = make_engine(compiled(definition), "readings", 3);
  outcome result;
  RC_ASSERT(!take_all(*task, messages, result).has_value());
  return result;
}

/// An alarm of the limit, as its definition has it. Of event numbers.
struct alarm {
  std::size_t begin = 0;
  std::size_t peak = 0;
  std::int64_t end = 0;
  std::optional<std::size_t> known_at; ///< by which event its end was known
};

/// Cuts an entity's events where all was forgotten between two, and finds the alarms in each part.
std::vector<alarm> alarms_of(const oracle& model, const std::string& id) {
  const auto& samples = model.samples;
  std::vector<std::vector<std::size_t>> parts(1);
  std::vector<std::optional<std::size_t>> forgotten_at; // by which event
  constexpr auto never = INT64_MAX;
  auto expires = never;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (model.fed(i) && samples[i].id == id && (samples[i].x || samples[i].text_x)) {
      parts.back().push_back(i);
      expires = std::max(expires == never ? INT64_MIN : expires, samples[i].time + forget);
    }
    const auto after = i + 1 < samples.size() ? model.before[i + 1] : model.watermark;
    if (after && *after >= expires) {
      forgotten_at.emplace_back(i);
      parts.emplace_back();
      expires = never;
    }
  }
  forgotten_at.emplace_back(std::nullopt);
  std::vector<alarm> found;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const auto& events = parts[part];
    for (std::size_t at = 0; at < events.size(); ++at) {
      const auto x = [&](std::size_t n) { return samples[events[n]].x; };
      if (!x(at) || *x(at) <= 50)
        continue;
      alarm one{events[at], events[at], samples[events[at]].time, forgotten_at[part]};
      for (++at; at < events.size() && !(x(at) && *x(at) <= 40); ++at)
        if (x(at) && *x(at) > 50) {
          one.end = std::max(one.end, samples[events[at]].time);
          if (*x(at) > *samples[one.peak].x)
            one.peak = events[at];
        }
      if (at < events.size())
        one.known_at = events[at];
      found.push_back(one);
    }
  }
  return found;
}

} // namespace

CAF_TEST(an alert is open until the series is back and is then written with its end and peak and told to nobody) {
  running engine{limited()};
  engine.take(1, "51");
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  const auto raised = engine.now.documents.front();
  CAF_CHECK_EQUAL(life_of(raised), R"({"time":1000,"end":null})");
  CAF_REQUIRE_EQUAL(engine.now.messages.size(), 1u);
  CAF_CHECK(engine.now.messages[0].value.find("\"end\"") == std::string::npos);
  CAF_CHECK_EQUAL(engine.now.messages[0].offset, 0);
  for (const auto& [second, x] : {std::pair{2, "70.25"}, {3, "60"}, {4, "45"}, {5, "null"}, {6, "\"text\""}}) {
    engine.take(second, x);
    CAF_CHECK(engine.now.documents.empty());
  }
  engine.take(7, "40");
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  const auto& over = engine.now.documents.front();
  CAF_CHECK_EQUAL(life_of(over), R"({"time":1000,"end":3000,"peak":7.025E1,"peak_time":2000} told)");
  CAF_CHECK_EQUAL(over.id, raised.id);
  CAF_CHECK_EQUAL(over.offset, 6);
  CAF_CHECK(engine.now.messages.empty());
  CAF_CHECK_EQUAL(engine.task->counters().alerts, 1u);
  // All else is as it was.
  auto was = raised.body;
  auto is = over.body;
  leave_out_end(was);
  leave_out_end(is);
  CAF_CHECK_EQUAL(boost::json::serialize(is), boost::json::serialize(was));
  const auto shown = shown_body(over);
  CAF_CHECK_EQUAL(shown.at("end").as_string(), "1970-01-01T00:00:03.000Z");
  CAF_CHECK(shown_body(raised).at("end").is_null());
}

CAF_TEST(what event time forgets is over and the wall clock and the end of the stream end nothing) {
  running engine{limited()};
  engine.take(1, "51");
  engine.take(2, "52");
  engine.task->emit_open(engine.now);
  engine.task->before_checkpoint(engine.now);
  engine.task->emit_at_end(engine.now);
  CAF_CHECK(engine.now.documents.empty());
  engine.take(34, "1", "b"); // the watermark is at 31
  CAF_CHECK(engine.now.documents.empty());
  engine.take(35, "1", "b");
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK_EQUAL(life_of(engine.now.documents[0]), R"({"time":1000,"end":2000,"peak":52,"peak_time":2000} told)");
}

CAF_TEST(a shift is over when its refractory period has passed and the means are near again) {
  auto definition = readings();
  definition.detectors = {watched("shift", R"({"short": 1, "long": 4, "threshold": 3, "refractory": "10s"})")};
  running engine{definition};
  for (int i = 1; i <= 8; ++i)
    engine.take(i, std::to_string(i % 2));
  engine.take(9, "9");
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  for (int i = 10; i < 19; ++i) {
    engine.take(i, "1"); // ordinary, but another could not ring
    CAF_CHECK(engine.now.documents.empty());
  }
  engine.take(19, "1");
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK_EQUAL(life_of(engine.now.documents[0]), R"({"time":9000,"end":9000,"peak":9,"peak_time":9000} told)");
}

CAF_TEST(an incident is over with ten ordinary values in a row) {
  auto definition = readings();
  definition.detectors = {watched("stuck", R"({"sensitivity": 0.6})")};
  running engine{definition};
  int second = 0;
  for (; second < 200; ++second)
    engine.take(second, std::to_string(second % 7));
  document raised;
  for (int i = 0; i < 20; ++i, ++second) {
    engine.take(second, "3");
    if (!engine.now.documents.empty())
      raised = engine.now.documents.back(); // it rings again at twice the surprise: the one before is over
  }
  const auto last_odd = (second - 1) * 1000;
  CAF_REQUIRE(!raised.id.empty());
  std::vector<std::string> written;
  for (int i = 0; i < 10; ++i, ++second) {
    CAF_CHECK(written.empty());
    engine.take(second, i == 4 ? "\"no number\"" : std::to_string(i % 2));
    for (const auto& each : engine.now.documents)
      written.push_back(each.id);
    if (i == 5)
      engine.restart();
    // What a claim may have removed is written again, with the first message.
    if (i == 6) {
      CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
      CAF_CHECK(engine.now.documents[0].body == raised.body);
      CAF_CHECK_EQUAL(engine.now.documents[0].offset, raised.offset);
      CAF_CHECK(engine.now.documents[0].told);
      written.clear();
    }
  }
  engine.take(second, "5"); // text is no value, so the tenth comes only now
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK_EQUAL(engine.now.documents[0].id, raised.id);
  CAF_CHECK_EQUAL(engine.now.documents[0].body.at("end").as_int64(), last_odd);
}

CAF_TEST(a rule with an until ends with the last event of its condition) {
  auto hot = rule("hot", R"({"x": {"$gt": 30}})");
  hot.until = object(R"({"x": {"$lt": 25}})");
  hot.forget = milliseconds{100'000};
  auto definition = readings();
  definition.rules = {hot, rule("each", R"({"x": {"$gt": 1000}})")};
  running engine{definition};
  engine.take(1, "31");
  CAF_CHECK_EQUAL(life_of(engine.now.documents.at(0)), R"({"time":1000,"end":null})");
  engine.take(2, "40");
  engine.restart();
  engine.take(3, "27");
  engine.take(4, "24");
  CAF_CHECK_EQUAL(life_of(engine.now.documents.at(0)), R"({"time":1000,"end":2000} told)");
  engine.take(5, "31");
  engine.take(6, "35");
  engine.take(200, "31"); // quiet for longer than `forget`: the first is over, and another begins
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 2u);
  CAF_CHECK_EQUAL(life_of(engine.now.documents[0]), R"({"time":5000,"end":6000} told)");
  CAF_CHECK_EQUAL(life_of(engine.now.documents[1]), R"({"time":200000,"end":null})");
  // Of a moment nothing is said.
  engine.take(201, "1001");
  CAF_CHECK_EQUAL(life_of(engine.now.documents.at(0)), R"({"time":201000})");
}

CAF_TEST(ends and peaks are those that a search through all events finds) {
  const auto definition = limited();
  std::size_t over = 0;
  std::size_t open = 0;
  auto holds = rc::check("ends", [&](std::uint64_t seed) {
    auto events = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 300));
    oracle model{definition, events};
    const auto messages = events.messages();
    std::map<std::int64_t, const document*> shown; // by the offset that raised it
    auto result = run(definition, messages);
    for (const auto* each : result.of(collection::alerts))
      RC_ASSERT(shown.emplace(each->body.at("source").at("offset").as_int64(), each).second);
    std::size_t expected = 0;
    for (const auto* id : {"a", "b", "c"})
      for (const auto& each : alarms_of(model, id)) {
        ++expected;
        RC_ASSERT(shown.contains(messages[each.begin].offset));
        const auto& found = *shown[messages[each.begin].offset];
        RC_ASSERT(found.body.at("time").as_int64() == events.samples[each.begin].time);
        if (!each.known_at) {
          ++open;
          RC_ASSERT(found.body.at("end").is_null());
          RC_ASSERT(!found.body.contains("peak"));
          RC_ASSERT(found.offset == messages[each.begin].offset);
          continue;
        }
        ++over;
        RC_ASSERT(found.offset == messages[*each.known_at].offset);
        RC_ASSERT(found.body.at("end").as_int64() == each.end);
        RC_ASSERT(found.body.at("peak").to_number<double>() == *events.samples[each.peak].x);
        RC_ASSERT(found.body.at("peak_time").as_int64() == events.samples[each.peak].time);
      }
    RC_ASSERT(shown.size() == expected);
    RC_ASSERT(result.messages.size() >= expected);
  });
  CAF_CHECK(holds);
  CAF_CHECK(over > 300);
  CAF_CHECK(open > 50);
}

CAF_TEST(after crashes anywhere alerts have the ends of an uninterrupted run) {
  const auto definition = lasting();
  auto plan = compiled(definition);
  std::map<std::string, std::size_t> ended;
  auto holds = rc::check("crashes", [&](std::uint64_t seed) {
    const auto messages = stream::random(seed, *rc::gen::inRange<std::size_t>(2, 500)).messages();
    const auto expected = run(definition, messages);
    for (const auto* each : expected.of(collection::alerts))
      if (!each->body.at("end").is_null())
        ++ended[std::string{each->body.at("detector").as_string()}];
    std::mt19937_64 bits{seed + 1};
    const auto saved_at = bits() % messages.size();
    const auto crashed_at = saved_at + bits() % (messages.size() - saved_at);
    outcome stored;
    auto task = make_engine(plan, "readings", 3);
    RC_ASSERT(!take_all(*task, {messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(saved_at)}, stored));
    const auto checkpoint = saved(*task, false);
    RC_ASSERT(!take_all(*task, {messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(crashed_at)}, stored));
    const auto next = saved_at == 0 ? 0 : messages[saved_at - 1].offset + 1;
    task = make_engine(plan, "readings", 3);
    task->restore(checkpoint);
    if (bits() % 4 > 0)
      stored.remove_from(next);
    RC_ASSERT(!take_all(*task, messages, stored));
    const auto difference = stored.differs_from(expected);
    if (!difference.empty())
      RC_FAIL(difference);
  });
  CAF_CHECK(holds);
  for (const auto* each : {"threshold", "shift", "hampel", "hot"})
    CAF_CHECK_GREATER(ended[each], 5u);
}

CAF_TEST(no alert is lost that a claim has removed and that has not ended again) {
  running engine{limited()};
  engine.take(1, "51");
  outcome stored;
  stored.carry_out(engine.now);
  const auto checkpoint = saved(*engine.task, false);
  engine.take(2, "1");
  stored.carry_out(engine.now);
  CAF_REQUIRE_EQUAL(stored.of(collection::alerts).size(), 1u);
  stored.remove_from(1); // by the claim: its end is known by a message behind the checkpoint
  CAF_REQUIRE(stored.of(collection::alerts).empty());
  engine.task = make_engine(engine.plan, "readings", 1);
  engine.task->restore(checkpoint);
  engine.offset = 1;
  engine.take(2, "60"); // what was there has been cut off, and another message came in its place
  stored.carry_out(engine.now);
  CAF_REQUIRE_EQUAL(stored.of(collection::alerts).size(), 1u);
  CAF_CHECK(stored.of(collection::alerts)[0]->body.at("end").is_null());
}
