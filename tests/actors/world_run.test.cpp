#define CAF_SUITE actors.world_run

#include "actors/world_run.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>

#include "actors/system_config.hpp"
#include "actors/worker_crew.hpp"
#include "actors/world_worker.hpp"
#include "config/load.hpp"
#include "simulation/director.hpp"

using namespace throng;
using namespace throng::actors;

namespace {

constexpr auto scenario_text = R"({
  "name": "small", "seed": 5, "start": "2026-01-05T08:00:00Z", "duration": "3m", "speed": "max", "step": "1s",
  "populations": {
    "sensors": {"kind": "sensor", "count": 60, "interval": "10s", "districts": 4},
    "visitors": {"kind": "web_client", "count": 80, "sessions_per_day": 400},
    "accounts": {"kind": "account", "count": 80, "payments_per_day": 400}
  },
  "incidents": [{"kind": "sensor.stuck", "population": "sensors", "count": 3, "at": "1m", "for": "1m"}],
  "trouble": {"late": 0.01, "duplicate": 0.01, "malformed": 0.01},
  "topics": {"partitions": 3}
})";

std::shared_ptr<const simulation::world> make_world() {
  auto scenario = config::parse_scenario(scenario_text, "small.json", {});
  if (!scenario)
    for (const auto& problem : scenario.error())
      CAF_MESSAGE(config::to_string(problem));
  return simulation::world::make(scenario.value().value).value();
}

/// Keeps everything, by run.
class keeping_sink : public message_sink {
public:
  void listen(std::size_t, listener who) override {
    std::scoped_lock lock{mutex};
    listeners.push_back(std::move(who)); // which hold their actors
  }
  expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    std::scoped_lock lock{mutex};
    for (const auto& message : messages)
      by_run[run] += std::to_string(message.timestamp_ms) + " " + std::string{message.key} + " " +
                     std::string{message.value} + "\n";
    return messages.size();
  }
  expected<void> finish() override {
    return {};
  }
  std::vector<listener> listeners;
  std::mutex mutex;
  std::map<std::size_t, std::string> by_run;
};

std::vector<worker_crew::member> fronts(caf::actor_system& system, std::size_t count) {
  std::vector<worker_crew::member> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back({"worker-" + std::to_string(i), system.spawn(worker_front, "a build")});
  return made;
}

struct outcome {
  std::map<std::size_t, std::string> by_run;
  world_result result;
  simulation::ledger money;
  std::vector<simulation::book> books;
};

/// @param workers this many, in the same process; 0: none
outcome run(std::size_t threads, std::uint32_t shards, std::shared_ptr<const simulation::world> world = make_world(),
            std::size_t workers = 0) {
  system_config config{threads};
  caf::actor_system system{config};
  auto sink = std::make_shared<keeping_sink>();
  world_options options{shards, false};
  const worker_crew crew{fronts(system, workers)};
  if (workers > 0)
    options.place = crew.placer(system);
  world_run sut{system, world, sink, options};
  sut.begin();
  auto result = sut.wait(std::chrono::seconds{60});
  CAF_REQUIRE(result.has_value());
  return {sink->by_run, *result, sut.money().value(), sut.books().value()};
}

} // namespace

CAF_TEST(any number of threads and shards gives the same bytes in every partition) {
  auto reference = run(1, 1);
  CAF_CHECK(!reference.result.failure);
  CAF_CHECK(reference.result.events > 1000);
  CAF_CHECK(reference.by_run.size() > 6);
  for (auto [threads, shards] : {std::pair{1, 3}, std::pair{2, 3}, std::pair{2, 8}, std::pair{4, 2}}) {
    auto other = run(static_cast<std::size_t>(threads), static_cast<std::uint32_t>(shards));
    CAF_CHECK(other.by_run == reference.by_run);
    CAF_CHECK_EQUAL(other.result.events, reference.result.events);
    CAF_CHECK(other.money == reference.money);
    CAF_CHECK_EQUAL(other.money.opening, other.money.accounted);
  }
}

CAF_TEST(shards on workers give the same bytes and the same books and money) {
  const auto reference = run(1, 1);
  for (auto [shards, workers] : {std::pair{1U, 2U}, std::pair{3U, 2U}, std::pair{4U, 3U}}) {
    const auto other = run(2, shards, make_world(), workers);
    CAF_CHECK(!other.result.failure);
    CAF_CHECK(other.by_run == reference.by_run);
    CAF_CHECK(other.money == reference.money);
    CAF_CHECK_EQUAL(other.books.size(), reference.books.size());
  }
}

CAF_TEST(a worker that ends while the world lives on it fails the world with its name) {
  system_config config{2};
  caf::actor_system system{config};
  const auto workers = fronts(system, 2);
  world_options options{4, false};
  options.place = worker_crew{workers}.placer(system);
  auto sink = std::make_shared<keeping_sink>();
  auto world = std::const_pointer_cast<simulation::world>(make_world());
  world_run sut{system, world, sink, options};
  caf::anon_send_exit(workers[1].front, caf::exit_reason::user_shutdown);
  {
    caf::scoped_actor self{system};
    self->wait_for(workers[1].front);
  }
  sut.begin();
  const auto result = sut.wait(std::chrono::seconds{60});
  CAF_REQUIRE(result.has_value());
  CAF_REQUIRE(result->failure.has_value());
  CAF_CHECK(result->failure->message.find("worker worker-1 is lost") != std::string::npos);
  CAF_CHECK(!sut.books().has_value());
  CAF_CHECK(!sut.snapshot().has_value());
}

CAF_TEST(what is no worker is told apart from one) {
  CAF_CHECK(worker_greeting::from_text(worker_greeting{"1.0 (abc)", ""}.to_text()).value().build == "1.0 (abc)");
  CAF_CHECK(worker_greeting::from_text(worker_greeting{"1.0", "city (seed 1)"}.to_text()).value().busy ==
            "city (seed 1)");
  CAF_CHECK(!worker_greeting::from_text("hello").has_value());
  CAF_CHECK(!worker_greeting::from_text("throng-worker\n1.0").has_value());
}

CAF_TEST(the count of events is what was handed over without the labels) {
  auto all = run(2, 2);
  std::uint64_t lines = 0;
  for (const auto& [run, text] : all.by_run)
    if (run / 3 != static_cast<std::size_t>(simulation::topic::truth_labels))
      lines += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  CAF_CHECK_EQUAL(all.result.events, lines);
}

CAF_TEST(an entity that throws is restarted and counted and changes nobody else) {
  auto calm = run(2, 2);
  auto faulty_world = [] {
    auto world = std::const_pointer_cast<simulation::world>(make_world());
    world->fault = [begin = world->start()](simulation::entity_ref who, timestamp now, std::uint32_t restarts) {
      // Sensors live up to a minute at once: this one fails in the first wake that begins in the second minute.
      if (who == simulation::entity_ref{1, 7} && restarts == 0 && now >= begin + std::chrono::minutes{1})
        throw std::runtime_error{"a defect"};
    };
    return world;
  };
  auto first = run(2, 2, faulty_world());
  auto second = run(1, 3, faulty_world());
  CAF_CHECK(!first.result.failure);
  CAF_CHECK_EQUAL(first.result.restarts, 1u);
  CAF_CHECK(first.by_run == second.by_run);
  // Lines of every other entity are as they were, in the same order.
  auto victim = std::string{"00007\""};
  auto others = [&](const outcome& from) {
    std::string kept;
    for (const auto& [run, text] : from.by_run)
      for (std::size_t at = 0; at < text.size();) {
        auto end = text.find('\n', at);
        auto line = text.substr(at, end - at);
        if (line.find(victim) == std::string::npos)
          kept += line + "\n";
        at = end + 1;
      }
    return kept;
  };
  CAF_CHECK(others(first) == others(calm));
}

CAF_TEST(an entity that fails for ever ends the world with an error that names it) {
  auto world = std::const_pointer_cast<simulation::world>(make_world());
  world->fault = [](simulation::entity_ref who, timestamp, std::uint32_t) {
    if (who == simulation::entity_ref{1, 3}) // populations stand in the order of their names: a sensor
      throw std::runtime_error{"a defect"};
  };
  auto all = run(2, 2, world);
  CAF_REQUIRE(all.result.failure.has_value());
  CAF_CHECK(all.result.failure->message.find("entity 3") != std::string::npos);
}

CAF_TEST(a halt ends the world after the step under way with all of it handed over) {
  system_config config{2};
  caf::actor_system system{config};
  auto scenario = config::parse_scenario(scenario_text, "small.json", {}).value().value;
  scenario.duration = std::chrono::hours{24 * 365};
  auto sink = std::make_shared<keeping_sink>();
  world_run sut{system, simulation::world::make(scenario).value(), sink, {2, false}};
  sut.begin();
  sut.halt();
  auto result = sut.wait(std::chrono::seconds{60});
  CAF_REQUIRE(result.has_value());
  std::uint64_t lines = 0;
  for (const auto& [run, text] : sink->by_run)
    lines += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  std::uint64_t handed_over = 0;
  for (auto n : result->by_topic)
    handed_over += n;
  CAF_CHECK_EQUAL(lines, handed_over);
}

namespace {

/// Runs what `options` say to its end, or for a little only, into the sink.
std::unique_ptr<world_run> go_on(caf::actor_system& system, const std::shared_ptr<keeping_sink>& sink,
                                 world_options options, bool halted) {
  auto made = std::make_unique<world_run>(system, make_world(), sink, std::move(options));
  made->begin();
  if (halted)
    made->halt();
  CAF_REQUIRE(made->wait(std::chrono::seconds{60}).has_value());
  return made;
}

} // namespace

CAF_TEST(a world goes on in another process from where it was halted) {
  const auto whole = run(2, 2);
  system_config config{2};
  caf::actor_system system{config};
  auto sink = std::make_shared<keeping_sink>();
  const auto first = go_on(system, sink, {2, false}, true);
  CAF_CHECK(sink->by_run != whole.by_run);
  auto taken = first->snapshot();
  CAF_REQUIRE(taken.has_value());
  world_options options{2, false};
  options.snapshot = std::make_shared<const world_snapshot>(std::move(*taken));
  const auto second = go_on(system, sink, options, false);
  CAF_CHECK(sink->by_run == whole.by_run);
  const auto result = second->wait(std::chrono::milliseconds{0});
  CAF_CHECK_EQUAL(result->events, whole.result.events);
  const auto money = second->money().value();
  const auto books = second->books().value();
  CAF_CHECK(money == whole.money);
  CAF_CHECK_EQUAL(books.size(), whole.books.size());
}

CAF_TEST(a world that runs again from its begin leaves out what stands there already) {
  const auto whole = run(2, 2);
  system_config config{2};
  caf::actor_system system{config};
  auto sink = std::make_shared<keeping_sink>();
  go_on(system, sink, {2, false}, true);
  world_options options{3, false};
  options.leave_out.resize(simulation::topic_count * 3);
  for (const auto& [run, text] : sink->by_run)
    options.leave_out[run] = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  go_on(system, sink, options, false);
  CAF_CHECK(sink->by_run == whole.by_run);
}

CAF_TEST(a world that never begins ends with all its actors though the sink knows them) {
  auto sink = std::make_shared<keeping_sink>();
  system_config config{2};
  caf::actor_system system{config};
  const auto before = system.registry().running();
  { world_run sut{system, make_world(), sink, {2, false}}; }
  system.registry().await_running_count_equal(before);
  CAF_CHECK_EQUAL(system.registry().running(), before);
}

CAF_TEST(a held world goes on as another and repeats when its time is known before) {
  auto other = make_world()->scenario();
  other.populations[1].count += 7; // sensors: in the order of names
  other.trouble.duplicate = 0.2;
  std::map<std::size_t, std::string> held;
  {
    system_config config{2};
    caf::actor_system system{config};
    auto sink = std::make_shared<keeping_sink>();
    world_run sut{system, make_world(), sink, {2, false}};
    CAF_CHECK(!sut.hold(std::chrono::seconds{1}).has_value()); // it has not begun
    sut.pause();
    sut.begin();
    const auto at = sut.hold(std::chrono::seconds{10});
    CAF_REQUIRE(at.has_value());
    CAF_CHECK(sut.snapshot().has_value());
    const auto successor = sut.world()->succeeded_by(other, *at);
    CAF_REQUIRE(successor.has_value());
    sut.release(*successor);
    CAF_CHECK(!sut.wait(std::chrono::milliseconds{20}).has_value()); // it is paused
    const auto again = sut.hold(std::chrono::seconds{10});
    CAF_REQUIRE(again.has_value());
    CAF_CHECK(!sut.snapshot().has_value()); // it is about to become another
    sut.release();
    sut.resume();
    CAF_REQUIRE(sut.wait(std::chrono::seconds{60}).has_value());
    CAF_CHECK(!sut.hold(std::chrono::seconds{1}).has_value()); // it has ended
    CAF_CHECK_EQUAL(sut.world()->entity_count(), make_world()->entity_count() + 7);
    held = sink->by_run;
  }
  const auto successor = make_world()->succeeded_by(other, make_world()->start());
  for (auto shards : {1U, 3U}) {
    system_config config{2};
    caf::actor_system system{config};
    auto sink = std::make_shared<keeping_sink>();
    world_options options{shards, false};
    options.planned = {{make_world()->start(), *successor}};
    go_on(system, sink, options, false);
    CAF_CHECK(sink->by_run == held);
  }
  CAF_CHECK(held != run(2, 2).by_run);
}
