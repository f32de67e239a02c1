// The whole analysis under a scheduler and clock that the test drives: real consumer, supervisor, processors and writer, none of
// them with a thread of its own, over a source and a store in memory.
#pragma once

#include "actors/consumer.hpp"
#include "actors/consumer_supervisor.hpp"
#include "actors/partition_processor.hpp"
#include "actors/store_writer.hpp"
#include "memory_source.hpp"
#include "memory_store.hpp"
#include "tally_task.hpp"

#include "dsl.hpp"

namespace throng::actors::test {

using namespace std::chrono_literals;

struct analysis_config : caf::actor_system_config {
  analysis_config() {
    add_message_types<caf::id_block::throng_analysis>();
  }
};

struct analysis_fixture : test_coordinator_fixture<analysis_config> {
  std::shared_ptr<memory_topics> topics = std::make_shared<memory_topics>();
  memory_store store;
  std::shared_ptr<tally_faults> faults = std::make_shared<tally_faults>();
  analysis_plan plan;
  std::vector<analytics::side_message> side_messages;
  std::map<transport::topic_partition, std::size_t> taken_in;

  std::shared_ptr<analysis_progress> progress;
  consumer_supervisor_actor sut;
  store_writer_actor writer;
  std::vector<expected<void>> ready;
  std::vector<analysis_result> ended;
  int runs = 0;

  analysis_fixture() {
    plan.store = &store;
    plan.bounds.poll = 0ms;
    plan.checkpoint_every = 1s;
    plan.restarts = {5, 60s};
    plan.side_messages = [this](std::span<const analytics::side_message> some) -> expected<void> {
      side_messages.insert(side_messages.end(), some.begin(), some.end());
      return {};
    };
    plan.taken_in = [this](const transport::topic_partition& which, std::size_t bytes) { taken_in[which] += bytes; };
  }
  ~analysis_fixture() override {
    end_at_once();
  }

  /// Ends what still sends itself messages.
  void end_at_once() {
    if (sut && ended.empty()) {
      caf::anon_send(sut, abandon_atom_v);
      settle();
    }
  }

  void watch(const std::string& topic, const std::vector<std::string>& owners, milliseconds idle = 10s) {
    auto& added = plan.topics[topic];
    added.name = topic;
    added.source = "memory " + topic;
    added.partitions = memory_source{std::make_shared<memory_topics>(*topics)}.partitions(topic).value();
    for (const auto& owner : owners)
      added.tasks.push_back({[owner, faults = faults](std::int32_t partition) {
                               return std::make_unique<tally_task>(owner, partition, faults);
                             },
                             idle});
  }

  void start() {
    progress = std::make_shared<analysis_progress>();
    ready.clear();
    ended.clear();
    plan.writer = "run" + std::to_string(++runs);
    auto shared = std::make_shared<const analysis_plan>(plan);
    auto source = std::make_shared<std::unique_ptr<transport::consumer>>(std::make_unique<memory_source>(topics));
    analysis_cast cast;
    cast.consumer = [this, source, shared](const consumer_supervisor_actor& supervisor) {
      return sys.spawn(consumer, source, shared, progress, supervisor);
    };
    cast.writer = [this, shared] { return writer = sys.spawn(store_writer, shared); };
    cast.ready = [this](const expected<void>& x) { ready.push_back(x); };
    cast.ended = [this](const analysis_result& x) { ended.push_back(x); };
    sut = sys.spawn(consumer_supervisor, shared, progress, std::move(cast));
    caf::anon_send(sut, open_atom_v);
  }

  /// Lets everything happen that happens within this time.
  void settle(wall_duration within = 500ms) {
    for (auto until = sched.clock().now() + within; sched.clock().now() < until; advance_time(10ms))
      sched.run();
    sched.run();
  }
  template <class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(sut, std::forward<Ts>(xs)...);
    settle();
  }
  /// Runs up to the ends of all partitions.
  void run_until_end() {
    plan.until_end = true;
    start();
    settle(20s);
  }
  const analysis_result& result() {
    if (ended.size() != 1)
      CAF_FAIL("the analysis has ended " << ended.size() << " times");
    return ended.front();
  }
  std::string failure() {
    return result().failure ? result().failure->message : "";
  }
  /// Where a claim of the task would begin now, read without claiming.
  std::int64_t saved_offset(const std::string& owner, const std::string& topic, std::int32_t partition) {
    // A copy may be claimed without a trace.
    auto copy = store;
    copy.before_write = nullptr;
    copy.before_header = nullptr;
    storage::checkpoint_log log{
        copy, {owner, topic, partition, "tally", "memory " + topic, plan.topics[topic].partitions}, "reader"};
    auto claim = log.claim();
    return claim && !claim->fresh ? claim->next_offset : -1;
  }
};

} // namespace throng::actors::test
