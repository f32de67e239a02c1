#define CAF_SUITE actors.partition_processor

#include "analysis_fixture.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

namespace {

/// One processor; consumer and supervisor are the test's own.
struct fixture : analysis_fixture {
  const transport::topic_partition which{"numbers", 0};
  std::vector<processor_end> ends;
  partition_processor_actor processor;

  fixture() {
    topics->fill("numbers", 0, 3);
    watch("numbers", {"tally"});
    progress = std::make_shared<analysis_progress>();
    progress->of(which);
    auto shared = std::make_shared<const analysis_plan>(plan);
    auto consumer = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {
          [](const facts_request& asked) {
            partition_facts facts;
            facts.life = asked.life;
            facts.end = transport::unknown_end;
            return facts;
          },
          [](const start_partition&, const partition_processor_actor&) {},
          [](const batch_credit&) {},
          [](const checkpoint_made&) {},
      };
    });
    auto supervisor = sys.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {
          [](const processor_started&) {},
          [this](const processor_end& what) { ends.push_back(what); },
      };
    });
    writer = sys.spawn(store_writer, shared);
    processor = sys.spawn(partition_processor, processor_start{shared,
                                                               progress,
                                                               which,
                                                               1,
                                                               std::nullopt,
                                                               std::nullopt,
                                                               {},
                                                               caf::actor_cast<consumer_actor>(consumer),
                                                               writer,
                                                               caf::actor_cast<consumer_supervisor_actor>(supervisor)});
    sched.run();
  }
  ~fixture() override {
    caf::anon_send_exit(processor, caf::exit_reason::kill);
    caf::anon_send_exit(writer, caf::exit_reason::kill);
    sched.run();
  }

  void deliver() {
    caf::anon_send(processor, delivery{1, make_batch(which, topics->partitions[which].values, 0, 3)});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(partition_processor_tests, fixture)

CAF_TEST(a source may tell its end before anybody wants to finish there) {
  deliver();
  caf::anon_send(processor, partition_end{1, 3});
  sched.run();
  CAF_CHECK(ends.empty());
  caf::anon_send(processor, finish_partition{transport::unknown_end});
  settle(1s);
  CAF_REQUIRE_EQUAL(ends.size(), 1u);
  CAF_CHECK(ends.front().as == processor_end::how::finished);
  CAF_CHECK(store.documents.contains("tally/0/0"));
}

CAF_TEST(a wish to finish at an end that nobody knows yet waits until the source tells it) {
  caf::anon_send(processor, finish_partition{transport::unknown_end});
  deliver();
  settle(1s);
  CAF_CHECK(ends.empty());
  caf::anon_send(processor, partition_end{1, 3});
  settle(1s);
  CAF_REQUIRE_EQUAL(ends.size(), 1u);
  CAF_CHECK(ends.front().as == processor_end::how::finished);
  CAF_CHECK(store.documents.contains("tally/0/0"));
}

CAF_TEST_FIXTURE_SCOPE_END()
