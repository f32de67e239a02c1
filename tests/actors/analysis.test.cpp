#define CAF_SUITE actors.analysis

#include "numbers_fixture.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

CAF_TEST_FIXTURE_SCOPE(analysis_tests, numbers_fixture)

CAF_TEST(every message is taken in once and every window stored up to the end) {
  watch("numbers", {"tally"});
  run_until_end();
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(store.results(), wanted());
  auto counts = progress->snapshot();
  CAF_CHECK_EQUAL(counts.consumed, 137u);
  CAF_CHECK_EQUAL(counts.restarts, 0u);
  CAF_CHECK_EQUAL(counts.resumed_messages, 0u);
  CAF_CHECK(counts.lag == 0u);
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

CAF_TEST(an analysis ends when all that its pipelines read has ended though a recorder could go on) {
  watch("numbers", {"tally"});
  topics->fill("labels", 0, 5);
  watch("labels", {"books"});
  plan.topics["labels"].tasks.front().records = true;
  plan.checkpoint_every = 1h;
  start();
  settle(100ms);
  topics->events.push_back(transport::partition_failed{n0, {error_kind::not_found, "numbers/0 is gone"}});
  settle();
  CAF_CHECK(ended.empty());
  topics->events.push_back(transport::partition_failed{n1, {error_kind::not_found, "numbers/1 is gone"}});
  settle();
  CAF_CHECK_EQUAL(failure(), "numbers/0 is gone");
  CAF_CHECK_EQUAL(saved_offset("books", "labels", 0), 5);
}

CAF_TEST(a member of a group that holds recorded topics alone goes on) {
  watch("numbers", {"tally"});
  topics->fill("labels", 0, 5);
  watch("labels", {"books"});
  plan.topics["labels"].tasks.front().records = true;
  start();
  settle(100ms);
  topics->events.push_back(transport::partition_failed{n0, {error_kind::not_found, "numbers/0 is gone"}});
  topics->events.push_back(transport::revoked{{n0, n1}, true});
  settle();
  CAF_CHECK(ended.empty());
  tell(stop_atom_v);
  CAF_CHECK_EQUAL(failure(), "");
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

CAF_TEST(what an internal topic is made from is waited for while a member of the group that died still holds it) {
  watch("numbers", {"tally"});
  topics->fill("copies", 0, 30);
  watch("copies", {"copier"});
  plan.topics["numbers"].writes = true;
  plan.topics["copies"].written_by = {"numbers"};
  topics->withheld = {n0, n1};
  plan.until_end = true;
  start();
  settle(50s);
  CAF_CHECK(ended.empty());
  topics->fill("copies", 0, 12); // what the other had sent before
  topics->events.push_back(transport::assigned{{n0, n1}});
  settle(20s);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(saved_offset("copier", "copies", 0), 42);
  CAF_CHECK_EQUAL(saved_offset("tally", "numbers", 0), 95);
}

CAF_TEST(a member of the group that died is waited for as long as the group keeps it) {
  watch("numbers", {"tally"});
  topics->fill("copies", 0, 30);
  watch("copies", {"copier"});
  plan.topics["numbers"].writes = true;
  plan.topics["copies"].written_by = {"numbers"};
  plan.silent_member_kept = 300s;
  topics->withheld = {n0, n1};
  plan.until_end = true;
  start();
  settle(310s);
  CAF_CHECK(ended.empty());
  topics->fill("copies", 0, 12);
  topics->events.push_back(transport::assigned{{n0, n1}});
  settle(20s);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(saved_offset("copier", "copies", 0), 42);
}

CAF_TEST(an internal topic ends where another member of the group goes on with what it is made from) {
  watch("numbers", {"tally"});
  topics->fill("copies", 0, 30);
  watch("copies", {"copier"});
  plan.topics["numbers"].writes = true;
  plan.topics["copies"].written_by = {"numbers"};
  topics->withheld = {n1};
  plan.until_end = true;
  start();
  settle(90s);
  CAF_CHECK_EQUAL(failure(), "");
  CAF_CHECK_EQUAL(saved_offset("copier", "copies", 0), 30);
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

CAF_TEST_FIXTURE_SCOPE_END()
