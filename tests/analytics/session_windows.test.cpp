#define CAF_SUITE analytics.session_windows

#include <caf/test/unit_test.hpp>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

/// Sessions of `id` with a gap of 10 s; the watermark is 3 s behind the newest.
struct running {
  std::unique_ptr<partition_task> task;
  outcome seen;
  effects now; ///< of the last call
  std::int64_t offset = 0;

  explicit running(milliseconds lateness = milliseconds{0}) {
    auto definition = readings();
    auto visits = session("visits", milliseconds{10'000}, {"id"});
    visits.lateness = lateness;
    visits.aggregates = {aggregates("x", {"count", "sum"})};
    definition.windows = {visits};
    task = make_engine(compiled(definition), "readings", 1);
  }

  void take(std::int64_t second, const std::string& id = "a") {
    message made;
    made.offset = offset++;
    made.key = id;
    made.value = R"({"id": ")" + id + R"(", "t": )" + '"' + to_iso8601({second * 1000}) + R"(", "x": )" +
                 std::to_string(second) + "}";
    now.clear();
    CAF_REQUIRE(task->take(made.raw(), now).has_value());
    keep();
  }
  void idle() {
    now.clear();
    task->emit_open(now);
    keep();
  }
  void keep() {
    auto copy = now;
    seen.carry_out(copy);
  }
  const boost::json::object* of(std::int64_t second, const std::string& id = "a") const {
    return seen.window("visits", second * 1000, "[\"" + id + "\"]");
  }
};

} // namespace

CAF_TEST(a session goes on below the gap and an event a gap after the last opens another) {
  running engine;
  engine.take(100);
  engine.take(109);
  engine.take(119); // exactly a gap after 109
  engine.idle();
  CAF_REQUIRE(engine.of(100) != nullptr);
  CAF_REQUIRE(engine.of(119) != nullptr);
  CAF_CHECK_EQUAL(engine.of(100)->at("end").as_int64(), 119'000);
  CAF_CHECK_EQUAL(engine.of(100)->at("events").as_int64(), 2);
  CAF_CHECK_EQUAL(engine.of(119)->at("end").as_int64(), 129'000);
}

CAF_TEST(a session is written when the watermark reaches its end and is final a gap and the lateness later) {
  running engine{milliseconds{5'000}};
  engine.take(100);
  engine.take(112, "b");
  CAF_CHECK(engine.now.documents.empty()); // watermark 109
  engine.take(113, "b");                   // 110
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK(!engine.now.documents.front().body.at("final").as_bool());
  engine.take(127, "b"); // 124: final at 110 + 10 + 5
  CAF_CHECK(!engine.of(100)->at("final").as_bool());
  engine.take(128, "b");
  CAF_CHECK(engine.of(100)->at("final").as_bool());
}

CAF_TEST(a late event merges two sessions and what was stored of the later is superseded) {
  running engine;
  engine.take(100);
  engine.take(114);
  engine.take(119, "b"); // watermark 116
  engine.idle();
  CAF_CHECK(engine.of(100) != nullptr);
  CAF_CHECK(engine.of(114) != nullptr);
  engine.take(107); // less than a gap from both
  CAF_REQUIRE_EQUAL(engine.now.documents.size(), 1u);
  CAF_CHECK(engine.now.documents.front().superseded);
  CAF_CHECK_EQUAL(engine.now.documents.front().offset, 3);
  CAF_CHECK(engine.of(114) == nullptr);
  engine.idle();
  CAF_CHECK_EQUAL(engine.of(100)->at("events").as_int64(), 3);
  CAF_CHECK_EQUAL(engine.of(100)->at("late").as_int64(), 0);
  CAF_CHECK_EQUAL(engine.of(100)->at("end").as_int64(), 124'000);
  CAF_CHECK_EQUAL(engine.of(100)->at("x").at("sum").as_int64(), 321);
}

CAF_TEST(an earlier event moves a sessions start and its old document is superseded) {
  running engine;
  engine.take(105);
  engine.idle();
  engine.take(103);
  engine.idle();
  CAF_CHECK(engine.of(105) == nullptr);
  CAF_REQUIRE(engine.of(103) != nullptr);
  CAF_CHECK_EQUAL(engine.of(103)->at("events").as_int64(), 2);
}

CAF_TEST(a sessions event is late by its own time whatever sessions are open) {
  running engine{milliseconds{5'000}};
  engine.take(100);
  engine.take(109);
  engine.take(118, "b"); // watermark 115 = 100 + 10 + 5
  engine.take(100);      // its session is open until 119 + 10 + 5, but it is late
  CAF_CHECK_EQUAL(engine.task->counters().late, 1u);
  CAF_CHECK_EQUAL(engine.task->counters().late_by_window, 1u);
  CAF_REQUIRE_EQUAL(engine.now.messages.size(), 1u);
  CAF_CHECK_EQUAL(engine.now.messages.front().topic, "analytics.late");
  engine.take(101); // taken, and late in its session: the watermark has reached 111
  engine.idle();
  CAF_CHECK_EQUAL(engine.of(100)->at("events").as_int64(), 3);
  CAF_CHECK_EQUAL(engine.of(100)->at("late").as_int64(), 1);
}

CAF_TEST(a message whose Kafka key is not the pipelines key ends the partition) {
  running engine;
  message made;
  made.key = "other";
  made.value = R"({"id": "a", "t": "2026-01-05T06:00:00Z"})";
  auto taken = engine.task->take(made.raw(), engine.now);
  CAF_REQUIRE(!taken.has_value());
  CAF_CHECK(taken.error().message.find("rekey") != std::string::npos);
}

CAF_TEST(a session restored from a checkpoint is superseded even if the checkpoint does not know that it was written) {
  auto before = running{};
  before.take(105);
  auto entries = saved(*before.task, false);
  before.idle(); // behind the checkpoint, by the wall clock
  CAF_CHECK(before.of(105) != nullptr);
  running after;
  after.task->restore(entries);
  after.seen = before.seen;
  after.offset = 1;
  after.take(103);
  after.idle();
  CAF_CHECK(after.of(105) == nullptr);
  CAF_CHECK(after.of(103) != nullptr);
}
