#define CAF_SUITE actors.partition_core

#include "actors/partition_core.hpp"

#include <caf/test/unit_test.hpp>

#include "../analytics/pipelines.hpp"
#include "memory_source.hpp"
#include "tally_task.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

namespace {

const transport::topic_partition n0{"numbers", 0};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> result;
  for (int i = 0; i < count; ++i)
    result.push_back(std::to_string(i));
  return result;
}

storage::claimed fresh(std::uint64_t generation = 1) {
  storage::claimed result;
  result.generation = generation;
  return result;
}

/// A claim that goes on behind the message at `next - 1` of `values`.
storage::claimed saved(std::int64_t next, const std::vector<std::string>& values) {
  storage::claimed result;
  result.generation = 2;
  result.fresh = false;
  result.next_offset = next;
  if (next > 0)
    result.last = last_message_of(*make_batch(n0, values, next - 1, next));
  return result;
}

partition_facts facts(std::int64_t first, const std::vector<std::string>& values) {
  partition_facts result;
  result.first = result.fresh_from = first;
  result.end = static_cast<std::int64_t>(values.size());
  for (auto i = first; i < result.end; ++i)
    result.messages.emplace(i, last_message_of(*make_batch(n0, values, i, i + 1)));
  return result;
}

struct core_of_one {
  std::shared_ptr<tally_faults> faults = std::make_shared<tally_faults>();
  partition_core sut;
  std::vector<std::string> values = numbers(40);

  void add(const std::string& owner, const storage::claimed& claim,
           std::map<std::int64_t, std::string> condemned = {}) {
    sut.add(std::make_unique<tally_task>(owner, 0, faults), milliseconds{10'000}, claim, std::move(condemned));
  }
  expected<void> take(std::int64_t first, std::int64_t last, std::int64_t end = INT64_MAX) {
    return sut.take(*make_batch(n0, values, first, last), end);
  }
};

} // namespace

CAF_TEST(tasks without a checkpoint begin where they are told and others where theirs ended) {
  auto values = numbers(20);
  auto start = find_start(n0, {fresh(), saved(8, values)}, facts(3, values));
  CAF_REQUIRE(start);
  CAF_CHECK_EQUAL(start->fresh_from, 3);
  CAF_CHECK_EQUAL(start->offset, 3);
  auto latest = facts(3, values);
  latest.fresh_from = latest.end;
  start = find_start(n0, {fresh(), saved(8, values)}, latest);
  CAF_REQUIRE(start);
  CAF_CHECK_EQUAL(start->fresh_from, 20);
  CAF_CHECK_EQUAL(start->offset, 8);
}

CAF_TEST(a checkpoint at the end of its partition is no conflict) {
  auto values = numbers(20);
  auto start = find_start(n0, {saved(20, values)}, facts(0, values));
  CAF_REQUIRE(start);
  CAF_CHECK_EQUAL(start->offset, 20);
}

CAF_TEST(another message at the last offset means that the topic was made anew) {
  auto values = numbers(20);
  auto other = values;
  other[7] = "seven";
  auto start = find_start(n0, {saved(8, values)}, facts(0, other));
  CAF_REQUIRE(!start);
  CAF_CHECK(start.error().kind == error_kind::conflict);
  CAF_CHECK(start.error().message.find("--reset") != std::string::npos);
}

CAF_TEST(a partition that ends before the last message was made anew) {
  auto start = find_start(n0, {saved(8, numbers(20))}, facts(0, numbers(7)));
  CAF_REQUIRE(!start);
  CAF_CHECK(start.error().kind == error_kind::conflict);
}

CAF_TEST(messages that are gone before they were taken in are a conflict and others are not ) {
  auto values = numbers(20);
  CAF_CHECK(find_start(n0, {saved(8, values)}, facts(8, values)).has_value());
  auto start = find_start(n0, {saved(8, values)}, facts(9, values));
  CAF_REQUIRE(!start);
  CAF_CHECK(start.error().message.find("offset 8 is gone") != std::string::npos);
  CAF_CHECK(start.error().message.find("begins at 9") != std::string::npos);
}

CAF_TEST(a last message that compaction removed is no conflict) {
  auto values = numbers(20);
  auto known = facts(0, values);
  known.messages.erase(7);
  CAF_CHECK(find_start(n0, {saved(8, values)}, known).has_value());
}

CAF_TEST(a message is condemned when a task has thrown on it three times) {
  poison_watch sut;
  for (int i = 0; i < 2; ++i) {
    sut.note("a", 7, "why");
    sut.note("b", 7, "why");
    sut.note("a", 8, "why");
  }
  CAF_CHECK(sut.condemned("a").empty());
  sut.note("a", 7, "the last reason");
  CAF_CHECK(sut.condemned("a") == (std::map<std::int64_t, std::string>{{7, "the last reason"}}));
  CAF_CHECK(sut.condemned("b").empty());
}

CAF_TEST(each task takes what it does not have and nothing twice) {
  core_of_one core;
  storage::claimed ahead = saved(15, core.values);
  core.add("behind", fresh());
  core.add("ahead", ahead);
  core.sut.begin_fresh_at(0);
  CAF_CHECK_EQUAL(core.sut.next_offset(), 0);
  CAF_CHECK(core.take(0, 12));
  CAF_CHECK(core.take(5, 20)); // fed again: tally_task throws on what it has
  CAF_CHECK_EQUAL(core.sut.task(0).counters().consumed, 20u);
  CAF_CHECK_EQUAL(core.sut.task(1).counters().consumed, 5u);
  CAF_CHECK_EQUAL(core.sut.next_offset(), 20);
}

CAF_TEST(messages from the end on are left alone) {
  core_of_one core;
  core.add("a", fresh());
  CAF_CHECK(core.take(0, 20, 15));
  CAF_CHECK_EQUAL(core.sut.next_offset(), 15);
}

CAF_TEST(stamps carry the generation of their task and rise) {
  core_of_one core;
  core.add("a", fresh(5));
  core.add("b", fresh(9));
  CAF_CHECK(core.take(0, 35));
  auto first = core.sut.collect();
  CAF_REQUIRE_EQUAL(first.documents.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    CAF_CHECK_EQUAL(first.stamps[i].generation, i < 3 ? 5u : 9u);
    CAF_CHECK_EQUAL(first.stamps[i].write, i % 3 + 1);
  }
  core.sut.emit_at_end();
  auto second = core.sut.collect();
  CAF_REQUIRE_EQUAL(second.stamps.size(), 2u);
  CAF_CHECK_EQUAL(second.stamps[0].write, 4u);
  CAF_CHECK(core.sut.collect().empty());
}

CAF_TEST(of documents with one id only the last is handed on) {
  core_of_one core;
  core.add("a", fresh());
  CAF_CHECK(core.take(0, 5));
  core.sut.emit_at_end();
  CAF_CHECK(core.take(5, 15));
  core.sut.emit_at_end();
  auto all = core.sut.collect();
  CAF_REQUIRE_EQUAL(all.documents.size(), 2u);
  CAF_CHECK_EQUAL(all.documents[0].id, "a/0/0");
  CAF_CHECK_EQUAL(boost::json::serialize(all.documents[0].body), tally_body("a", 0, true, 10, 45));
  CAF_CHECK_EQUAL(all.stamps[0].write, 2u);
  CAF_CHECK_EQUAL(all.documents[1].id, "a/0/1");
}

CAF_TEST(an alert that rings in a batch is news also where its alarm is over in it) {
  auto definition = throng::test::readings();
  definition.detectors.emplace_back();
  definition.detectors[0].name = definition.detectors[0].detector = "threshold";
  definition.detectors[0].field = "x";
  definition.detectors[0].parameters = throng::test::object(R"({"above": 5})");
  partition_core sut;
  sut.add(analytics::make_engine(throng::test::compiled(definition), n0.topic, 0), milliseconds{10'000}, fresh(), {});
  std::vector<std::string> values;
  for (const auto* x : {"6", "1", "7", "1"})
    values.push_back(R"({"id": "a", "t": "1970-01-01T00:00:0)" + std::to_string(values.size()) + R"(Z", "x": )" + x +
                     "}");
  CAF_CHECK(sut.take(*make_batch(n0, values, 0, 3), INT64_MAX));
  const auto first = sut.collect();
  CAF_REQUIRE_EQUAL(first.documents.size(), 2u);
  CAF_CHECK(!first.documents[0].told);
  CAF_CHECK(first.documents[0].body.at("end").is_int64());
  CAF_CHECK_EQUAL(first.documents[0].offset, 1);
  CAF_CHECK(!first.documents[1].told);
  CAF_REQUIRE_EQUAL(first.messages.size(), 2u);
  CAF_CHECK_EQUAL(first.messages[0].offset, 0); // what raised it, not what ended it
  CAF_CHECK_EQUAL(first.messages[1].offset, 2);
  CAF_CHECK(sut.take(*make_batch(n0, values, 3, 4), INT64_MAX));
  const auto second = sut.collect();
  CAF_REQUIRE_EQUAL(second.documents.size(), 1u);
  CAF_CHECK(second.documents[0].told);
  CAF_CHECK(second.messages.empty());
  CAF_CHECK_GREATER(second.stamps[0].write, first.stamps[1].write);
}

CAF_TEST(an exception of a task names the task and the message) {
  core_of_one core;
  core.add("a", fresh());
  core.faults->throws[7] = 1;
  try {
    (void)core.take(0, 10);
    CAF_FAIL("nothing was thrown");
  } catch (const task_failure& e) {
    CAF_CHECK_EQUAL(e.owner, "a");
    CAF_CHECK_EQUAL(e.offset, 7);
    CAF_CHECK_EQUAL(e.why, "a defect at this message");
  }
}

CAF_TEST(a condemned message is a dead letter and is not taken in) {
  core_of_one core;
  core.faults->throws[7] = 1;
  core.add("a", fresh(), {{7, "why"}});
  CAF_CHECK(core.take(0, 10));
  auto all = core.sut.collect();
  CAF_REQUIRE_EQUAL(all.messages.size(), 1u);
  CAF_CHECK_EQUAL(all.messages[0].value, "7");
}

CAF_TEST(a snapshot holds what is unsaved and a task restored from it goes on alike) {
  core_of_one core;
  core.add("a", fresh());
  CAF_CHECK(!core.sut.unsaved());
  CAF_CHECK(core.take(0, 25));
  CAF_CHECK(core.sut.unsaved());
  auto parts = core.sut.snapshot({true}, false);
  CAF_REQUIRE_EQUAL(parts.size(), 1u);
  CAF_CHECK_EQUAL(parts[0].next_offset, 25);
  CAF_CHECK_EQUAL(parts[0].last.offset, 24);
  CAF_CHECK(!core.sut.unsaved());
  CAF_CHECK_EQUAL(core.sut.saved_to(), 25);
  CAF_CHECK(core.sut.snapshot({false}, false).empty());
  CAF_CHECK_EQUAL(core.sut.snapshot({true}, true).size(), 1u);

  core_of_one restored;
  storage::claimed claim = saved(25, core.values);
  claim.entries = parts[0].entries;
  restored.add("a", claim);
  CAF_CHECK(restored.take(20, 40));
  CAF_CHECK(core.take(25, 40));
  restored.sut.emit_at_end();
  core.sut.emit_at_end();
  (void)core.sut.collect();
  auto all = restored.sut.collect();
  CAF_REQUIRE_EQUAL(all.documents.size(), 2u);
  CAF_CHECK_EQUAL(boost::json::serialize(all.documents[0].body), tally_body("a", 0, true, 10, 245));
}

CAF_TEST(an idle task writes what is open once until there is news) {
  core_of_one core;
  core.add("a", fresh());
  CAF_CHECK(core.take(0, 5));
  CAF_CHECK(!core.sut.emit_idle(milliseconds{9'999}));
  CAF_CHECK(core.sut.emit_idle(milliseconds{10'000}));
  CAF_CHECK(!core.sut.emit_idle(milliseconds{20'000}));
  CAF_CHECK(core.take(5, 6));
  CAF_CHECK(core.sut.emit_idle(milliseconds{10'000}));
}

CAF_TEST(a message counts once though it comes twice) {
  auto values = numbers(20);
  values[3] = "tombstone";
  auto batch = make_batch(n0, values, 0, 10);
  CAF_CHECK_EQUAL(partition_core::count(*batch, 0).messages, 10u);
  CAF_CHECK_EQUAL(partition_core::count(*batch, 0).tombstones, 1u);
  CAF_CHECK_EQUAL(partition_core::count(*batch, 4).messages, 6u);
  CAF_CHECK_EQUAL(partition_core::count(*batch, 4).tombstones, 0u);
  CAF_CHECK_EQUAL(partition_core::count(*batch, 0, 8).messages, 8u);
}

CAF_TEST(a message that was sent again for one task is taken in by that task alone) {
  core_of_one core;
  core.add("one", fresh());
  core.add("other", fresh(3));
  auto batch = *make_batch(n0, core.values, 0, 10);
  batch.only_for = {{4, "one"}, {9, "nobody"}};
  CAF_CHECK(core.sut.take(batch));
  CAF_CHECK_EQUAL(core.sut.task(0).counters().consumed, 9u);
  CAF_CHECK_EQUAL(core.sut.task(1).counters().consumed, 8u);
  // Both go on behind it, and a checkpoint says so.
  CAF_CHECK_EQUAL(core.sut.next_offset(), 10);
  for (const auto& each : core.sut.snapshot({true, true}, true)) {
    CAF_CHECK_EQUAL(each.next_offset, 10);
    CAF_CHECK_EQUAL(each.last.offset, 9);
  }
}
