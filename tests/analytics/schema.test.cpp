// State that earlier programs wrote is read on, and what a later one wrote is refused. `state/schema_N.ndjson` is a checkpoint that a program
// of schema N wrote over the stream below, after 40 of its 60 messages; never made anew.
#define CAF_SUITE analytics.schema

#include <fstream>

#include <caf/test/unit_test.hpp>

#include "analytics/codec.hpp"
#include "hex.hpp"
#include "oracle.hpp"

using namespace throng;
using namespace throng::test;

namespace {

std::vector<state_entry> written_by(int schema) {
  std::ifstream in{std::string{STATE_FOLDER} + "/schema_" + std::to_string(schema) + ".ndjson"};
  std::vector<state_entry> entries;
  for (std::string line; std::getline(in, line);) {
    auto entry = object(line.c_str());
    entries.push_back({from_hex(entry.at("key").as_string()), from_hex(entry.at("value").as_string())});
  }
  CAF_REQUIRE(!entries.empty());
  return entries;
}

std::shared_ptr<const pipeline_plan> plan() {
  auto made = readings();
  const std::vector<std::string> all{"count", "sum", "mean", "min", "max", "stddev", "p50", "distinct"};
  auto plain = tumbling("plain", milliseconds{10'000}, {"g"});
  plain.lateness = milliseconds{8'000};
  plain.aggregates = {aggregates("x", all), aggregates("id", {"distinct", "first", "last", "top_10"})};
  auto hops = hopping("hops", milliseconds{30'000}, milliseconds{8'000});
  hops.lateness = milliseconds{20'000};
  hops.aggregates = {aggregates("x", all)};
  made.windows = {plain, hops};
  made.features = {feature("total", milliseconds{20'000}, "sum", "x"),
                   feature("kinds", milliseconds{30'000}, "distinct", "x")};
  config::detect shift;
  shift.name = "jump";
  shift.detector = "shift";
  shift.field = "x";
  shift.parameters = object(R"({"short": 2, "long": 6, "threshold": 1.5, "refractory": "20s", "forget": "40s"})");
  made.detectors = {shift};
  made.rules = {rule("high", R"({"x": {"$gt": 5}})", milliseconds{15'000})};
  return compiled(made);
}

/// Two entries over the same panes, which each kept for itself until schema 4: of different lateness, so that what the first has dropped the second still had.
std::shared_ptr<const pipeline_plan> shared_panes() {
  auto made = readings();
  auto plain = tumbling("plain", milliseconds{10'000}, {"g"});
  plain.lateness = milliseconds{3'000};
  plain.aggregates = {aggregates("x", {"count", "sum", "stddev", "p50", "distinct"})};
  auto wide = hopping("wide", milliseconds{30'000}, milliseconds{10'000}, {"g"});
  wide.lateness = milliseconds{20'000};
  wide.aggregates = plain.aggregates;
  made.windows = {plain, wide};
  return compiled(made);
}

std::vector<message> messages() {
  std::vector<message> made;
  for (int i = 0; i < 60; ++i) {
    auto time = stream::begin + i * 1'100LL - (i % 7 == 3 ? 9'000 : 0) - (i % 11 == 5 ? 2'000 : 0);
    message next;
    next.offset = i;
    next.key = std::string(1, "abc"[i % 3]);
    next.value = R"({"id": ")" + *next.key + R"(", "t": ")" + to_iso8601({time}) + R"(", "g": ")" +
                 (i % 2 == 1 ? "north" : "south") + R"(", "x": )" + std::to_string((i * 37) % 19 - 4) + ".25}";
    made.push_back(std::move(next));
  }
  return made;
}

/// Equal but for rounding: what a program of schema 1 had summed event by event, and this one pane by pane.
bool same(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_object() && b.is_object()) {
    if (a.get_object().size() != b.get_object().size())
      return false;
    for (const auto& [name, x] : a.get_object())
      if (!b.get_object().contains(name) || !same(x, b.at(name)))
        return false;
    return true;
  }
  if (a.is_number() && b.is_number())
    return near(a.to_number<double>(), b.to_number<double>());
  return a == b;
}

void finish(partition_task& task, outcome& into) {
  CAF_REQUIRE(!take_all(task, messages(), into).has_value());
  effects done;
  task.before_checkpoint(done);
  task.emit_open(done);
  into.carry_out(done);
}

/// The task's next delta makes of the checkpoint that it went on from what a whole one says.
void check_delta(partition_task& task, const std::vector<state_entry>& before) {
  std::map<std::string, std::string> chain;
  for (const auto& each : before)
    chain[each.key] = *each.value;
  for (auto& each : saved(task, true)) {
    if (each.value)
      chain[each.key] = *each.value;
    else
      CAF_CHECK_EQUAL(chain.erase(each.key), 1u);
  }
  std::map<std::string, std::string> base;
  for (auto& each : saved(task, false))
    base[each.key] = *each.value;
  CAF_CHECK(chain == base);
}

} // namespace

CAF_TEST(a checkpoint of schema 1 goes on to the documents of an uninterrupted run) {
  auto uninterrupted = make_engine(plan(), "readings", 3);
  outcome expected;
  finish(*uninterrupted, expected);

  auto restored = make_engine(plan(), "readings", 3);
  restored->restore(written_by(1));
  CAF_CHECK_EQUAL(restored->next_offset(), 40);
  outcome shown;
  finish(*restored, shown);
  auto windows = shown.of(collection::windows);
  CAF_CHECK_GREATER(windows.size(), 8u);
  for (const auto* each : windows) {
    auto found = expected.documents.find("windows/" + each->id);
    CAF_REQUIRE(found != expected.documents.end());
    CAF_CHECK(same(each->body, found->second.body));
    CAF_CHECK_EQUAL(each->offset, found->second.offset);
  }
  // All that the checkpoint had open is among them.
  for (const auto* each : expected.of(collection::windows))
    if (each->offset >= 40)
      CAF_CHECK(shown.documents.contains("windows/" + each->id));
  for (const auto* each : expected.of(collection::alerts))
    if (each->offset >= 40)
      CAF_CHECK(shown.documents.contains("alerts/" + each->id));
}

CAF_TEST(panes that two entries of schema 4 had each for itself become the ones that they share) {
  auto uninterrupted = make_engine(shared_panes(), "readings", 3);
  outcome expected;
  finish(*uninterrupted, expected);

  const auto kept = written_by(4);
  auto restored = make_engine(shared_panes(), "readings", 3);
  restored->restore(kept);
  CAF_CHECK_EQUAL(restored->next_offset(), 40);
  const auto panes_of = [](const std::vector<state_entry>& entries, const char* prefix) {
    return std::count_if(entries.begin(), entries.end(),
                         [&](const state_entry& each) { return each.key.starts_with(prefix); });
  };
  CAF_CHECK_GREATER(panes_of(kept, "w/1/p"), panes_of(kept, "w/0/p"));
  CAF_CHECK_EQUAL(panes_of(saved(*restored, false), "w/0/p"), panes_of(kept, "w/1/p"));
  outcome shown;
  finish(*restored, shown);
  for (const auto* each : shown.of(collection::windows)) {
    const auto found = expected.documents.find("windows/" + each->id);
    CAF_REQUIRE(found != expected.documents.end());
    CAF_CHECK(each->body == found->second.body); // to the last bit
    CAF_CHECK_EQUAL(each->offset, found->second.offset);
  }
  for (const auto* each : expected.of(collection::windows))
    if (each->offset >= 40)
      CAF_CHECK(shown.documents.contains("windows/" + each->id));
}

CAF_TEST(a delta on a checkpoint of schema 4 leaves nothing of the panes that are shared now) {
  auto task = make_engine(shared_panes(), "readings", 3);
  task->restore(written_by(4));
  check_delta(*task, written_by(4));
}

CAF_TEST(a delta on a checkpoint of schema 1 leaves nothing under the old names) {
  auto task = make_engine(plan(), "readings", 3);
  task->restore(written_by(1));
  outcome ignored;
  finish(*task, ignored);
  check_delta(*task, written_by(1));
}

CAF_TEST(state of a later schema is refused by its number) {
  auto entries = written_by(1);
  for (auto& each : entries)
    if (each.key == "meta")
      each.value->front() = 99;
  auto task = make_engine(plan(), "readings", 3);
  try {
    task->restore(entries);
    CAF_FAIL("it was taken");
  } catch (const corrupt_state& why) {
    CAF_CHECK(std::string{why.what()}.find("schema version 99") != std::string::npos);
  }
}
