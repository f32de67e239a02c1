#define CAF_SUITE analytics.merge

#include "analytics/merge.hpp"

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "oracle.hpp"

using namespace throng;
using namespace throng::test;

namespace {

/// By default with a disorder beyond that of any stream, so that nothing is late in any split.
config::pipeline climate(milliseconds disorder = milliseconds{200'000}) {
  auto made = readings();
  made.where = object(R"({"g": {"$ne": "dropped"}})");
  made.disorder = disorder;
  auto window = tumbling("w", milliseconds{60'000}, {"g"});
  window.aggregates = {aggregates("x", {"count", "sum", "mean", "min", "max", "stddev", "distinct", "p99"}),
                       aggregates("id", {"distinct", "top_10"})};
  made.windows = {window};
  return made;
}

/// All windows at the end, by (start, group key).
std::map<std::pair<std::int64_t, std::string>, std::vector<const document*>>
by_window(const std::vector<outcome>& parts) {
  std::map<std::pair<std::int64_t, std::string>, std::vector<const document*>> found;
  for (const auto& part : parts)
    for (const auto* each : part.of(collection::windows))
      found[{each->body.at("start").as_int64(), std::string{each->body.at("group_key").as_string()}}].push_back(each);
  return found;
}

expected<boost::json::object> merged(const std::vector<const document*>& of) {
  std::vector<partial> parts;
  for (const auto* each : of)
    parts.push_back({&each->body, each->state});
  return merge_partials(parts);
}

outcome ended(partition_task& task, const std::vector<message>& messages) {
  outcome seen;
  effects done;
  RC_ASSERT(!take_all(task, messages, seen).has_value());
  task.emit_open(done);
  seen.carry_out(done);
  return seen;
}

} // namespace

CAF_TEST(merged partials of any split into partitions are the result of one partition) {
  auto plan = compiled(climate());
  auto holds = rc::check("merge", [&](std::uint64_t seed) {
    auto messages = stream::random(seed, 120).messages();
    auto partitions = 2 + seed % 3;
    std::vector<std::vector<message>> split(partitions);
    for (const auto& each : messages) {
      auto& into = split[static_cast<std::size_t>(each.key->front()) % partitions];
      into.push_back(each);
      into.back().offset = static_cast<std::int64_t>(into.size()) - 1;
    }
    std::vector<outcome> parts;
    for (std::size_t i = 0; i < partitions; ++i)
      parts.push_back(ended(*make_engine(plan, "readings", static_cast<std::int32_t>(i)), split[i]));
    std::vector<outcome> one;
    one.push_back(ended(*make_engine(plan, "readings", 0), messages));

    auto expected_windows = by_window(one);
    auto windows = by_window(parts);
    RC_ASSERT(windows.size() == expected_windows.size());
    for (auto& [key, documents] : windows) {
      auto result = merged(documents);
      RC_ASSERT(result.has_value());
      std::reverse(documents.begin(), documents.end());
      RC_ASSERT(*merged(documents) == *result);
      RC_ASSERT(!result->contains("partition") && !result->contains("group_key") && !result->contains("topic"));
      const auto& whole = expected_windows.at(key).front()->body;
      for (const char* name : {"pipeline", "window", "start", "end", "group", "events", "id"})
        RC_ASSERT(result->at(name) == whole.at(name));
      const auto& a = result->at("x").as_object();
      const auto& b = whole.at("x").as_object();
      for (const char* name : {"count", "missing", "min", "max", "distinct", "p99"})
        RC_ASSERT(a.at(name) == b.at(name));
      for (const char* name : {"sum", "mean", "stddev"})
        if (a.at(name).is_null())
          RC_ASSERT(b.at(name).is_null());
        else
          RC_ASSERT(near(a.at(name).to_number<double>(), b.at(name).to_number<double>()));
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(a merged window is final when all partials are and spans them all) {
  auto plan = compiled(climate(milliseconds{60'000}));
  auto task = make_engine(plan, "readings", 0);
  stream quiet;
  for (std::int64_t t : {0, 70'000, 200'000}) {
    sample one;
    one.time = t;
    one.id = "a";
    one.x = 1;
    quiet.samples.push_back(one);
  }
  auto seen = ended(*task, quiet.messages());
  auto all = seen.of(collection::windows);
  CAF_REQUIRE_EQUAL(all.size(), 3u);
  auto result = merged(all);
  CAF_REQUIRE(result.has_value());
  CAF_CHECK_EQUAL(result->at("start").as_int64(), 0);
  CAF_CHECK_EQUAL(result->at("end").as_int64(), 240'000);
  CAF_CHECK_EQUAL(result->at("events").as_int64(), 3);
  CAF_CHECK_EQUAL(result->at("final").as_bool(), false);
  for (const auto* each : all) {
    auto ends = each->body.at("end").as_int64();
    auto alone = merged({each});
    CAF_REQUIRE(alone.has_value());
    CAF_CHECK_EQUAL(alone->at("final").as_bool(), ends <= 140'000); // the watermark
  }
}

CAF_TEST(states that are damaged or of other aggregates are refused) {
  auto definition = climate();
  auto other = climate();
  other.windows.front().aggregates.pop_back();
  sample one;
  one.id = "a";
  one.x = 1;
  stream single{{one}};
  auto a = ended(*make_engine(compiled(definition), "readings", 0), single.messages());
  auto b = ended(*make_engine(compiled(other), "readings", 1), single.messages());
  const auto* first = a.of(collection::windows).front();
  const auto* second = b.of(collection::windows).front();
  auto mixed = merged({first, second});
  CAF_REQUIRE(!mixed.has_value());
  CAF_CHECK(mixed.error().kind == error_kind::invalid);
  for (std::size_t n = 0; n < first->state.size(); ++n) {
    auto cut = first->state.substr(0, n);
    auto result = merge_partials({{&first->body, cut}});
    CAF_REQUIRE(!result.has_value());
    CAF_REQUIRE(result.error().kind == error_kind::corrupt);
  }
  auto longer = first->state + 'x';
  CAF_CHECK(!merge_partials({{&first->body, longer}}).has_value());
  boost::json::object empty;
  CAF_CHECK(!merge_partials({{&empty, first->state}}).has_value());
}
