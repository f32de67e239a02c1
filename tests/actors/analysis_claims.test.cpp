#define CAF_SUITE actors.analysis_claims

#include "numbers_fixture.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

CAF_TEST_FIXTURE_SCOPE(analysis_claims_tests, numbers_fixture)

CAF_TEST(a stopped analysis goes on from its checkpoint as if it had not been stopped) {
  watch("numbers", {"tally"});
  start();
  settle(100ms);
  tell(stop_atom_v);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
  topics->fill("numbers", 0, 20);
  topics->starts.clear();
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  auto all = tally_results("tally", 0, 115);
  all.merge(tally_results("tally", 1, 42));
  CAF_CHECK_EQUAL(store.results(), all);
  auto counts = progress->snapshot();
  CAF_CHECK_EQUAL(counts.resumed_messages, 137u);
  CAF_CHECK_EQUAL(counts.consumed, 20u);
  CAF_CHECK(topics->starts == (std::vector<std::pair<transport::topic_partition, std::int64_t>>{{n0, 95}, {n1, 42}}));
}

CAF_TEST(an analysis that was killed anywhere ends with the results of an uninterrupted run) {
  watch("numbers", {"tally"});
  plan.checkpoint_every = 10ms;
  plan.bounds.batches_under_way = 1;
  topics->batch_size = 3;
  for (int killed_after = 1; killed_after < 120; killed_after += 7) {
    store = memory_store{};
    plan.until_end = true;
    start();
    for (int i = 0; i < killed_after; ++i) {
      for (int step = 0; step < 10; ++step)
        sched.try_run_once();
      advance_time(2ms);
    }
    // No farewell: what was under way is lost with the process.
    anon_send(sut, abandon_atom_v);
    while (ended.empty())
      settle(10ms);
    run_until_end();
    CAF_CHECK_EQUAL(failure(), "");
    CAF_CHECK_EQUAL(store.results(), wanted());
    auto counts = progress->snapshot();
    CAF_CHECK_EQUAL(counts.resumed_messages + counts.consumed, 137u);
  }
}

CAF_TEST(tasks with different checkpoints start at the least and each skips what it has) {
  watch("numbers", {"tally"});
  run_until_end();
  plan.topics.clear();
  watch("numbers", {"tally", "second"});
  topics->fill("numbers", 0, 5);
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  auto all = tally_results("tally", 0, 100);
  all.merge(tally_results("tally", 1, 42));
  all.merge(tally_results("second", 0, 100));
  all.merge(tally_results("second", 1, 42));
  CAF_CHECK_EQUAL(store.results(), all);
  // Once each, whatever the number of tasks; no checkpoint spared both tasks anything.
  CAF_CHECK_EQUAL(progress->snapshot().consumed, 142u);
  CAF_CHECK_EQUAL(progress->snapshot().resumed_messages, 0u);
}

CAF_TEST(a topic that was made anew is a conflict that names the way out) {
  watch("numbers", {"tally"});
  run_until_end();
  topics->partitions[n0].values[94] = "something else";
  run_until_end();
  CAF_REQUIRE(result().failure);
  CAF_CHECK(result().failure->kind == error_kind::conflict);
  CAF_CHECK(failure().find("numbers/0 offset 94") != std::string::npos);
  CAF_CHECK(failure().find("--reset") != std::string::npos);
  CAF_REQUIRE_EQUAL(ready.size(), 1u);
}

CAF_TEST(a claim that another identity holds fails the analysis before anything is read) {
  watch("numbers", {"tally"});
  run_until_end();
  topics->starts.clear();
  plan.topics["numbers"].source = "another cluster";
  run_until_end();
  CAF_REQUIRE(result().failure);
  CAF_CHECK(result().failure->kind == error_kind::conflict);
  CAF_CHECK(topics->starts.empty());
  CAF_REQUIRE_EQUAL(ready.size(), 1u);
  CAF_CHECK(!ready.front());
}

CAF_TEST(a fenced processor stops for good and leaves the newer one alone) {
  watch("numbers", {"tally"});
  start();
  settle(2s);
  storage::checkpoint_log other{store, {"tally", "numbers", 0, "tally", "memory numbers", 2}, "another process"};
  auto claim = other.claim();
  CAF_REQUIRE(claim);
  auto generation = claim->generation;
  topics->fill("numbers", 0, 10);
  topics->fill("numbers", 1, 10);
  settle(5s);
  CAF_CHECK(other.save({}, true, 95, {}));
  CAF_CHECK_EQUAL(store.stored_headers.at(store.stored_headers.begin()->first).generation, generation);
  CAF_CHECK_EQUAL(progress->snapshot().restarts, 0u);
  CAF_CHECK(ended.empty());
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 1), 52);
  tell(stop_atom_v);
  CAF_REQUIRE(result().failure);
  CAF_CHECK(result().failure->kind == error_kind::fenced);
}

CAF_TEST(a fenced partition that is assigned anew is claimed and goes on) {
  watch("numbers", {"tally"});
  start();
  settle(2s);
  {
    storage::checkpoint_log other{store, {"tally", "numbers", 0, "tally", "memory numbers", 2}, "another process"};
    CAF_REQUIRE(other.claim());
  }
  topics->fill("numbers", 0, 5);
  settle(2s);
  topics->events.push_back(transport::revoked{{n0}, true});
  topics->events.push_back(transport::assigned{{n0}});
  settle(2s);
  tell(finish_request{{{n0, 100}, {n1, 42}}});
  CAF_CHECK_EQUAL(failure(), "");
  auto all = tally_results("tally", 0, 100);
  all.merge(tally_results("tally", 1, 42));
  CAF_CHECK_EQUAL(store.results(), all);
  CAF_CHECK_EQUAL(progress->snapshot().consumed, 142u);
}

CAF_TEST(a revoked partition is saved before it is given up) {
  watch("numbers", {"tally"});
  plan.checkpoint_every = 1h;
  std::int64_t saved_when_given_up = -2;
  topics->on_revoked_done = [&](const auto& which) {
    CAF_CHECK(which == std::vector{n0});
    saved_when_given_up = saved_offset("tally", "numbers", 0);
  };
  start();
  settle(100ms);
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), -1);
  topics->events.push_back(transport::revoked{{n0}, false});
  settle();
  CAF_CHECK_EQUAL(saved_when_given_up, 95);
  CAF_CHECK_EQUAL(topics->committed[n0], 95);
  topics->fill("numbers", 0, 10);
  settle();
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
  CAF_CHECK(ended.empty());
}

CAF_TEST(a lost partition is dropped without a word to the store) {
  watch("numbers", {"tally"});
  plan.checkpoint_every = 1h;
  start();
  settle(100ms);
  topics->events.push_back(transport::revoked{{n0}, true});
  settle();
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), -1);
  CAF_CHECK(ended.empty());
}

CAF_TEST(partitions that are lost on the way to the end are waited for) {
  watch("numbers", {"tally"});
  plan.checkpoint_every = 1h;
  plan.until_end = true;
  topics->events.push_back(transport::revoked{{n0, n1}, true}); // right behind the first assignment
  start();
  settle(5s);
  CAF_CHECK(ended.empty());
  topics->events.push_back(transport::assigned{{n0, n1}});
  settle(20s);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
}

CAF_TEST_FIXTURE_SCOPE_END()
