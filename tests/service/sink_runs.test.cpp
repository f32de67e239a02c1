#define CAF_SUITE service.sink_runs

#include "service/sink_runs.hpp"

#include <atomic>
#include <set>
#include <thread>

#include <caf/test/unit_test.hpp>

#include "../actors/memory_source.hpp"
#include "../storage/temporary_folder.hpp"
#include "actors/system_config.hpp"
#include "analytics/event_sink.hpp"
#include "storage/owner_checkpoints.hpp"

using namespace throng;
using namespace throng::service;
using namespace std::chrono_literals;
using actors::test::memory_topics;

namespace {

constexpr int messages = 40;

/// What is put away, by offset; and what it says instead while it is down.
class place : public actors::row_sink {
public:
  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>&) override {
    const std::lock_guard lock{mutex_};
    ++asked_;
    if (down_)
      return tl::unexpected{*down_};
    for (std::size_t i = 0; i < rows.size(); ++i)
      kept_.insert(rows[i].offset);
    return {};
  }
  expected<void> take_over(const std::string&, std::int32_t, const storage::claimed& claim) override {
    const std::lock_guard lock{mutex_};
    if (not_ours_)
      return tl::unexpected{*not_ours_};
    kept_.erase(kept_.lower_bound(claim.next_offset), kept_.end()); // what no checkpoint covers
    return {};
  }

  void answer(std::optional<error> put, std::optional<error> take_over = std::nullopt) {
    const std::lock_guard lock{mutex_};
    down_ = std::move(put);
    not_ours_ = std::move(take_over);
  }
  std::size_t kept() const {
    const std::lock_guard lock{mutex_};
    return kept_.size();
  }
  std::size_t asked() const {
    const std::lock_guard lock{mutex_};
    return asked_;
  }

private:
  mutable std::mutex mutex_;
  std::optional<error> down_;
  std::optional<error> not_ours_;
  std::multiset<std::int64_t> kept_;
  std::size_t asked_ = 0;
};

/// To be counted, and yet the test's.
class lent final : public actors::row_sink {
public:
  explicit lent(place& of)
      : of_(of) {}
  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) override {
    return of_.put(rows, still_ours);
  }
  expected<void> take_over(const std::string& topic, std::int32_t partition, const storage::claimed& claim) override {
    return of_.take_over(topic, partition, claim);
  }

private:
  place& of_;
};

/// A pipeline of two sinks over a partition of 40 messages.
struct two_sinks {
  place first;
  place second;
  std::set<std::string> groups;
  counted_sinks counted;
  std::vector<sink_runs::plan_ptr> plans;
  test::temporary_folder folder;
  std::unique_ptr<storage::result_store> store = storage::open_store("sqlite:" + (folder / "throng.db")).value();
  actors::system_config config{2};
  caf::actor_system system{config};
  std::unique_ptr<sink_runs> sut;

  two_sinks() {
    config::pipeline pipeline;
    pipeline.name = "clicks";
    pipeline.source = "numbers";
    pipeline.key = "entity";
    pipeline.sinks.resize(2);
    pipeline.sinks[0].name = "first";
    pipeline.sinks[1].name = "second";
    for (auto& each : pipeline.sinks) {
      each.rows = 8;
      each.every = 1ms;
    }
    auto plan = analytics::pipeline_plan::compile(pipeline);
    CAF_REQUIRE(plan);
    plans.push_back(*plan);
    for (auto* of : {&first, &second}) {
      const auto* name = of == &first ? "first" : "second";
      counted[owner(name)] = std::make_shared<counted_sink>("clicks", name, std::make_unique<lent>(*of));
    }
  }

  static std::string owner(const std::string& sink) {
    return "sink:clicks:" + sink;
  }

  void start(bool until_end = false, std::chrono::milliseconds between = 1ms) {
    sink_run_options options;
    options.each.bounds.poll = 0ms;
    options.each.bounds.tick = 1ms;
    options.each.checkpoint_every = 1ms;
    options.each.until_end = until_end;
    options.prefix = "x.";
    options.between = {between, between};
    options.open = [this](const config::pipeline& of, const std::string& group) {
      CAF_CHECK_EQUAL(of.name, "clicks");
      groups.insert(group);
      auto topics = std::make_shared<memory_topics>(); // a source of its own has a position of its own
      topics->fill("x.numbers", 0, messages);
      return expected<std::unique_ptr<transport::consumer>>{std::make_unique<actors::test::memory_source>(topics)};
    };
    auto made = sink_runs::start(system, *store, plans, counted, std::move(options));
    CAF_REQUIRE(made);
    sut = std::move(*made);
  }

  template <class Condition>
  bool until(Condition holds) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > limit)
        return false;
      sut->look_after();
      std::this_thread::yield();
    }
    return true;
  }
  bool until_ended() {
    return until([&] { return sut->ended().has_value(); });
  }
};

const error gone{error_kind::unavailable, "gone", true};
const error denied{error_kind::denied, "denied", false};

} // namespace

CAF_TEST(each sink has its own group and puts every message away once) {
  two_sinks city;
  city.start(true);
  CAF_REQUIRE(city.until_ended());
  CAF_CHECK(!city.sut->ended()->failure);
  CAF_CHECK_EQUAL(city.first.kept(), 40u);
  CAF_CHECK_EQUAL(city.second.kept(), 40u);
  CAF_CHECK(city.groups == (std::set<std::string>{"clicks.first", "clicks.second"}));
  CAF_CHECK(storage::known_source(*city.store, city.owner("first"), "numbers").value());
  CAF_CHECK(!storage::known_source(*city.store, "clicks", "numbers").value()); // the pipeline itself is run elsewhere
}

CAF_TEST(a sink that is down holds nothing back but itself and goes on when it is back) {
  two_sinks city;
  city.first.answer(gone);
  city.start();
  CAF_REQUIRE(city.until([&] { return city.second.kept() == messages && city.first.asked() > 1; }));
  CAF_CHECK_EQUAL(city.first.kept(), 0u);
  CAF_CHECK(!city.sut->hopeless());
  CAF_CHECK(city.sut->progress(city.owner("second")));
  CAF_CHECK(!city.sut->progress("sink:clicks:third"));
  city.first.answer(std::nullopt);
  CAF_REQUIRE(city.until([&] { return city.first.kept() == messages; }));
  city.sut->stop();
  CAF_REQUIRE(city.until_ended());
  CAF_CHECK(!city.sut->ended()->failure);
}

CAF_TEST(a sink that failed in earnest begins again from its checkpoint) {
  two_sinks city;
  city.first.answer(denied);
  city.start();
  CAF_REQUIRE(city.until([&] { return city.first.asked() > 3; })); // each time by another analysis
  CAF_CHECK(!city.sut->hopeless());
  city.first.answer(std::nullopt);
  CAF_REQUIRE(city.until([&] { return city.first.kept() == messages && city.second.kept() == messages; }));
  city.sut->finish_at({{{"x.numbers", 0}, messages}});
  CAF_REQUIRE(city.until_ended());
  CAF_CHECK(!city.sut->ended()->failure);
  CAF_CHECK_EQUAL(city.first.kept(), 40u);
}

CAF_TEST(a sink that waits to begin again does so for the end) {
  two_sinks city;
  city.first.answer(denied);
  city.start(false, 1h);
  CAF_REQUIRE(city.until(
      [&] { return city.sut->progress(city.owner("first"))->partitions.empty() && city.first.asked() > 0; }));
  city.first.answer(std::nullopt);
  city.sut->finish_at({{{"x.numbers", 0}, messages}});
  CAF_REQUIRE(city.until_ended());
  CAF_CHECK(!city.sut->ended()->failure);
  CAF_CHECK_EQUAL(city.first.kept(), 40u);
  CAF_CHECK_EQUAL(city.second.kept(), 40u);
}

CAF_TEST(up to an end a sink that fails has failed and the other comes to it) {
  two_sinks city;
  city.first.answer(denied);
  city.start(true);
  CAF_REQUIRE(city.until_ended());
  const auto ended = city.sut->ended().value();
  CAF_REQUIRE(ended.failure);
  CAF_CHECK_EQUAL(ended.failure->message, "pipeline clicks, sink first: denied");
  CAF_CHECK_EQUAL(city.second.kept(), 40u);
}

CAF_TEST(a sink that can not begin at all is hopeless and one that is only down is not ) {
  for (const auto& [why, hopeless] : {std::pair{denied, true}, std::pair{gone, false}}) {
    two_sinks city;
    city.first.answer(std::nullopt, why);
    city.start();
    CAF_REQUIRE(city.until(
        [&] { return city.second.kept() == messages && city.counted[city.owner("first")]->read().errors > 0; }));
    if (hopeless)
      CAF_CHECK(city.until([&] { return city.sut->hopeless().has_value(); }));
    else
      CAF_CHECK(!city.sut->hopeless());
    city.sut->stop();
  }
}
