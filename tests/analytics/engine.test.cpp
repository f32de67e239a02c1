#define CAF_SUITE analytics.engine

#include <caf/test/unit_test.hpp>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

/// A reading of `a` at so many seconds, with an x.
message at(std::int64_t offset, std::int64_t second, double x = 1, const std::string& id = "a") {
  message made;
  made.offset = offset;
  made.value = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({second * 1000}) + R"(", "x": )" +
               boost::json::serialize(boost::json::value(x)) + "}";
  return made;
}

message raw(std::int64_t offset, std::string value, std::optional<std::string> key = std::nullopt) {
  message made;
  made.offset = offset;
  made.value = std::move(value);
  made.key = std::move(key);
  return made;
}

struct running {
  std::unique_ptr<partition_task> task;
  outcome seen;
  effects now; ///< of the last call

  explicit running(config::pipeline definition)
      : task(make_engine(compiled(std::move(definition)), "readings", 1)) {}

  std::optional<error> take(const message& what) {
    now.clear();
    auto taken = task->take(what.raw(), now);
    auto copy = now;
    seen.carry_out(copy);
    return taken ? std::nullopt : std::optional{taken.error()};
  }
};

config::pipeline with_window(config::window window) {
  auto made = readings();
  window.aggregates = {aggregates("x", {"count", "sum"})};
  made.windows = {std::move(window)};
  return made;
}

} // namespace

CAF_TEST(a window is written when the watermark reaches its end and without lateness it is final) {
  running engine{with_window(tumbling("w", milliseconds{10'000}))};
  CAF_CHECK(!engine.take(at(0, 1)));
  CAF_CHECK(!engine.take(at(1, 9)));
  CAF_CHECK(!engine.take(at(2, 12)));
  CAF_CHECK(engine.now.documents.empty()); // the watermark is at 9 s
  CAF_CHECK(!engine.take(at(3, 13)));
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  const auto& made = engine.now.documents.front();
  CAF_CHECK_EQUAL(
      boost::json::serialize(made.body),
      R"({"pipeline":"test","window":"w","start":0,"end":10000,"group":{},"events":2,"final":true,"late":0,)"
      R"("x":{"count":2,"sum":2,"missing":0},"topic":"readings","partition":1,"group_key":"[]"})");
  CAF_CHECK_EQUAL(made.offset, 1);
  CAF_CHECK_EQUAL(made.id, document_id({"test", "w", "0", "[]", "readings", "1"}));
  CAF_CHECK(!engine.take(at(4, 9)));
  CAF_CHECK_EQUAL(engine.task->counters().late, 1u);
  CAF_REQUIRE_EQUAL(engine.now.messages.size(), 1u);
  const auto& late = engine.now.messages.front();
  CAF_CHECK_EQUAL(late.topic, "analytics.late");
  CAF_CHECK_EQUAL(late.key, "a");
  CAF_CHECK(late.value == *at(4, 9).value);
  CAF_CHECK_EQUAL(outcome::header(late, "source_topic"), "readings");
  CAF_CHECK_EQUAL(outcome::header(late, "source_partition"), "1");
  CAF_CHECK_EQUAL(outcome::header(late, "source_offset"), "4");
  CAF_CHECK_EQUAL(outcome::header(late, "reason"), "late");
}

CAF_TEST(a late event within the allowed lateness changes its window at the next checkpoint) {
  auto window = tumbling("w", milliseconds{10'000});
  window.lateness = milliseconds{5'000};
  running engine{with_window(window)};
  engine.take(at(0, 1));
  engine.take(at(1, 13));
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK(!engine.now.documents.front().body.at("final").as_bool());
  engine.take(at(2, 2));
  CAF_CHECK(engine.now.documents.empty());
  engine.now.clear();
  engine.task->before_checkpoint(engine.now);
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK_EQUAL(engine.now.documents.front().body.at("events").as_int64(), 2);
  CAF_CHECK_EQUAL(engine.now.documents.front().body.at("late").as_int64(), 1);
  CAF_CHECK(!engine.now.documents.front().body.at("final").as_bool());
  engine.now.clear();
  engine.task->before_checkpoint(engine.now);
  CAF_CHECK(engine.now.documents.empty());
  engine.take(at(3, 18)); // the watermark is at end + lateness
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK(engine.now.documents.front().body.at("final").as_bool());
  engine.take(at(4, 3));
  CAF_CHECK_EQUAL(engine.task->counters().late_by_window, 1u);
}

CAF_TEST(an event left out of one hopping window but taken by another is not late) {
  running engine{with_window(hopping("w", milliseconds{20'000}, milliseconds{10'000}))};
  engine.take(at(0, 15));
  engine.take(at(1, 24)); // watermark 21: [0, 20) is final
  CAF_CHECK(!engine.take(at(2, 16)));
  CAF_CHECK(engine.now.messages.empty());
  CAF_CHECK_EQUAL(engine.task->counters().late, 0u);
  CAF_CHECK_EQUAL(engine.task->counters().late_by_window, 1u);
}

CAF_TEST(windows are aligned to the epoch plus their offset also before it) {
  auto window = tumbling("w", milliseconds{10'000});
  window.offset = milliseconds{3'000};
  running engine{with_window(window)};
  engine.take(at(0, 2));
  engine.task->emit_open(engine.now);
  engine.seen.carry_out(engine.now);
  CAF_CHECK(engine.seen.window("w", -7'000) != nullptr);
  engine.take(at(1, 3));
  engine.task->emit_open(engine.now);
  engine.seen.carry_out(engine.now);
  CAF_CHECK(engine.seen.window("w", 3'000) != nullptr);
}

CAF_TEST(emission by event time writes an open window as it stands when it has changed) {
  auto window = tumbling("w", milliseconds{60'000});
  window.emit_every = milliseconds{10'000};
  running engine{with_window(window)};
  engine.take(at(0, 5));
  CAF_CHECK(engine.now.documents.empty());
  engine.take(at(1, 13)); // the watermark passes 10 s
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK_EQUAL(engine.now.documents.front().body.at("events").as_int64(), 2);
  CAF_CHECK(!engine.now.documents.front().body.at("final").as_bool());
  engine.take(at(2, 14));
  CAF_CHECK(engine.now.documents.empty());
  engine.take(at(3, 55)); // over several ticks at once: once
  CAF_CHECK_EQUAL(engine.now.documents.size(), 1u);
}

CAF_TEST(an event that where drops moves the watermark and a dead letter does not ) {
  auto definition = with_window(tumbling("w", milliseconds{10'000}));
  definition.where = object(R"({"x": {"$lt": 100}})");
  running engine{definition};
  engine.take(at(0, 1));
  engine.take(at(1, 13, 1'000));
  CAF_CHECK_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK_EQUAL(engine.task->counters().dropped, 1u);
  engine.take(raw(2, R"({"id": "a", "t": "30000-01-01T00:00:00Z"})", "a key"));
  CAF_CHECK_EQUAL(engine.task->watermark().ms, 10'000);
  CAF_CHECK_EQUAL(engine.task->counters().dead_letters, 1u);
  CAF_REQUIRE_EQUAL(engine.now.messages.size(), 1u);
  CAF_CHECK_EQUAL(engine.now.messages.front().topic, "analytics.dead_letter");
  CAF_CHECK_EQUAL(engine.now.messages.front().key, "a key");
  CAF_CHECK_EQUAL(engine.now.messages.front().value, R"({"id": "a", "t": "30000-01-01T00:00:00Z"})");
  CAF_CHECK_EQUAL(engine.task->next_offset(), 3);
}

CAF_TEST(a tombstone is skipped and counted) {
  running engine{with_window(tumbling("w", milliseconds{10'000}))};
  message nothing;
  nothing.offset = 7;
  nothing.key = "a";
  CAF_CHECK(!engine.take(nothing));
  CAF_CHECK_EQUAL(engine.task->counters().tombstones, 1u);
  CAF_CHECK_EQUAL(engine.task->counters().consumed, 1u);
  CAF_CHECK_EQUAL(engine.task->next_offset(), 8);
}

CAF_TEST(poison becomes a dead letter and the stream goes on) {
  running engine{with_window(tumbling("w", milliseconds{10'000}))};
  auto bad = at(3, 1);
  engine.task->skip_poison(bad.raw(), "it broke an invariant", engine.now);
  CAF_REQUIRE_EQUAL(engine.now.messages.size(), 1u);
  CAF_CHECK_EQUAL(outcome::header(engine.now.messages.front(), "reason"), "poison");
  CAF_CHECK_EQUAL(outcome::header(engine.now.messages.front(), "detail"), "it broke an invariant");
  CAF_CHECK_EQUAL(engine.now.messages.front().value, *bad.value);
  CAF_CHECK_EQUAL(engine.task->next_offset(), 4);
  CAF_CHECK(!engine.take(at(4, 2)));
}

CAF_TEST(with features a Kafka key that is not the key field ends the partition and names rekey) {
  auto definition = readings();
  definition.features = {feature("n", milliseconds{60'000}, "count")};
  running engine{definition};
  auto other = at(0, 1);
  other.key = "b";
  auto refused = engine.take(other);
  CAF_REQUIRE(refused.has_value());
  CAF_CHECK(refused->kind == error_kind::invalid);
  CAF_CHECK(refused->message.find("rekey") != std::string::npos);
  CAF_CHECK(refused->message.find("offset 0") != std::string::npos);
  CAF_CHECK_EQUAL(engine.task->next_offset(), 0); // it is not taken in
  other.key = "a";
  CAF_CHECK(!engine.take(other));
  CAF_CHECK(!engine.take(at(1, 2))); // without a Kafka key, as from a file
  CAF_CHECK(!engine.take(raw(2, R"({"id": 12, "t": "1970-01-01T00:00:03Z"})", "12")));
}

CAF_TEST(without features and detectors the Kafka key is of no concern) {
  running engine{with_window(tumbling("w", milliseconds{10'000}))};
  auto other = at(0, 1);
  other.key = "b";
  CAF_CHECK(!engine.take(other));
}

CAF_TEST(a group of 1 and one of 1 point 0 are the same and an absent field is the group null) {
  auto definition = readings();
  definition.windows = {tumbling("w", milliseconds{10'000}, {"x", "g"})};
  running engine{definition};
  engine.take(raw(0, R"({"id": "a", "t": "1970-01-01T00:00:01Z", "x": 1.0, "g": null})"));
  engine.take(raw(1, R"({"id": "a", "t": "1970-01-01T00:00:02Z", "x": 1})"));
  engine.take(raw(2, R"({"id": "a", "t": "1970-01-01T00:00:02Z", "x": "1"})"));
  engine.task->emit_open(engine.now);
  engine.seen.carry_out(engine.now);
  const auto* both = engine.seen.window("w", 0, "[1,null]");
  CAF_REQUIRE(both != nullptr);
  CAF_CHECK_EQUAL(both->at("events").as_int64(), 2);
  CAF_CHECK_EQUAL(boost::json::serialize(both->at("group")), R"({"x":1,"g":null})");
  CAF_CHECK(engine.seen.window("w", 0, R"(["1",null])") != nullptr);
}

CAF_TEST(an alert says who when and why and goes to analytics alerts with its id) {
  auto definition = readings();
  definition.features = {feature("most", milliseconds{60'000}, "max", "x")};
  definition.rules = {rule("hot", R"({"most": {"$gt": 40}, "x": {"$exists": true}})", milliseconds{10'000},
                           "{id} reached {most} {{degrees}}")};
  definition.rules.front().severity = config::severity::critical;
  running engine{definition};
  engine.take(at(5, 1, 41.5));
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  const auto& made = engine.now.documents.front();
  auto id = document_id({"test", "hot", "a", "1000", "readings", "1", "5", "0"});
  CAF_CHECK(made.into == collection::alerts);
  CAF_CHECK_EQUAL(made.id, id);
  CAF_CHECK_EQUAL(made.offset, 5);
  CAF_CHECK_EQUAL(made.body.at("reason").as_string(), "a reached 41.5 {degrees}");
  CAF_CHECK_EQUAL(made.body.at("time").as_int64(), 1'000);
  CAF_CHECK_EQUAL(made.body.at("partition").as_int64(), 1);
  CAF_REQUIRE_EQUAL(engine.now.messages.size(), 1u);
  const auto& sent = engine.now.messages.front();
  CAF_CHECK_EQUAL(sent.topic, "analytics.alerts");
  CAF_CHECK_EQUAL(sent.key, "a");
  CAF_CHECK_EQUAL(outcome::header(sent, "id"), id);
  CAF_CHECK_EQUAL(sent.value,
                  R"({"id":")" + id +
                      R"(","pipeline":"test","detector":"hot","entity":"a","time":"1970-01-01T00:00:01.000Z",)"
                      R"("severity":"critical","score":1,"reason":"a reached 41.5 {degrees}",)"
                      R"("evidence":{"most":41.5,"x":41.5,"id":"a"},)"
                      R"("source":{"topic":"readings","partition":1,"offset":5}})");
  engine.take(at(6, 10, 50)); // 9 s later: quiet
  CAF_CHECK(engine.now.documents.empty());
  engine.take(at(7, 11, 1)); // still the greatest of the last minute
  CAF_CHECK_EQUAL(engine.now.documents.size(), 1u);
}

CAF_TEST(an event older than the watermark is in its window but not fed to features) {
  auto window = tumbling("w", milliseconds{60'000});
  window.lateness = milliseconds{60'000};
  auto definition = with_window(window);
  definition.features = {feature("n", milliseconds{60'000}, "count")};
  definition.windows.front().aggregates.push_back(aggregates("n", {"count", "max"}));
  running engine{definition};
  engine.take(at(0, 10));
  engine.take(at(1, 5)); // the watermark is at 7
  engine.take(at(2, 7)); // not older than it
  CAF_CHECK_EQUAL(engine.task->counters().not_fed, 1u);
  engine.task->emit_open(engine.now);
  engine.seen.carry_out(engine.now);
  const auto& n = engine.seen.window("w", 0)->at("n").as_object();
  CAF_CHECK_EQUAL(n.at("count").as_int64(), 2);
  CAF_CHECK_EQUAL(n.at("missing").as_int64(), 1);
  CAF_CHECK_EQUAL(boost::json::serialize(n.at("max")), "1"); // the event of 7 s does not see that of 10 s
}

CAF_TEST(what rules were not fed is counted and the count outlives a restart) {
  auto definition = readings();
  definition.rules = {rule("any", "{}", milliseconds{0}, "{x}")};
  running engine{definition};
  engine.take(at(0, 10));
  engine.take(at(1, 7)); // not older than the watermark
  CAF_CHECK_EQUAL(engine.task->counters().not_fed, 0u);
  CAF_CHECK_EQUAL(engine.task->counters().alerts, 2u);
  engine.take(at(2, 6));
  engine.take(at(3, 2, 1, "b"));
  CAF_CHECK_EQUAL(engine.task->counters().not_fed, 2u);
  CAF_CHECK_EQUAL(engine.task->counters().alerts, 2u);
  std::vector<state_entry> entries;
  engine.task->save(false, [&](state_entry&& entry) { entries.push_back(std::move(entry)); });
  running restarted{definition};
  restarted.task->restore(entries);
  CAF_CHECK_EQUAL(restarted.task->counters().not_fed, 2u);
  restarted.take(at(4, 1));
  CAF_CHECK_EQUAL(restarted.task->counters().not_fed, 3u);
  running windows_only{with_window(tumbling("w", milliseconds{60'000}))};
  windows_only.take(at(0, 10));
  windows_only.take(at(1, 2));
  CAF_CHECK_EQUAL(windows_only.task->counters().not_fed, 0u);
}

CAF_TEST(sums too large for a double are null and leave no trace when they slide out) {
  auto definition = readings();
  definition.features = {feature("total", milliseconds{10'000}, "sum", "x"),
                         feature("mean", milliseconds{10'000}, "mean", "x")};
  definition.rules = {rule("r", "{}", milliseconds{0}, "{total} {mean}")};
  running engine{definition};
  std::vector<std::string> reasons;
  for (const auto& each : {at(0, 0, 0.25), at(1, 1, 1.7e308), at(2, 2, 1.7e308), at(3, 3, -1.7e308), at(4, 13, 0.5)}) {
    CAF_CHECK(!engine.take(each));
    reasons.emplace_back(engine.now.documents.front().body.at("reason").as_string());
  }
  CAF_CHECK(reasons ==
            (std::vector<std::string>{"0.25 0.25", "1.7e+308 8.5e+307", "null null", "1.7e+308 4.25e+307", "0.5 0.5"}));
}

CAF_TEST(state that event time has passed is dropped and named in the next delta) {
  auto definition = with_window(tumbling("w", milliseconds{10'000}, {"id"}));
  definition.features = {feature("n", milliseconds{20'000}, "distinct", "x")};
  definition.rules = {rule("hot", R"({"x": {"$gt": 40}})", milliseconds{30'000})};
  running engine{definition};
  engine.take(at(0, 1, 50));
  auto base = saved(*engine.task, false);
  CAF_CHECK_EQUAL(base.size(), 4u); // meta, window, look-back, cooldown
  engine.take(at(1, 100, 1, "b"));
  std::size_t gone = 0;
  std::size_t kept = 0;
  for (const auto& each : saved(*engine.task, true))
    ++(each.value ? kept : gone);
  CAF_CHECK_EQUAL(gone, 3u);
  CAF_CHECK_EQUAL(kept, 3u); // meta, and b's window and look-back
}

CAF_TEST(a partition that would remember more than max_state ends with an error that says what to do) {
  auto definition = with_window(tumbling("w", milliseconds{10'000}, {"id"}));
  definition.features = {feature("n", milliseconds{3'600'000}, "count")};
  definition.max_state = 150;
  running engine{definition};
  std::optional<error> refused;
  std::int64_t offset = 0;
  for (; offset < 1'000 && !refused; ++offset)
    refused = engine.take(at(offset, 1 + offset / 100, 1, "id-" + std::to_string(offset)));
  CAF_REQUIRE(refused.has_value());
  // Each event has brought a window's group and an event of a look-back: 130 at offset 64, and 258 at the next count.
  CAF_CHECK_EQUAL(offset, 129);
  CAF_CHECK(refused->kind == error_kind::exhausted);
  CAF_CHECK(!refused->retryable);
  CAF_CHECK_EQUAL(
      refused->message,
      "readings partition 1 offset 128: test remembers 258 entries, and its max_state is 150: raise it, or group "
      "by fewer values, shorten windows, lateness, look-backs or `forget`");

  // With a greater limit it goes on from its state: the limit is no part of what a checkpoint belongs to.
  auto raised = definition;
  raised.max_state = 10'000;
  const auto limited_plan = compiled(definition);
  const auto raised_plan = compiled(raised);
  CAF_CHECK_EQUAL(raised_plan->hash(), limited_plan->hash());
  running again{raised};
  again.task->restore(saved(*engine.task, false));
  for (; offset < 1'000; ++offset)
    CAF_CHECK(!again.take(at(offset, 1 + offset / 100, 1, "id-" + std::to_string(offset))));
}

CAF_TEST(ever new entities do not make state grow as event time lets go of the old ones) {
  auto definition = with_window(tumbling("w", milliseconds{10'000}, {"id"}));
  definition.features = {feature("n", milliseconds{20'000}, "distinct", "x")};
  definition.rules = {rule("hot", R"({"x": {"$gt": 40}})", milliseconds{30'000})};
  config::detect shift;
  shift.name = "jump";
  shift.detector = "shift";
  shift.field = "x";
  shift.parameters = object(R"({"forget": "40s"})");
  definition.detectors = {shift};
  definition.max_state = 200;
  running engine{definition};
  for (std::int64_t i = 0; i < 5'000; ++i)
    CAF_CHECK(!engine.take(at(i, i, 50, "id-" + std::to_string(i))));
  CAF_CHECK_LESS(saved(*engine.task, false).size(), 200u);
}

CAF_TEST(a damaged checkpoint is refused) {
  auto plan = compiled(with_window(tumbling("w", milliseconds{10'000}, {"id"})));
  auto task = make_engine(plan, "readings", 0);
  outcome seen;
  CAF_CHECK(!take_all(*task, {at(0, 1), at(1, 2)}, seen));
  const auto whole = saved(*task, false);
  auto refused = [&](std::vector<state_entry> entries) {
    try {
      make_engine(plan, "readings", 0)->restore(entries);
    } catch (const corrupt_state&) {
      return true;
    }
    return false;
  };
  CAF_CHECK(!refused(whole));
  CAF_CHECK(!refused({}));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto shorter = whole;
    shorter[i].value->pop_back();
    CAF_CHECK(refused(shorter));
    auto longer = whole;
    longer[i].value->push_back('x');
    CAF_CHECK(refused(longer));
  }
  CAF_CHECK(refused({whole[1]})); // no meta
  for (const char* key :
       {"w/1/0/[\"a\"]", "w/0/7/[\"a\"]", "w/0/0/", "w/0/0/[1,2]", "w/0/0/not json", "x/0/a", "w", ""}) {
    auto other = whole;
    other[1].key = key;
    CAF_CHECK(refused(other));
  }
}
