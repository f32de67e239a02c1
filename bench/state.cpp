// What a partition's state costs: memory a key, the pause of a checkpoint, its bytes, and the time to take the partition over. The very engine,
// log and store that `throng analyze` runs, over messages made here. Prints one JSON object. `bench/analysis` starts it.
//
//   bench_state KEYS CHANGED FILE     FILE: a SQLite store to be made
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

#include "analytics/pipeline_plan.hpp"
#include "bench.hpp"
#include "config/load.hpp"
#include "storage/checkpoint_log.hpp"
#include "storage/result_store.hpp"

namespace {

using namespace throng;
using throng::bench::must;
using throng::bench::stopwatch;

/// A window open for each key, and what a rule and a look-back keep of it.
constexpr std::string_view pipeline = R"({
  "name": "state", "source": "readings", "key": "id", "timestamp": "t",
  "features": [{"name": "n", "over": "1h", "count": true}, {"name": "most", "over": "1h", "max": "x"}],
  "windows": [{"name": "hour", "tumbling": "1h", "group_by": ["id"],
               "aggregate": {"x": ["count", "mean", "min", "max", "stddev"]}}],
  "rules": [{"name": "high", "when": {"most": {"$gt": 1000}}}]
})";
constexpr std::int64_t begin_ms = 1'767'592'800'000;

std::int64_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  std::int64_t all = 0;
  std::int64_t resident = 0;
  in >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::shared_ptr<const analytics::pipeline_plan> compiled() {
  auto loaded = config::parse_pipelines(pipeline, "bench", {});
  if (!loaded) {
    std::cerr << "bench_state: " << loaded.error().front().sentence << '\n';
    std::exit(1);
  }
  auto plan = analytics::pipeline_plan::compile(loaded->front().value);
  if (!plan)
    std::exit(1);
  return *plan;
}

struct feed {
  std::unique_ptr<analytics::partition_task> task;
  std::int64_t offset = 0;
  analytics::effects effects;

  void take(std::int64_t key, std::int64_t second) {
    auto value = R"({"id":"sensor-)" + std::to_string(key) + R"(","t":")" + to_iso8601({begin_ms + second * 1000}) +
                 R"(","x":)" + std::to_string((key * 7919 + second) % 1000) + ".25}";
    must(task->take({offset++, -1, std::nullopt, value}, effects));
    effects.clear();
  }
};

std::vector<storage::checkpoint_entry> snapshot(analytics::partition_task& of, bool only_changes, double& pause_ms) {
  std::vector<storage::checkpoint_entry> entries;
  stopwatch time;
  analytics::effects effects;
  of.before_checkpoint(effects);
  of.save(only_changes, [&](analytics::state_entry&& x) { entries.push_back({std::move(x.key), std::move(x.value)}); });
  pause_ms = time.ms();
  return entries;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_state KEYS CHANGED FILE\n";
    return 2;
  }
  const auto keys = std::atoll(argv[1]);
  const auto changed = std::atoll(argv[2]);
  auto plan = compiled();
  auto store = must(storage::open_store(std::string{"sqlite:"} + argv[3]));
  const storage::checkpoint_identity identity{"state", "readings", 0, plan->hash(), "bench", 1};
  storage::checkpoint_log log{*store, identity, "bench"};
  must(log.claim());

  boost::json::object out{{"keys", keys}, {"changed", changed}};
  feed in{analytics::make_engine(plan, "readings", 0), 0, {}};
  const auto before = resident_bytes();
  stopwatch feeding;
  for (std::int64_t key = 0; key < keys; ++key)
    in.take(key, key % 60);
  out["first_events_ns"] = feeding.ms() * 1e6 / static_cast<double>(keys);
  out["bytes_a_key"] = static_cast<double>(resident_bytes() - before) / static_cast<double>(keys);
  out["resident_bytes"] = resident_bytes();

  double pause = 0;
  must(log.save(snapshot(*in.task, false, pause), true, in.offset, {}));
  out["whole_pause_ms"] = pause;
  out["whole_bytes"] = log.last_bytes();
  for (std::int64_t i = 0; i < changed; ++i)
    in.take(i * (keys / changed), 61);
  auto delta = snapshot(*in.task, true, pause);
  out["delta_entries"] = delta.size();
  must(log.save(delta, false, in.offset, {}));
  out["delta_pause_ms"] = pause;
  out["delta_bytes"] = log.last_bytes();

  storage::checkpoint_log next{*store, identity, "next"};
  stopwatch taking_over;
  auto claimed = must(next.claim());
  auto restored = analytics::make_engine(plan, "readings", 0);
  std::vector<analytics::state_entry> entries;
  for (auto& x : claimed.entries)
    entries.push_back({std::move(x.key), std::move(x.value)});
  restored->restore(entries);
  out["take_over_ms"] = taking_over.ms();
  if (restored->next_offset() != in.offset)
    return 1;
  std::cout << boost::json::serialize(out) << '\n';
}
