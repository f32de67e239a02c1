#define CAF_SUITE service.replay_pace

#include "service/replay_pace.hpp"

#include <caf/test/unit_test.hpp>

using namespace throng::service;
using namespace std::chrono_literals;

CAF_TEST(at a rate messages are due one after the other whatever their times) {
  replay_pace pace{4, 0};
  CAF_CHECK(!pace.needs_times());
  for (auto wanted : {0ms, 250ms, 500ms, 750ms, 1000ms})
    CAF_CHECK(pace.due(7'000'000) == wanted);
}

CAF_TEST(at a speed messages are as far apart as their times are divided by it) {
  replay_pace pace{0, 10};
  CAF_CHECK(pace.needs_times());
  CAF_CHECK(pace.due(60'000) == 0ms);
  CAF_CHECK(pace.due(70'000) == 1s);
  CAF_CHECK(pace.due(65'000) == 500ms); // out of order: when it would have been due
  CAF_CHECK(pace.due(50'000) == 0ms);   // before the first
  CAF_CHECK(pace.due(660'000) == 1min);
}

CAF_TEST(without either all are due at once and a time far off is still one that a clock can reach) {
  replay_pace at_once{0, 0};
  CAF_CHECK(at_once.due(0) == 0ms);
  CAF_CHECK(at_once.due(INT64_MAX) == 0ms);
  replay_pace slow{1e-9, 0};
  slow.due(0);
  CAF_CHECK(slow.due(0) > 24h);
  CAF_CHECK(slow.due(0) < 24h * 365 * 10);
}
