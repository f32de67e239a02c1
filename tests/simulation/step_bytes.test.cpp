#define CAF_SUITE simulation.step_bytes

#include "simulation/step_bytes.hpp"

#include <algorithm>
#include <string>

#include <caf/test/unit_test.hpp>

#include "run_world.hpp"
#include "small_worlds.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const world& what) {
  std::string bytes;
  state_writer to{bytes};
  what.save(to);
  return bytes;
}

std::shared_ptr<const world> world_of(std::string_view bytes) {
  state_reader from{bytes};
  auto made = world::load(from);
  from.require_end();
  return made;
}

template <class F>
bool refuses(F&& read) {
  try {
    read();
    return false;
  } catch (const foreign_state&) {
    return true;
  }
}

/// Two people more, and one kind of incident less.
config::scenario changed() {
  auto other = small_metropolis();
  other.populations[0].count += 2;
  other.populations[3].count -= 5;
  other.incidents.pop_back();
  return other;
}

/// A step of the whole world, and what it makes of it.
struct lived_step {
  explicit lived_step(const std::shared_ptr<const world>& in)
      : shard(in, 0, 1) {
    director directs{in};
    const auto plan = directs.begin_tick(in->start(), {});
    input = {in->start(), in->start() + in->tick(), true, plan.view, plan.orders, {}};
    // A message, so that there is one.
    entity_message message;
    message.to = {0, 1};
    message.from = {0, 2};
    message.arrives = input.begin;
    message.amount = 12'00;
    input.messages = {message};
    for (auto slot = shard.begin_step(input); slot-- > 0;)
      shard.wake(slot);
    output = shard.finish_step();
  }
  shard_core shard;
  step_input input;
  std::shared_ptr<const step_output> output;
};

} // namespace

CAF_TEST(a world that is made of its bytes lives the same life) {
  const auto whole = run_world(make_world(small_metropolis()), {2});
  const auto same = run_world(world_of(bytes_of(*make_world(small_metropolis()))), {2});
  CAF_CHECK(whole.events > 5000);
  CAF_CHECK(same.runs == whole.runs);
}

CAF_TEST(a world that succeeded another is made of its bytes with those who came and went) {
  const auto first = make_world(small_metropolis());
  const auto next = first->succeeded_by(changed(), first->start() + 10min).value();
  const auto same = world_of(bytes_of(*next));
  CAF_CHECK(bytes_of(*same) == bytes_of(*next));
  CAF_CHECK_EQUAL(same->entity_count(), next->entity_count());
  CAF_REQUIRE_EQUAL(same->blocks(0).size(), 2u);
  CAF_CHECK(same->blocks(0)[1].born == next->blocks(0)[1].born);
  CAF_CHECK_EQUAL(same->blocks(3)[0].living, next->blocks(3)[0].living);
  CAF_CHECK(same->retired(static_cast<std::uint32_t>(next->scenario().incidents.size() - 1)));
  CAF_CHECK(!same->retired(0));
  CAF_CHECK(same->scenario().populations == next->scenario().populations);
  CAF_CHECK(same->scenario().incidents == next->scenario().incidents);
}

CAF_TEST(nothing of servers and stores is in the bytes of a world) {
  auto scenario = small_metropolis();
  scenario.settings.kafka.brokers = "broker.example";
  scenario.settings.kafka.properties["sasl.password"] = "hunter2";
  scenario.settings.store = "mongodb://user:hunter3@store.example";
  const auto bytes = bytes_of(*make_world(scenario));
  for (const auto* secret : {"hunter2", "hunter3", "example", "sasl"})
    CAF_CHECK(bytes.find(secret) == std::string::npos);
}

CAF_TEST(steps that travel as bytes give the same messages however far the far - sighted live and
         whatever the world becomes) {
  const std::vector<std::pair<milliseconds, config::scenario>> changes{{10min + 7s, changed()}};
  const auto whole = run_world(make_world(small_metropolis()), {3, true, true, false, changes});
  for (auto ahead : {false, true}) {
    const auto same = run_world(make_world(small_metropolis()), {3, true, true, ahead, changes, {}, true});
    CAF_CHECK(same.runs == whole.runs);
    CAF_CHECK(same.money == whole.money);
    CAF_CHECK_EQUAL(same.events, whole.events);
  }
}

CAF_TEST(bytes that are cut off or go on are refused and never read past their end) {
  const auto in = make_world(small_metropolis());
  const lived_step lived{in};
  const auto runs = topic_count * static_cast<std::size_t>(in->partitions());
  const auto step = to_bytes(lived.input);
  const auto output = to_bytes(*lived.output);
  const auto first = bytes_of(*in);
  CAF_CHECK(lived.output->events > 0);
  for (std::size_t size = 0; size < step.size(); ++size)
    CAF_CHECK(refuses([&] { step_reader{in}.read(std::string_view{step}.substr(0, size)); }));
  for (std::size_t size = 0; size < output.size(); ++size)
    CAF_CHECK(refuses([&] { output_from(std::string_view{output}.substr(0, size), runs); }));
  for (std::size_t size = 0; size < first.size(); ++size)
    CAF_CHECK(refuses([&] { world_of(std::string_view{first}.substr(0, size)); }));
  CAF_CHECK(refuses([&] { step_reader{in}.read(step + "x"); }));
  CAF_CHECK(refuses([&] { output_from(output + "x", runs); }));
  CAF_CHECK(refuses([&] { output_from(output, runs + 1); }));
}

CAF_TEST(a message that would lie outside of its lane is refused) {
  const auto in = make_world(small_metropolis());
  const lived_step lived{in};
  step_output damaged = *lived.output;
  auto lane = std::make_shared<output_lane>();
  lane->bytes.append("key");
  lane->runs.resize(damaged.counts.size());
  lane->runs[0].push_back({in->start(), {0, 0}, 0, 3, 1, 0});
  damaged.lanes = {lane};
  CAF_CHECK(refuses([&] { output_from(to_bytes(damaged), damaged.counts.size()); }));
}

CAF_TEST(books come back as they were) {
  const std::vector<book> books{{topic::web_clicks, "user-000017", 3, 1, 4, 0xfedc'ba98'7654'3210}, {}};
  const auto same = books_from(to_bytes(books));
  CAF_REQUIRE_EQUAL(same.size(), 2u);
  CAF_CHECK(same[0].in == topic::web_clicks);
  CAF_CHECK_EQUAL(same[0].key, "user-000017");
  CAF_CHECK_EQUAL(same[0].count, 3u);
  CAF_CHECK_EQUAL(same[0].first, 1u);
  CAF_CHECK_EQUAL(same[0].last, 4u);
  CAF_CHECK_EQUAL(same[0].sum, 0xfedc'ba98'7654'3210U);
  CAF_CHECK(refuses([&] { books_from(to_bytes(books).substr(1)); }));
}
