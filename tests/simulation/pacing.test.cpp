#define CAF_SUITE simulation.pacing

#include "simulation/pacing.hpp"

#include <algorithm>

#include <caf/test/unit_test.hpp>

using namespace throng;
using namespace throng::simulation;
using namespace std::chrono_literals;

namespace {

constexpr timestamp wall{1'800'000'000'000};
constexpr timestamp start{1'700'000'000'000};

/// Lives as the conductor does, on a clock of its own: steps of `pacing::step`, each when it is due, each taking `cost` of wall time.
struct lived {
  timestamp now = start;
  timestamp clock = wall;
  timestamp live_at; ///< virtual; 0: never

  void until(pacing& sut, timestamp end, milliseconds cost, milliseconds tick = 1s) {
    while (now < end) {
      const auto room = sut.limit(clock) - now;
      const auto to = room >= tick ? now + tick : now + sut.step(tick, tick);
      if (sut.limit(clock) < to)
        clock = std::max(clock + 1ms, sut.due(to));
      CAF_REQUIRE(sut.limit(clock) >= to);
      now = to;
      clock = clock + cost;
      if (sut.reach(now, clock, tick))
        live_at = now;
    }
  }
};

} // namespace

CAF_TEST(at speed 1 and 60 virtual time has come as far as the wall clock says and no further) {
  for (auto speed : {1.0, 60.0, 0.25, 1'000'000.0}) {
    pacing sut{speed, false};
    sut.begin(wall, start);
    CAF_CHECK_EQUAL(sut.limit(wall).ms, start.ms);
    CAF_CHECK_EQUAL((sut.limit(wall + 8s) - start).count(), static_cast<std::int64_t>(8000 * speed));
    CAF_CHECK_EQUAL((sut.due(start + milliseconds{static_cast<std::int64_t>(8000 * speed)}) - wall).count(), 8000);
  }
}

CAF_TEST(a world that starts now keeps to the wall clock though it took a while to make) {
  pacing sut{1, false};
  sut.begin(wall, wall - 3s);
  CAF_CHECK_EQUAL(sut.limit(wall).ms, wall.ms);
  CAF_CHECK_EQUAL(sut.behind(wall - 3s, wall).count(), 3'000);
  CAF_CHECK_EQUAL(sut.due(wall + 5s).ms, (wall + 5s).ms);
  // Neither what starts in the past, nor what has another speed.
  pacing yesterday{1, false};
  yesterday.begin(wall, wall - 24h);
  CAF_CHECK_EQUAL(yesterday.limit(wall).ms, (wall - 24h).ms);
  pacing hurried{60, false};
  hurried.begin(wall, wall - 3s);
  CAF_CHECK_EQUAL(hurried.limit(wall).ms, (wall - 3s).ms);
}

CAF_TEST(the due time is the first whose limit has come to the asked one) {
  for (auto speed : {0.3, 1.0, 1.7, 59.9, 777.7}) {
    pacing sut{speed, false};
    sut.begin(wall, start);
    for (std::int64_t ms = 1; ms < 100'000; ms += 37) {
      const auto due = sut.due(start + milliseconds{ms});
      CAF_REQUIRE(sut.limit(due) >= start + milliseconds{ms});
      CAF_REQUIRE(sut.limit(due - 2ms) < start + milliseconds{ms});
    }
  }
}

CAF_TEST(at full speed nothing is waited for and nobody is behind) {
  pacing sut{0, false};
  sut.begin(wall, start);
  CAF_CHECK(sut.unlimited());
  CAF_CHECK(sut.limit(wall) == greatest_timestamp);
  CAF_CHECK_EQUAL(sut.behind(start, wall + 1h).count(), 0);
  CAF_CHECK_EQUAL(sut.step(1s, 1s).count(), 1000);
}

CAF_TEST(a world from yesterday hurries to wall time and goes on with it without leaving anything out) {
  pacing sut{0, true};
  const auto begin = wall - 24h;
  sut.begin(wall, begin);
  CAF_CHECK_EQUAL(sut.behind(begin, wall).count(), 0); // no schedule before it is live
  lived world{begin, wall, {}};
  world.until(sut, wall + 5min, 2ms);
  // 86,400 ticks of 2 ms took 172.8 s, in which 172 more became due.
  CAF_CHECK(sut.live());
  CAF_CHECK(world.live_at - wall > 172s && world.live_at - wall < 175s);
  CAF_CHECK(world.clock - world.now >= 0ms && world.clock - world.now <= 100ms);
}

CAF_TEST(a world that is live never lives what has not come yet) {
  pacing sut{60, true};
  sut.begin(wall, wall - 59min);
  CAF_CHECK(sut.limit(wall + 30s) == wall - 29min);
  CAF_CHECK(sut.limit(wall + 10min) == wall + 10min);
  CAF_CHECK(sut.due(wall + 2min) == wall + 2min);
  CAF_CHECK(!sut.reach(wall - 29min, wall + 30s, 1s));
  CAF_CHECK(sut.reach(wall + 1min, wall + 1min, 1s));
  CAF_CHECK(!sut.reach(wall + 2min, wall + 2min, 1s)); // told once
  CAF_CHECK_EQUAL(sut.behind(wall + 1min, wall + 3min).count(), 120'000);
}

CAF_TEST(a world that is held up says by how much it is behind and makes up for it) {
  pacing sut{1, false};
  sut.begin(wall, start);
  lived world;
  world.until(sut, start + 10s, 1ms);
  world.clock = world.clock + 30s; // a broker that was away
  CAF_CHECK(sut.behind(world.now, world.clock) >= 30s);
  world.until(sut, start + 60s, 1ms);
  CAF_CHECK(sut.behind(world.now, world.clock) <= 100ms);
  CAF_CHECK(world.clock - wall <= 60s + 100ms);
}

CAF_TEST(another speed counts from where the world stands) {
  pacing sut{1, false};
  sut.begin(wall, start);
  sut.change_speed(60, wall + 10s, start + 9s);
  CAF_CHECK(sut.limit(wall + 10s) == start + 9s);
  CAF_CHECK(sut.limit(wall + 11s) == start + 69s);
  sut.change_speed(0, wall + 12s, start + 69s);
  CAF_CHECK(sut.unlimited());
}

CAF_TEST(a pause shifts the schedule but a live world catches up with the clock) {
  pacing sut{2, false};
  sut.begin(wall, start);
  sut.pause(wall + 10s);
  CAF_CHECK(sut.limit(wall + 50s) == start + 20s);
  sut.resume(wall + 60s);
  CAF_CHECK(sut.limit(wall + 61s) == start + 22s);

  pacing live{0, true};
  live.begin(wall, wall - 1s);
  CAF_CHECK(live.reach(wall, wall, 1s));
  live.pause(wall + 1s);
  live.resume(wall + 31s);
  CAF_CHECK(live.limit(wall + 31s) == wall + 31s);
  CAF_CHECK_EQUAL(live.behind(wall + 1s, wall + 31s).count(), 30'000);
}

CAF_TEST(steps are whole fractions of the tick and at most 100 ms of wall time where that is possible) {
  struct wanted {
    double speed;
    bool then_live;
    milliseconds tick;
    milliseconds step;
  };
  for (const auto& each : {wanted{1, false, 1s, 100ms}, wanted{2, false, 1s, 200ms}, wanted{3, false, 1s, 250ms},
                           wanted{60, false, 1s, 1s}, wanted{0, true, 1s, 100ms}, wanted{60, true, 1s, 1s},
                           wanted{1, false, 700ms, 100ms}, wanted{1, false, 101ms, 1ms}, wanted{0.001, false, 1s, 1ms}})
    CAF_CHECK_EQUAL((pacing{each.speed, each.then_live}.step(each.tick, each.tick).count()), each.step.count());
}
