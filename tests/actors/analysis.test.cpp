#define CAF_SUITE actors.analysis

#include "analysis_fixture.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

namespace {

const transport::topic_partition n0{"numbers", 0};
const transport::topic_partition n1{"numbers", 1};

struct fixture : analysis_fixture {
  fixture() {
    topics->fill("numbers", 0, 95);
    topics->fill("numbers", 1, 42);
  }
  std::string stored(const std::string& id) const {
    return store.results()[id];
  }
  std::map<std::string, std::string> wanted() const {
    auto all = tally_results("tally", 0, 95);
    all.merge(tally_results("tally", 1, 42));
    return all;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(analysis_tests, fixture)

CAF_TEST(every message is taken in once and every window stored up to the end) {
  watch("numbers", {"tally"});
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
  auto counts = progress->snapshot();
  CAF_CHECK_EQUAL(counts.consumed, 137u);
  CAF_CHECK_EQUAL(counts.restarts, 0u);
  CAF_CHECK_EQUAL(counts.resumed_messages, 0u);
  CAF_CHECK_EQUAL(counts.lag, 0u);
  CAF_CHECK_EQUAL(counts.windows, 15u);
  CAF_CHECK(!topics->open);
}

CAF_TEST(readiness is told once when all partitions of all topics are fed) {
  watch("numbers", {"tally"});
  topics->fill("more", 0, 0);
  watch("more", {"other"});
  start();
  settle();
  CAF_REQUIRE_EQUAL(ready.size(), 1u);
  CAF_CHECK(ready.front());
  CAF_CHECK_EQUAL(topics->starts.size(), 3u);
}

CAF_TEST(readiness waits for a partition that is assigned later) {
  watch("numbers", {"tally"});
  plan.topics["numbers"].partitions = 3;
  start();
  settle();
  CAF_CHECK(ready.empty());
  topics->fill("numbers", 2, 5);
  topics->events.push_back(transport::assigned{{{"numbers", 2}}});
  settle();
  CAF_CHECK_EQUAL(ready.size(), 1u);
}

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

CAF_TEST(a partition that its source gives up ends with its error and the rest goes on) {
  watch("numbers", {"tally"});
  start();
  settle(100ms);
  topics->events.push_back(transport::partition_failed{n0, {error_kind::not_found, "numbers/0 is gone"}});
  settle();
  topics->fill("numbers", 1, 10);
  settle();
  CAF_CHECK(ended.empty());
  tell(finish_request{{{n0, 95}, {n1, 52}}});
  CAF_CHECK_EQUAL(failure(), "numbers/0 is gone");
  CAF_CHECK_EQUAL(stored("tally/1/5"), tally_body("tally", 1, false, 2, 101));
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
}

CAF_TEST(a message that a task refuses ends its partition with that error) {
  watch("numbers", {"tally"});
  faults->refused.insert(60);
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "refused at offset 60");
  CAF_CHECK_EQUAL(stored("tally/1/4"), tally_body("tally", 1, false, 2, 81));
  // Whoever fills that partition is not held up by it.
  CAF_CHECK_EQUAL(taken_in[n0], topics->bytes(n0));
}

CAF_TEST(a source that fails as a whole ends the analysis and what was taken in is saved) {
  watch("numbers", {"tally"});
  plan.checkpoint_every = 1h;
  start();
  settle(100ms);
  topics->events.push_back(transport::consumer_failed{{error_kind::denied, "access refused"}});
  settle();
  CAF_CHECK_EQUAL(failure(), "access refused");
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
}

CAF_TEST(finishing takes in what comes up to the given ends and writes what is open) {
  watch("numbers", {"tally"});
  start();
  settle();
  tell(finish_request{{{n0, 105}, {n1, 42}}});
  CAF_CHECK(ended.empty());
  topics->fill("numbers", 0, 10);
  settle();
  CAF_CHECK_EQUAL(failure(), "");
  auto all = tally_results("tally", 0, 105);
  all.merge(tally_results("tally", 1, 42));
  CAF_CHECK_EQUAL(store.results(), all);
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 105);
  CAF_CHECK_EQUAL(progress->snapshot().consumed, 147u);
}

CAF_TEST(an end is found even where a restart comes between) {
  watch("numbers", {"tally"});
  start();
  settle();
  faults->throws[104] = 1;
  tell(finish_request{{{n0, 105}, {n1, 42}}});
  topics->fill("numbers", 0, 10);
  settle();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(progress->snapshot().restarts, 1u);
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 105);
}

CAF_TEST(up to the end means the end that stood there at the claim) {
  watch("numbers", {"tally"});
  topics->batch_size = 50;
  plan.until_end = true;
  bool more = true;
  plan.taken_in = [&](const auto&, std::size_t) {
    if (std::exchange(more, false))
      topics->fill("numbers", 0, 30);
  };
  start();
  settle(20s);
  CAF_CHECK_EQUAL(store.results(), wanted());
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
}

CAF_TEST(a partition without news writes what is open once and its state is kept) {
  watch("numbers", {"tally"}, 3s);
  start();
  settle(2s);
  CAF_CHECK_EQUAL(store.results().count("tally/0/9"), 0u);
  settle(2s);
  CAF_CHECK_EQUAL(stored("tally/0/9"), tally_body("tally", 0, false, 5, 460));
  auto writes = store.writes;
  settle(10s);
  CAF_CHECK_EQUAL(store.writes, writes);
  topics->fill("numbers", 0, 6);
  settle();
  CAF_CHECK_EQUAL(stored("tally/0/9"), tally_body("tally", 0, true, 10, 945));
}

CAF_TEST(checkpoints are made as time goes by and only when there is something new) {
  watch("numbers", {"tally"});
  start();
  settle(1'500ms);
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
  CAF_CHECK_EQUAL(topics->committed[n0], 95);
  auto epoch = store.stored_headers.begin()->second.epoch;
  settle(5s);
  CAF_CHECK_EQUAL(store.stored_headers.begin()->second.epoch, epoch);
}

CAF_TEST(side messages come again until the sink has taken them and before a checkpoint holds them) {
  topics->partitions[n0].values[7] = "seven";
  watch("numbers", {"tally"});
  int refusals = 3;
  std::vector<std::string> sent;
  plan.side_messages = [&](std::span<const analytics::side_message> some) -> expected<void> {
    CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), -1);
    if (refusals-- > 0)
      return fail(error_kind::unavailable, "no answer", true);
    for (const auto& x : some)
      sent.push_back(x.value);
    return {};
  };
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(sent, std::vector<std::string>{"seven"});
  CAF_CHECK_EQUAL(progress->snapshot().dead_letters, 1u);
}

CAF_TEST(tombstones are counted as skipped) {
  topics->partitions[n0].values[7] = "tombstone";
  watch("numbers", {"tally"});
  run_until_end();
  CAF_CHECK_EQUAL(progress->snapshot().skipped, 1u);
  CAF_CHECK_EQUAL(progress->snapshot().consumed, 137u);
}

CAF_TEST(an analysis that is stopped before anything was assigned ends at once) {
  watch("numbers", {"tally"});
  start();
  tell(stop_atom_v);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK(!topics->open);
}

CAF_TEST(a stop that a dead store holds up ends in time with an error) {
  watch("numbers", {"tally"});
  plan.bounds.retry_for = 1h;
  start();
  settle(200ms);
  store.before_write = [&](auto) -> expected<void> { return fail(error_kind::unavailable, "no answer", true); };
  topics->fill("numbers", 0, 20);
  settle(200ms);
  tell(stop_atom_v);
  settle(25s);
  CAF_CHECK(ended.empty());
  settle(10s);
  CAF_REQUIRE(result().failure);
  CAF_CHECK(result().failure->kind == error_kind::timed_out);
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
