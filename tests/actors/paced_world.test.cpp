#define CAF_SUITE actors.paced_world

#include "actors/world_run.hpp"

#include <chrono>
#include <map>
#include <string>

#include "dsl.hpp"

#include "config/load.hpp"

using namespace throng;
using namespace throng::actors;
using namespace std::chrono_literals;

namespace {

struct world_config : caf::actor_system_config {
  world_config() {
    add_message_types<caf::id_block::throng_world>();
  }
};

constexpr timestamp noon{1'800'000'000'000};

/// A world on the test's own clock, which is the wall clock too.
struct fixture : test_coordinator_fixture<world_config> {
  class listening_sink : public message_sink {
  public:
    explicit listening_sink(std::function<timestamp()> wall)
        : wall_(std::move(wall)) {}
    void listen(std::size_t, listener) override {}
    expected<std::size_t> take(std::size_t, std::span<const transport::outgoing> messages,
                               const std::shared_ptr<const void>&) override {
      for (const auto& message : messages) {
        all += std::string{message.value} + "\n";
        ++count;
        earliest = std::min(earliest, wall_() - timestamp{message.timestamp_ms});
        latest = std::max(latest, wall_() - timestamp{message.timestamp_ms});
      }
      return messages.size();
    }
    expected<void> finish() override {
      return {};
    }
    std::string all;
    std::size_t count = 0;
    milliseconds earliest{INT64_MAX / 2}; ///< after its time that a message was handed over
    milliseconds latest{INT64_MIN / 2};

  private:
    std::function<timestamp()> wall_;
  };

  caf::actor_clock::time_point began = sched.clock().now();
  std::function<timestamp()> wall = [this] {
    return noon + std::chrono::duration_cast<milliseconds>(sched.clock().now() - began);
  };
  std::shared_ptr<listening_sink> sink = std::make_shared<listening_sink>(wall);

  std::unique_ptr<world_run> start(const std::string& pace, timestamp from, const std::string& duration) {
    auto text = R"({"name": "small", "seed": 5, "start": ")" + to_iso8601(from) + R"(", "duration": ")" + duration +
                R"(", )" + pace + R"(,
      "populations": {"sensors": {"kind": "sensor", "count": 20, "interval": "5s"},
                      "visitors": {"kind": "web_client", "count": 40, "sessions_per_day": 400}}})";
    auto scenario = config::parse_scenario(text, "small.json", {});
    CAF_REQUIRE(scenario.has_value());
    auto made = std::make_unique<world_run>(sys, simulation::world::make(scenario->value).value(), sink,
                                            world_options{2, true, wall});
    made->begin();
    sched.run();
    return made;
  }

  /// Lets wall time go on, a little at a time.
  void pass(milliseconds time) {
    for (auto left = time; left > 0ms; left -= 10ms) {
      advance_time(10ms);
      sched.run();
    }
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(paced_world, fixture)

CAF_TEST(at speed 1 every message comes after its time and at most 110 ms after it) {
  auto sut = start(R"("speed": 1)", noon, "30s");
  CAF_CHECK_EQUAL(sink->count, 0u);
  pass(10s);
  CAF_CHECK_EQUAL(sut->progress().virtual_ms.load(), noon.ms + 10'000);
  pass(21s);
  CAF_REQUIRE(sut->wait(0ms).has_value());
  CAF_CHECK(sink->count > 100);
  CAF_CHECK(sink->earliest >= 0ms);
  CAF_CHECK(sink->latest <= 110ms);
}

CAF_TEST(speed 60 lives a minute a second) {
  auto sut = start(R"("speed": 60)", timestamp{0}, "1h");
  pass(7s);
  CAF_CHECK_EQUAL(sut->progress().virtual_ms.load(), 7 * 60'000);
  CAF_CHECK_EQUAL(sut->progress().behind_ms.load(), 0);
  sut->halt();
  pass(1s);
  CAF_CHECK(sut->wait(0ms).has_value()); // nobody would run what an abandoned one waits for
}

CAF_TEST(a backfill goes over into live time with the same bytes as the whole at full speed) {
  {
    auto sut = start(R"("speed": "max", "then": "live")", noon - 10min, "11m");
    // Without a second of wall time: all that is past, and nothing that is to come.
    CAF_CHECK_EQUAL(sut->progress().virtual_ms.load(), noon.ms);
    CAF_CHECK(sut->progress().live.load());
    CAF_CHECK(sink->earliest >= 0ms);
    const auto backfilled = sink->count;
    sink->latest = 0ms;
    pass(61s);
    CAF_REQUIRE(sut->wait(0ms).has_value());
    CAF_CHECK(sink->count > backfilled);
    CAF_CHECK(sink->earliest >= 0ms);
    CAF_CHECK(sink->latest <= 110ms);
  }
  const auto in_two_paces = std::exchange(sink->all, {});
  auto whole = start(R"("speed": "max")", noon - 10min, "11m");
  CAF_REQUIRE(whole->wait(0ms).has_value());
  CAF_CHECK(!in_two_paces.empty());
  CAF_CHECK(sink->all == in_two_paces);
}

CAF_TEST(a world that the wall clock has left behind says so and catches up) {
  auto sut = start(R"("speed": 1)", noon, "5m");
  pass(10s);
  sched.clock().current_time += 40s; // nobody ran for so long
  pass(1s);
  CAF_CHECK_EQUAL(sut->progress().virtual_ms.load(), noon.ms + 51'000);
  CAF_CHECK_EQUAL(sut->progress().behind_ms.load(), 0);
  pass(250s);
  auto result = sut->wait(0ms);
  CAF_REQUIRE(result.has_value());
  CAF_CHECK(result->most_behind >= 39s);
  CAF_CHECK(result->most_behind <= 40s);
}

CAF_TEST_FIXTURE_SCOPE_END()
