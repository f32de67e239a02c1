// Whatever an engine keeps by key has an end in event time: of keys that have fallen silent nothing is left, in memory or in a checkpoint.
#define CAF_SUITE analytics.expiry

#include <map>
#include <memory>
#include <set>
#include <string>

#include <caf/test/unit_test.hpp>

#include "oracle.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr std::int64_t year = 366LL * 86'400'000;

/// One of everything that remembers.
std::shared_ptr<const pipeline_plan> plan() {
  auto made = readings();
  auto sessions = session("visits", milliseconds{30'000}, {"id"});
  made.windows = {tumbling("plain", milliseconds{10'000}, {"id"}),
                  hopping("hops", milliseconds{30'000}, milliseconds{10'000}, {"id"}),
                  calendar_window("days", "1d", "Europe/Paris", {"id"}), sessions};
  for (auto& each : made.windows) {
    each.lateness = milliseconds{8'000};
    each.aggregates = {aggregates("x", {"count", "sum", "p50", "distinct", "top_10"})};
  }
  made.features = {feature("total", milliseconds{20'000}, "sum", "x"),
                   feature("kinds", milliseconds{30'000}, "distinct", "x")};
  for (const auto* name : {"shift", "threshold"}) {
    config::detect watching;
    watching.name = name;
    watching.detector = name;
    watching.field = "x";
    if (watching.detector == "threshold")
      watching.parameters = object(R"({"above": 5})");
    made.detectors.push_back(watching);
  }
  auto hot = rule("hot", R"({"x": {"$gt": 5}})");
  hot.until = object(R"({"x": {"$lt": 1}})");
  auto sequence = rule("sequence", "{}");
  sequence.sequence = {object(R"({"x": 1})"), object(R"({"x": 99})")};
  sequence.within = milliseconds{60'000};
  auto silent = rule("silent", "{}");
  silent.absent = milliseconds{60'000};
  made.rules = {rule("high", R"({"x": {"$gt": 5}})", milliseconds{3'600'000}), hot, sequence, silent};
  return compiled(made);
}

void take(partition_task& task, std::int64_t offset, const std::string& id, std::int64_t time, int x) {
  message next;
  next.offset = offset;
  next.key = id;
  next.value = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({time}) + R"(", "x": )" + std::to_string(x) + "}";
  effects ignored;
  CAF_REQUIRE(task.take(next.raw(), ignored).has_value());
}

std::set<std::string> names(partition_task& task) {
  std::set<std::string> found;
  for (const auto& each : saved(task, false))
    found.insert(each.key);
  return found;
}

/// Two events of one key, long after all others: the second finds the watermark moved by the first.
void much_later(partition_task& task, std::int64_t offset) {
  take(task, offset, "z", stream::begin + year, 1);
  take(task, offset + 1, "z", stream::begin + year + 5'000, 2);
}

} // namespace

CAF_TEST(of keys that have fallen silent nothing is left) {
  auto never_knew = make_engine(plan(), "readings", 3);
  much_later(*never_knew, 200);
  auto task = make_engine(plan(), "readings", 3);
  for (int i = 0; i < 200; ++i)
    take(*task, i, "k" + std::to_string(i % 20), stream::begin + std::int64_t{i} * 1'000, i % 9);
  std::map<std::string, std::string> chain;
  for (auto& each : saved(*task, false))
    chain[each.key] = *each.value;
  CAF_CHECK_GREATER(chain.size(), 100u);
  std::set<char> kinds;
  for (const auto& [key, value] : chain)
    kinds.insert(key.front());
  for (auto kind : {'w', 'h', 'd', 'r', 'q'})
    CAF_CHECK(kinds.contains(kind));

  much_later(*task, 200);
  // A delta names what has gone, so that the chain of a checkpoint forgets it too.
  for (auto& each : saved(*task, true))
    if (each.value)
      chain[each.key] = *each.value;
    else
      chain.erase(each.key);
  std::set<std::string> in_chain;
  for (const auto& [key, value] : chain)
    in_chain.insert(key);
  auto expected = names(*never_knew);
  for (const auto& key : names(*task))
    if (!expected.contains(key))
      CAF_ERROR("still kept: " + key);
  CAF_CHECK(names(*task) == expected);
  CAF_CHECK(in_chain == expected);
}
