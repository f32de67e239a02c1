// The facade on real threads, with a real pipeline: that the parts are put together right. What they do is tested without threads.
#define CAF_SUITE actors.analysis_run

#include "actors/analysis.hpp"

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>

#include "actors/system_config.hpp"
#include "memory_source.hpp"
#include "memory_store.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;
using namespace std::chrono_literals;

namespace {

struct watched_numbers {
  std::shared_ptr<memory_topics> topics = std::make_shared<memory_topics>();
  memory_store store;
  system_config config{2};
  caf::actor_system system{config};
  analysis_options options;

  watched_numbers() {
    add(0, 95);
    add(1, 42);
    config::pipeline pipeline;
    pipeline.name = "sums";
    pipeline.source = "numbers";
    pipeline.key = "entity";
    config::window window;
    window.name = "ten";
    window.size = window.every = 10ms;
    window.aggregates = {{"n", {{config::aggregate_kind::sum, 0, "sum"}}}};
    pipeline.windows.push_back(window);
    auto plan = analytics::pipeline_plan::compile(pipeline);
    CAF_REQUIRE(plan);
    options.topics.push_back({"numbers", "numbers", {*plan}, std::nullopt});
    options.bounds.poll = 0ms;
  }
  /// Numbers 0, 1, 2, … with that Kafka time in ms.
  void add(std::int32_t partition, int count) {
    auto& values = topics->partitions[{"numbers", partition}].values;
    for (int i = 0; i < count; ++i)
      values.push_back("{\"entity\":\"e\",\"n\":" + std::to_string(values.size()) + "}");
  }
  std::unique_ptr<analysis> start() {
    auto made = analysis::start(system, std::make_unique<memory_source>(topics), store, options);
    CAF_REQUIRE(made);
    return std::move(*made);
  }
  /// Sums of all windows, over partitions.
  double total() const {
    double sum = 0;
    for (const auto& [id, x] : store.documents)
      sum += x.what.body.at("n").at("sum").to_number<double>();
    return sum;
  }
};

constexpr auto patience = 60s;

} // namespace

CAF_TEST(a pipeline watches a topic up to its end) {
  watched_numbers sut;
  sut.options.until_end = true;
  auto running = sut.start();
  CAF_REQUIRE(running->ready().wait_for(patience) == std::future_status::ready);
  CAF_CHECK(running->ready().get().has_value());
  auto ended = running->wait(patience);
  CAF_REQUIRE(ended);
  CAF_CHECK(!ended->failure);
  CAF_CHECK_EQUAL(sut.store.documents.size(), 15u);
  CAF_CHECK_EQUAL(sut.total(), 94.0 * 95 / 2 + 41.0 * 42 / 2);
  auto at = running->progress();
  CAF_CHECK_EQUAL(at.consumed, 137u);
  CAF_CHECK(at.lag == 0u);
  CAF_CHECK_EQUAL(at.partitions.size(), 2u);
  running.reset();
  CAF_CHECK(!sut.topics->open);
}

CAF_TEST(a finished analysis and a stopped one leave the same and can be waited for again) {
  watched_numbers sut;
  auto running = sut.start();
  CAF_REQUIRE(running->ready().wait_for(patience) == std::future_status::ready);
  CAF_CHECK(!running->wait(0ms));
  running->finish_at({{{"numbers", 0}, 95}, {{"numbers", 1}, 42}});
  CAF_REQUIRE(running->wait(patience));
  CAF_CHECK(!running->wait(0ms)->failure);
  running->stop();
  running = sut.start();
  running->stop();
  CAF_REQUIRE(running->wait(patience));
  CAF_CHECK(!running->wait(0ms)->failure);
  CAF_CHECK_EQUAL(sut.total(), 94.0 * 95 / 2 + 41.0 * 42 / 2);
}

CAF_TEST(an analysis that is dropped while it runs lets go of source and store) {
  watched_numbers sut;
  auto running = sut.start();
  running.reset();
  CAF_CHECK(!sut.topics->open);
}
