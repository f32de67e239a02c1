// How long a question takes over a store of many windows: one group's day of 1-minute windows (1,440 results, each merged from 4 partitions'
// partials), and the same day of all groups. The documents are those of the very engine, one minute of which is laid down again and again under
// later times. Prints one JSON object. `bench/analysis` starts it.
//
//   bench_query STORE DOCUMENTS     STORE: sqlite:FILE or mongodb://…; filled if it holds nothing yet
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "analytics/pipeline_plan.hpp"
#include "bench.hpp"
#include "config/load.hpp"
#include "query/query.hpp"
#include "storage/result_store.hpp"

namespace {

using namespace throng;
using throng::bench::must;
using throng::bench::stopwatch;

constexpr std::string_view pipeline = R"({
  "name": "climate", "source": "readings", "key": "id", "timestamp": "t",
  "windows": [{"name": "minute", "tumbling": "1m", "group_by": ["district"],
               "aggregate": {"x": ["count", "mean", "min", "max", "stddev", "p99"], "id": ["distinct"]}}]
})";
constexpr std::int64_t begin_ms = 1'767'592'800'000;
constexpr std::int32_t partitions = 4;
constexpr std::int64_t groups = 20;
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t minutes_a_day = 1'440;

/// Every partition's partials of the first minute.
std::vector<analytics::document> one_minute() {
  auto loaded = config::parse_pipelines(pipeline, "bench", {});
  auto plan = analytics::pipeline_plan::compile(loaded->front().value);
  if (!plan)
    std::exit(1);
  std::vector<analytics::document> made;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    auto engine = analytics::make_engine(*plan, "readings", partition);
    analytics::effects out;
    for (std::int64_t i = 0; i < groups * 50; ++i) {
      const auto value = R"({"id": "sensor-)" + std::to_string(i * partitions + partition) + R"(", "t": ")" +
                         to_iso8601({begin_ms + i * minute_ms / (groups * 50)}) + R"(", "district": "district-)" +
                         std::to_string(i % groups) + R"(", "x": )" + std::to_string(i * 7'919 % 1'000) + ".25}";
      must(engine->take({i, -1, std::nullopt, value}, out));
    }
    engine->emit_open(out);
    std::move(out.documents.begin(), out.documents.end(), std::back_inserter(made));
  }
  return made;
}

/// @returns how many documents stand in the store
std::uint64_t fill(storage::result_store& store, std::uint64_t wanted) {
  for (const auto& each : must(store.stats()))
    if (each.name == "windows" && each.documents > 0)
      return each.documents;
  const auto minute = one_minute();
  std::uint64_t written = 0;
  for (std::int64_t i = 0; written < wanted; i += 100) {
    std::vector<analytics::document> batch;
    for (auto j = i; j < i + 100; ++j)
      for (const auto& each : minute) {
        auto& later = batch.emplace_back(each);
        for (const auto* field : {"start", "end"})
          later.body[field] = later.body.at(field).as_int64() + j * minute_ms;
        later.id = analytics::document_id({each.id, std::to_string(j)});
      }
    std::vector<storage::stamped_document> stamped;
    stamped.reserve(batch.size());
    for (const auto& each : batch)
      stamped.push_back({&each, {1, static_cast<std::uint64_t>(i) + 1}});
    must(store.write(stamped));
    written += batch.size();
  }
  return written;
}

struct answered {
  double median_ms;
  std::size_t results;
};

answered ask(storage::result_store& store, std::vector<std::pair<std::string, std::string>> group, std::int64_t day) {
  query::request what;
  what.pipeline = "climate";
  what.window = "minute";
  what.group = std::move(group);
  what.from = timestamp{begin_ms + day * minutes_a_day * minute_ms};
  what.to = *what.from + milliseconds{minutes_a_day * minute_ms};
  what.limit = 0;
  std::array<double, 11> took{};
  std::size_t results = 0;
  for (auto& each : took) {
    const stopwatch time;
    results = must(query::ask(store, what)).items.size();
    each = time.ms();
  }
  std::sort(took.begin(), took.end());
  return {took[took.size() / 2], results};
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bench_query STORE DOCUMENTS\n";
    return 2;
  }
  auto store = must(storage::open_store(argv[1]));
  const stopwatch filling;
  const auto documents = fill(*store, std::strtoull(argv[2], nullptr, 10));
  const auto seconds = filling.ms() / 1'000;
  const auto days = static_cast<std::int64_t>(documents) / (minutes_a_day * groups * partitions);
  const auto one = ask(*store, {{"district", "district-3"}}, days / 2);
  const auto all = ask(*store, {}, days / 2);
  if (one.results != minutes_a_day || all.results != minutes_a_day * groups) {
    std::cerr << "bench_query: " << one.results << " and " << all.results << " results: too few documents for a day\n";
    return 1;
  }
  std::cout << boost::json::serialize(boost::json::object{{"documents", documents},
                                                          {"fill_seconds", seconds},
                                                          {"one_group_ms", one.median_ms},
                                                          {"one_group_results", one.results},
                                                          {"all_groups_ms", all.median_ms},
                                                          {"all_groups_results", all.results}})
            << '\n';
}
