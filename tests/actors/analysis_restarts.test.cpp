#define CAF_SUITE actors.analysis_restarts

#include "numbers_fixture.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

CAF_TEST_FIXTURE_SCOPE(analysis_restarts_tests, numbers_fixture)

CAF_TEST(a processor that throws is restarted and the results are those of an uninterrupted run) {
  watch("numbers", {"tally"});
  plan.checkpoint_every = 1ms;
  for (auto at : {0, 33, 94})
    faults->throws[at] = 1;
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
  auto counts = progress->snapshot();
  CAF_CHECK_EQUAL(counts.restarts, 3u);
  CAF_CHECK_EQUAL(counts.consumed, 137u);
  CAF_CHECK_EQUAL(taken_in[n0], topics->bytes(n0));
  CAF_CHECK_EQUAL(taken_in[n1], topics->bytes(n1));
}

CAF_TEST(a restarted processor is fed from memory where the source does not seek back) {
  watch("numbers", {"tally"});
  plan.bounds.feed.replay_bytes = 1'000'000;
  for (auto at : {0, 33, 94})
    faults->throws[at] = 1;
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
  CAF_CHECK_EQUAL(topics->starts.size(), 2u);
  CAF_CHECK_EQUAL(progress->snapshot().restarts, 3u);
  CAF_CHECK_EQUAL(progress->snapshot().windows, 15u);
  CAF_CHECK_EQUAL(taken_in[n0], topics->bytes(n0));
}

CAF_TEST(what is kept for feeding again is bounded and never stops the analysis) {
  topics->partitions[n0].values.clear();
  topics->fill("numbers", 0, 2'000);
  watch("numbers", {"tally"});
  plan.checkpoint_every = 1h;
  plan.bounds.feed.replay_bytes = 400;
  faults->throws[1'999] = 1;
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  auto all = tally_results("tally", 0, 2'000);
  all.merge(tally_results("tally", 1, 42));
  CAF_CHECK_EQUAL(store.results(), all);
  CAF_CHECK(topics->pauses > 0);
}

CAF_TEST(a message that a task throws on three times goes to the dead letters and the rest goes on) {
  watch("numbers", {"tally"});
  faults->throws[42] = 1'000; // partition 1 has no such offset
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  auto all = tally_results("tally", 0, 95, {42});
  all.merge(tally_results("tally", 1, 42));
  CAF_CHECK_EQUAL(store.results(), all);
  CAF_CHECK_EQUAL(faults->throws[42], 997);
  CAF_REQUIRE_EQUAL(side_messages.size(), 1u);
  CAF_CHECK_EQUAL(side_messages[0].value, "42");
  CAF_CHECK_EQUAL(side_messages[0].headers[0].second, "poison");
  auto counts = progress->snapshot();
  CAF_CHECK_EQUAL(counts.dead_letters, 1u);
  CAF_CHECK_EQUAL(counts.consumed, 137u);
}

CAF_TEST(a processor that fails more often than its limit allows fails the analysis with a clear error) {
  watch("numbers", {"tally"});
  plan.restarts = {2, 60s};
  faults->throws[42] = 1'000;
  run_until_end();
  CAF_CHECK(failure().find("partition numbers/0 failed more than 2 times in 1m") != std::string::npos);
  CAF_CHECK(failure().find("a defect at this message") != std::string::npos);
  // The other partition was saved.
  CAF_CHECK(saved_offset("tally", "numbers", 1) >= 0);
  CAF_CHECK_EQUAL(progress->snapshot().restarts, 2u);
}

CAF_TEST(a writer that throws is restarted and nothing is lost or doubled) {
  watch("numbers", {"tally"});
  int calls = 0;
  store.before_write = [&](auto) -> expected<void> {
    if (++calls % 3 == 1)
      throw std::runtime_error{"a defect in the store"};
    return {};
  };
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
  CAF_CHECK(progress->snapshot().restarts > 0);
  CAF_CHECK_EQUAL(progress->snapshot().consumed, 137u);
}

CAF_TEST(a writer that throws during a checkpoint costs a new claim and nothing else) {
  watch("numbers", {"tally"});
  int calls = 0;
  store.before_header = [&]() -> expected<void> {
    if (++calls == 4) // two claims come first
      throw std::runtime_error{"a defect in the store"};
    return {};
  };
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
  CAF_CHECK(progress->snapshot().restarts >= 2);
}

CAF_TEST(a writer that always throws fails the analysis) {
  watch("numbers", {"tally"});
  store.before_write = [&](auto) -> expected<void> { throw std::runtime_error{"a defect in the store"}; };
  run_until_end();
  CAF_CHECK(failure().find("store writer failed more than 5 times") != std::string::npos);
  CAF_CHECK(!topics->open);
}

CAF_TEST(a store that does not answer for a while holds the analysis up and loses nothing) {
  watch("numbers", {"tally"});
  auto back = sched.clock().now() + 8s;
  store.before_write = [&](auto) -> expected<void> {
    if (sched.clock().now() < back)
      return fail(error_kind::unavailable, "no answer", true);
    return {};
  };
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
}

CAF_TEST(a store that does not come back fails the analysis with its error) {
  watch("numbers", {"tally"});
  store.before_write = [&](auto) -> expected<void> {
    return fail(error_kind::unavailable, "the store at nowhere does not answer", true);
  };
  plan.bounds.retry_for = 30s;
  plan.until_end = true;
  start();
  settle(25s);
  CAF_CHECK(ended.empty());
  settle(20s);
  CAF_CHECK_EQUAL(failure(), "the store at nowhere does not answer");
}

CAF_TEST(documents under way are bounded while the store does not answer and the source rests) {
  topics->partitions[n0].values.clear();
  topics->fill("numbers", 0, 10'000);
  watch("numbers", {"tally"});
  plan.bounds.documents_under_way = 20;
  plan.bounds.feed.waiting_bytes = 500;
  bool answers = false;
  store.before_write = [&](auto) -> expected<void> {
    return answers ? expected<void>{} : fail(error_kind::unavailable, "no answer", true);
  };
  plan.until_end = true;
  start();
  settle(1s);
  // 7 messages a batch give at most one document: some 20 batches, those that credit allows besides, and 500 waiting bytes.
  CAF_CHECK(topics->batches < 100);
  CAF_CHECK(topics->readers[n0].paused);
  CAF_CHECK(taken_in[n0] < 1'000);
  answers = true;
  settle(20s);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results().size(), 1'005u);
  CAF_CHECK_EQUAL(taken_in[n0], topics->bytes(n0));
}

CAF_TEST(nothing grows while store and topics do not answer for minutes) {
  // Every message a dead letter, so that there is never a document: a sink that is down must hold the source up as a store does.
  topics->partitions[n0].values.assign(50'000, std::string(100, 'x'));
  watch("numbers", {"tally"});
  plan.bounds.documents_under_way = 20'000;
  plan.bounds.bytes_under_way = 100'000;
  plan.bounds.feed.waiting_bytes = 2'000;
  bool answers = false;
  auto may = [&] { return answers ? expected<void>{} : fail(error_kind::unavailable, "no answer", true); };
  store.before_write = [&](auto) { return may(); };
  store.before_header = nullptr;
  std::size_t sent = 0;
  plan.side_messages = [&](std::span<const analytics::side_message> some) -> expected<void> {
    sent += answers ? some.size() : 0;
    return may();
  };
  plan.until_end = true;
  start();
  settle(30s);
  const auto batches = topics->batches;
  const auto taken = taken_in[n0];
  // A dead letter holds some 600 bytes: 100,000 are 160 of them, and credit is for 4 batches of 7; 2,000 bytes wait.
  CAF_CHECK(taken <= (160 + 7 * 6) * 100);
  CAF_CHECK(batches <= 160 / 7 + 6 + 2'000 / 700 + 2 + 42 / 7 + 1);
  CAF_CHECK(topics->readers[n0].paused);
  settle(4min);
  CAF_CHECK_EQUAL(topics->batches, batches);
  CAF_CHECK_EQUAL(taken_in[n0], taken);
  CAF_CHECK(ended.empty());
  answers = true;
  settle(60s);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(sent, 50'000u);
  CAF_CHECK_EQUAL(taken_in[n0], topics->bytes(n0));
}

CAF_TEST(a supervisor that dies takes its children along and the failure is told) {
  watch("numbers", {"tally"});
  start();
  settle(100ms);
  caf::anon_send_exit(sut, caf::exit_reason::kill);
  settle();
  CAF_CHECK_EQUAL(failure(), "the supervisor of the analysis failed");
  CAF_CHECK(!topics->open);
}

CAF_TEST_FIXTURE_SCOPE_END()
