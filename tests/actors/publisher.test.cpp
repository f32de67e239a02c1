#define CAF_SUITE actors.publisher

#include "actors/publisher.hpp"

#include <string>
#include <vector>

#include "dsl.hpp"

using namespace throng;
using namespace throng::actors;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_message_types<caf::id_block::throng_world>();
  }
};

/// Takes as many messages as it has been given room for.
class narrow_sink : public message_sink {
public:
  void listen(std::size_t run, listener to) override {
    listeners[run] = std::move(to);
  }
  expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    if (broken)
      return fail(error_kind::exhausted, "the disk is full");
    std::size_t n = 0;
    for (; n < messages.size() && room > 0; ++n, --room)
      taken.push_back(std::to_string(run) + ":" + std::string{messages[n].value});
    return n;
  }
  expected<void> finish() override {
    return {};
  }
  std::map<std::size_t, listener> listeners;
  std::size_t room = 1000;
  bool broken = false;
  std::vector<std::string> taken;
};

/// What a shard emitted: values by run, each with its time and entity.
struct emitted {
  std::size_t run;
  std::int64_t time;
  std::uint32_t index;
  std::string value;
};

std::shared_ptr<const simulation::step_output> output(const std::vector<emitted>& all) {
  auto result = std::make_shared<simulation::step_output>();
  auto lane = std::make_shared<simulation::output_lane>();
  lane->runs.resize(4);
  result->counts.resize(4);
  for (const auto& each : all) {
    simulation::emission e;
    e.time = {each.time};
    e.entity = {0, each.index};
    e.value_size = static_cast<std::uint32_t>(each.value.size());
    e.at = static_cast<std::uint32_t>(lane->bytes.size());
    lane->bytes.append(each.value);
    lane->runs[each.run].push_back(e);
    ++result->counts[each.run];
  }
  result->lanes.push_back(std::move(lane));
  return result;
}

/// A publisher under a scheduler that the test drives; a plain actor in the conductor's place notes what it is told.
struct fixture : test_coordinator_fixture<config> {
  std::shared_ptr<narrow_sink> sink = std::make_shared<narrow_sink>();
  std::vector<std::uint64_t> steps_published;
  std::vector<std::string> failures;
  conductor_actor conductor = sys.spawn([this]() -> conductor_actor::behavior_type {
    return {
        [](begin_atom) { return world_result{}; },
        [](next_atom) {},
        [](const step_report&) {},
        [this](const published& x) { steps_published.push_back(x.step); },
        [](halt_atom) {},
        [this](const world_failure& x) { failures.push_back(x.why.message); },
        [](hold_atom) { return standstill{}; },
        [](release&) {},
        [](const pace_order&) { return true; },
    };
  });

  publisher_actor start(std::vector<std::size_t> runs) {
    auto result = sys.spawn(publisher, std::move(runs), std::shared_ptr<message_sink>{sink}, conductor,
                            std::vector<std::uint64_t>{});
    sched.run();
    return result;
  }

  void publish(const publisher_actor& to, std::uint64_t step,
               std::vector<std::shared_ptr<const simulation::step_output>> outputs) {
    caf::anon_send(to, publication{step, std::make_shared<decltype(outputs)>(std::move(outputs))});
    sched.run();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(publisher_tests, fixture)

CAF_TEST(the shards of a step are merged by time and then by entity) {
  auto sut = start({1});
  publish(sut, 7,
          {output({{1, 10, 2, "b"}, {1, 30, 2, "e"}, {2, 5, 2, "other run"}}),
           output({{1, 10, 1, "a"}, {1, 10, 3, "c"}, {1, 20, 1, "d"}})});
  CAF_CHECK(sink->taken == (std::vector<std::string>{"1:a", "1:b", "1:c", "1:d", "1:e"}));
  CAF_CHECK(steps_published == std::vector<std::uint64_t>{7});
}

CAF_TEST(several runs share one order and keep their numbers) {
  auto sut = start({0, 2});
  publish(sut, 0, {output({{0, 10, 1, "a"}, {0, 30, 1, "c"}, {2, 20, 1, "b"}})});
  CAF_CHECK(sink->taken == (std::vector<std::string>{"0:a", "2:b", "0:c"}));
}

CAF_TEST(what stands in its place already is left out run by run) {
  auto sut = sys.spawn(publisher, std::vector<std::size_t>{0, 2}, std::shared_ptr<message_sink>{sink}, conductor,
                       std::vector<std::uint64_t>{2, 0, 1});
  sched.run();
  publish(sut, 0, {output({{0, 10, 1, "a"}, {0, 30, 1, "c"}, {2, 20, 1, "b"}})});
  CAF_CHECK(sink->taken.empty());
  publish(sut, 1, {output({{0, 40, 1, "d"}, {2, 50, 1, "e"}})});
  CAF_CHECK(sink->taken == (std::vector<std::string>{"0:d", "2:e"}));
  CAF_CHECK(steps_published == (std::vector<std::uint64_t>{0, 1}));
}

CAF_TEST(a full sink delays the answer until it has taken everything) {
  auto sut = start({1});
  sink->room = 2;
  publish(sut, 3, {output({{1, 1, 1, "a"}, {1, 2, 1, "b"}, {1, 3, 1, "c"}, {1, 4, 1, "d"}})});
  CAF_CHECK(steps_published.empty());
  sink->room = 1;
  sink->listeners[1].room();
  sched.run();
  CAF_CHECK(steps_published.empty());
  sink->room = 5;
  sink->listeners[1].room();
  sched.run();
  CAF_CHECK(sink->taken == (std::vector<std::string>{"1:a", "1:b", "1:c", "1:d"}));
  CAF_CHECK(steps_published == std::vector<std::uint64_t>{3});
}

CAF_TEST(a call for room that comes when nothing waits is harmless) {
  auto sut = start({1});
  sink->listeners[1].room();
  sched.run();
  CAF_CHECK(sink->taken.empty());
  CAF_CHECK(steps_published.empty());
}

CAF_TEST(a sink that fails is told to the conductor and nothing later is handed over) {
  auto sut = start({1});
  sink->broken = true;
  publish(sut, 1, {output({{1, 1, 1, "a"}})});
  sink->broken = false;
  publish(sut, 2, {output({{1, 2, 1, "b"}})});
  CAF_CHECK(failures == std::vector<std::string>{"the disk is full"});
  CAF_CHECK(sink->taken.empty());
  CAF_CHECK(steps_published.empty());
}

CAF_TEST(a delivery that fails later stops the run too) {
  auto sut = start({1});
  publish(sut, 1, {output({{1, 1, 1, "a"}})});
  sink->listeners[1].failed({error_kind::denied, "not allowed", false});
  sched.run();
  publish(sut, 2, {output({{1, 2, 1, "b"}})});
  CAF_CHECK(failures == std::vector<std::string>{"not allowed"});
  CAF_CHECK(sink->taken == std::vector<std::string>{"1:a"});
}

CAF_TEST_FIXTURE_SCOPE_END()
