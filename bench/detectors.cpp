// What the detectors cost: updates a second of CPU time, bytes of saved state a key, and the memory that many keys take. Over noise with a day's curve, one value
// each five minutes. `./dev bench detectors` starts it.
//
//   bench_detectors [NAME...]
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <malloc.h>

#include "analytics/detector.hpp"
#include "analytics/online_learner.hpp"

namespace {

using namespace throng;
using namespace throng::analytics;

timestamp at(std::size_t i) {
  return {1'392'336'000'000 + static_cast<std::int64_t>(i) * 300'000};
}

/// Bytes that are allocated; resident ones would count nothing where memory that a detector before gave back is used again.
std::size_t allocated_bytes() {
  const auto now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

std::shared_ptr<const detector> make(const std::string& name) {
  config::detect definition;
  definition.name = name;
  definition.detector = name;
  if (name == "threshold")
    definition.parameters["above"] = 100;
  auto made = make_detector(definition, "detect");
  if (!made) {
    std::fprintf(stderr, "bench_detectors: %s\n", made.error().front().sentence.c_str());
    std::exit(1);
  }
  return *made;
}

void measure(const std::string& name, const std::vector<double>& values) {
  auto watching = make(name);
  // The forest is slow enough to be measured on less.
  auto count = name == "forest" ? values.size() / 20 : values.size();
  double best = 0;
  std::size_t bytes = 0;
  for (int run = 0; run < 3; ++run) {
    auto series = watching->fresh();
    auto begun = std::clock();
    for (std::size_t i = 0; i < count; ++i)
      series->observe(at(i), value::of(values[i]));
    auto took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    best = std::max(best, static_cast<double>(count) / took);
    std::string state;
    byte_writer out{state};
    series->save(out);
    bytes = state.size();
  }
  auto keys = name == "forest" ? std::size_t{500} : std::size_t{10'000};
  auto before = allocated_bytes();
  std::vector<std::unique_ptr<series_detector>> many;
  for (std::size_t k = 0; k < keys; ++k)
    many.push_back(watching->fresh());
  for (std::size_t i = 0; i < 100; ++i)
    for (auto& series : many)
      series->observe(at(i), value::of(values[i]));
  auto each = (allocated_bytes() - before) / keys;
  std::printf("%-18s %12.0f updates/s %10zu bytes saved %10zu bytes in memory a key\n", name.c_str(), best, bytes,
              each);
  std::fflush(stdout);
}

/// The learner is of a partition, not of a key: rows of ten numbers, one in 100 of them bad, each scored, and learnt from 1,000 rows later.
void measure_learner(const std::vector<double>& values) {
  constexpr std::size_t fields = 10;
  constexpr std::size_t behind = 1'000;
  const auto rows = values.size() / fields;
  std::vector<learner_cell> cells;
  cells.reserve(values.size());
  for (auto x : values)
    cells.push_back(learner_cell::of(value::of(x)));
  double best = 0;
  std::size_t bytes = 0;
  double sum = 0;
  for (int run = 0; run < 3; ++run) {
    online_learner learner{fields};
    auto begun = std::clock();
    for (std::size_t i = 0; i < rows; ++i) {
      const auto* row = &cells[i * fields];
      learner.meet(row);
      sum += learner.surprise(learner.margin(row), 20);
      if (i >= behind)
        learner.learn(row - behind * fields, i % 100 == 0);
    }
    auto took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    best = std::max(best, static_cast<double>(rows) / took);
    std::string state;
    byte_writer out{state};
    learner.save(out);
    bytes = state.size();
  }
  std::printf(
      "%-18s %12.0f updates/s %10zu bytes saved a partition, without events that wait (10 fields; check %.3g)\n",
      "learner", best, bytes, sum);
}

} // namespace

int main(int argc, char** argv) {
  std::mt19937_64 bits{1};
  std::vector<double> values(1'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double noise = -6;
    for (int k = 0; k < 12; ++k)
      noise += static_cast<double>(bits() >> 11U) * 0x1p-53;
    values[i] = 20 + 5 * std::sin(static_cast<double>(i) * 6.283185307 / 288) + noise;
  }
  std::vector<std::string> names(argv + 1, argv + argc);
  if (names.empty())
    for (const auto& doc : known_detectors())
      names.emplace_back(doc.name);
  if (argc <= 1)
    names.emplace_back("learner");
  for (const auto& name : names)
    if (name == "learner")
      measure_learner(values);
    else
      measure(name, values);
}
