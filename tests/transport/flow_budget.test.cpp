#define CAF_SUITE transport.flow_budget

#include "transport/flow_budget.hpp"

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include <rapidcheck.h>

using namespace throng::transport;

namespace {

const topic_partition here{"t", 0};
const topic_partition there{"t", 1};

} // namespace

CAF_TEST(a partition takes what its budget allows and leaves the others theirs) {
  flow_budget budget{100};
  CAF_CHECK(budget.try_take(here, 60));
  CAF_CHECK(budget.try_take(here, 40));
  CAF_CHECK(!budget.try_take(here, 1));
  CAF_CHECK(budget.try_take(there, 100));
  CAF_CHECK_EQUAL(budget.in_flight(here), 100u);
  budget.release(here, 30);
  CAF_CHECK(!budget.try_take(here, 31));
  CAF_CHECK(budget.try_take(here, 30));
}

CAF_TEST(what exceeds the whole budget passes alone) {
  flow_budget budget{100};
  CAF_CHECK(budget.try_take(here, 500));
  CAF_CHECK(!budget.try_take(here, 1));
  budget.release(here, 500);
  CAF_CHECK(budget.try_take(here, 1));
  CAF_CHECK(!budget.try_take(here, 500));
}

CAF_TEST(whoever was refused is told once when half of the budget is free) {
  std::vector<topic_partition> told;
  flow_budget budget{100, [&](const topic_partition& which) { told.push_back(which); }};
  CAF_CHECK(budget.try_take(here, 100));
  budget.release(here, 60);
  CAF_CHECK(told.empty()); // nobody asked
  CAF_CHECK(budget.try_take(here, 60));
  CAF_CHECK(!budget.try_take(here, 10));
  budget.release(here, 40);
  CAF_CHECK(told.empty());
  budget.release(here, 10);
  CAF_CHECK(told == std::vector{here});
  budget.release(here, 50);
  CAF_CHECK(told == std::vector{here});
}

CAF_TEST(the callback may take at once) {
  flow_budget* reached = nullptr;
  bool took = false;
  flow_budget budget{100, [&](const topic_partition& which) { took = reached->try_take(which, 50); }};
  reached = &budget;
  CAF_CHECK(budget.try_take(here, 100));
  CAF_CHECK(!budget.try_take(here, 50));
  budget.release(here, 100);
  CAF_CHECK(took);
  CAF_CHECK_EQUAL(budget.in_flight(here), 50u);
}

CAF_TEST(giving back too much leaves nothing under way) {
  flow_budget budget{100};
  CAF_CHECK(budget.try_take(here, 10));
  budget.release(here, 50);
  CAF_CHECK_EQUAL(budget.in_flight(here), 0u);
}

CAF_TEST(takes and releases in any order never exceed the budget nor forget who waits) {
  CAF_CHECK(rc::check([](const std::vector<std::uint8_t>& sizes) {
    bool told = false;
    flow_budget budget{200, [&](const topic_partition&) { told = true; }};
    std::deque<std::size_t> under_way;
    std::size_t sum = 0;
    for (const std::size_t size : sizes) {
      while (!budget.try_take(here, size)) {
        RC_ASSERT(sum > 0u && sum + size > 200u);
        told = false;
        while (!told) { // must come before the last byte is back
          RC_ASSERT(!under_way.empty());
          sum -= under_way.front();
          budget.release(here, under_way.front());
          under_way.pop_front();
        }
      }
      under_way.push_back(size);
      sum += size;
      RC_ASSERT(sum <= 200u || sum == size);
      RC_ASSERT(budget.in_flight(here) == sum);
    }
  }));
}

CAF_TEST(threads that take and release end with nothing under way) {
  std::atomic<std::size_t> rooms{0};
  flow_budget budget{64, [&](const topic_partition&) { ++rooms; }};
  std::atomic<std::size_t> taken{0};
  std::atomic<std::size_t> released{0};
  constexpr std::size_t count = 20'000;
  std::thread giver{[&] {
    while (released < count)
      if (released < taken) {
        budget.release(here, 7);
        ++released;
      } else {
        std::this_thread::yield();
      }
  }};
  while (taken < count)
    if (budget.try_take(here, 7))
      ++taken;
    else
      std::this_thread::yield();
  giver.join();
  CAF_CHECK_EQUAL(budget.in_flight(here), 0u);
}
