#define CAF_SUITE actors.reaction_desk

#include "actors/reaction_desk.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include <caf/test/unit_test.hpp>

#include "actors/system_config.hpp"
#include "actors/world_run.hpp"
#include "config/load.hpp"

using namespace throng;
using namespace throng::actors;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const simulation::world> make_world(double share = 1) {
  auto text = R"({
    "name": "looped", "seed": 5, "start": "2026-01-05T08:00:00Z", "duration": "12m",
    "populations": {
      "sensors": {"kind": "sensor", "count": 20, "interval": "2s"},
      "visitors": {"kind": "web_client", "count": 60, "sessions_per_day": 600},
      "accounts": {"kind": "account", "count": 60, "payments_per_day": 900}
    },
    "incidents": [{"kind": "sensor.offset", "population": "sensors", "count": 20, "at": "2m", "for": "1h", "subtlety": 0.9}],
    "topics": {"partitions": 2},
    "react": {"analytics.alerts": {"delay": "10s", "for": "3m", "share": )" +
              std::to_string(share) + "}}}";
  auto scenario = config::parse_scenario(text, "looped.json", {});
  if (!scenario)
    for (const auto& problem : scenario.error())
      CAF_MESSAGE(config::to_string(problem));
  return simulation::world::make(scenario.value().value).value();
}

analytics::side_message alert_on(const std::string& entity, const std::string& id) {
  return {"analytics.alerts", entity, "{}", {}, {{"id", id}}};
}

/// Keeps what comes, and raises an alert on whoever writes the message with seq 3 of a topic; on sensors with seq 70, when
/// something is wrong with them.
class watching_sink : public message_sink {
public:
  void listen(std::size_t, listener) override {}
  expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    const std::scoped_lock lock{mutex};
    for (const auto& message : messages) {
      const std::string value{message.value};
      by_run[run] += std::to_string(message.timestamp_ms) + " " + value + "\n";
      if (run / 2 != static_cast<std::size_t>(simulation::topic::truth_labels) &&
          value.find(run / 2 == static_cast<std::size_t>(simulation::topic::iot_readings)
                         ? "\"seq\":70,"
                         : "\"seq\":3,") != std::string::npos) {
        desk->raised(alert_on(std::string{message.key}, std::to_string(run) + std::string{message.key}),
                     {message.timestamp_ms});
        alerts[std::string{message.key}] = {message.timestamp_ms};
      }
    }
    return messages.size();
  }
  expected<void> finish() override {
    return {};
  }
  std::mutex mutex;
  std::shared_ptr<reaction_desk> desk;
  std::map<std::size_t, std::string> by_run;
  std::map<std::string, timestamp> alerts;
};

std::shared_ptr<watching_sink> run(std::uint32_t shards, double share = 1) {
  system_config config{2};
  caf::actor_system system{config};
  auto sink = std::make_shared<watching_sink>();
  const auto world = make_world(share);
  sink->desk = std::make_shared<reaction_desk>(world, [] { return true; });
  world_options options{shards, false};
  options.reactions = sink->desk;
  world_run sut{system, world, sink, std::move(options)};
  sut.begin();
  CAF_REQUIRE(sut.wait(60s).has_value());
  return sink;
}

std::string text_of(const watching_sink& of, simulation::topic topic) {
  std::string all;
  for (const auto& [run, text] : of.by_run)
    if (run / 2 == static_cast<std::size_t>(topic))
      all += text;
  return all;
}

std::size_t count(const std::string& in, const std::string& what) {
  std::size_t found = 0;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1))
    ++found;
  return found;
}

} // namespace

CAF_TEST(an alert takes effect at the first tick that begins the delay after the end of its own) {
  reaction_desk sut{make_world(), [] { return true; }};
  const auto start = make_world()->start();
  sut.raised(alert_on("account-000007", "b"), start + 1500ms);
  sut.raised(alert_on("account-000007", "b"), start + 1500ms); // told again
  sut.raised(alert_on("user-000003", "a"), start + 1999ms);
  sut.raised(alert_on("district-07", "c"), start);
  sut.raised(alert_on("account-000060", "d"), start); // there are 60
  CAF_CHECK(sut.due(start + 11s, true).empty());
  const auto due = sut.due(start + 12s, true);
  CAF_REQUIRE_EQUAL(due.size(), 2u);
  CAF_CHECK(due[0].to == (simulation::entity_ref{2, 3})); // by id, at one time
  CAF_CHECK(due[1].to == (simulation::entity_ref{0, 7}));
  CAF_CHECK(due[0].arrives == start + 12s && due[0].intervention == 3min);
  CAF_CHECK(sut.due(start + 13s, true).empty());
  sut.raised(alert_on("account-000007", "b"), start + 20s);
  CAF_CHECK(sut.due(start + 1h, true).empty());
}

CAF_TEST(an intervention on a far-sighted entity waits for its moment) {
  reaction_desk sut{make_world(), [] { return true; }};
  const auto start = make_world()->start();
  sut.raised(alert_on("sensor-000004", "a"), start);
  CAF_CHECK(sut.due(start + 30s, false).empty());
  CAF_CHECK_EQUAL(sut.due(start + 60s, true).size(), 1u);
}

CAF_TEST(a share of the alerts is acted upon) {
  reaction_desk some{make_world(0.3), [] { return true; }};
  for (int i = 0; i < 2000; ++i)
    some.raised(alert_on("account-000001", std::to_string(i)), make_world()->start());
  const auto acted = some.due(make_world()->start() + 1h, true).size();
  CAF_CHECK(acted > 530 && acted < 670);
}

CAF_TEST(the world that reads alerts back has the same bytes whatever the shards) {
  const auto one = run(1);
  for (auto shards : {2U, 5U})
    CAF_CHECK(run(shards)->by_run == one->by_run);
  const auto transactions = text_of(*one, simulation::topic::bank_transactions);
  CAF_CHECK(count(transactions, "\"account_blocked\"") > 20);
  CAF_CHECK(count(transactions, "\"booked\"") > 200);
  CAF_CHECK(count(text_of(*one, simulation::topic::web_requests), "\"status\":403") > 20);
  // A closing label for each sensor that was serviced: without it the incident would outlast the world.
  CAF_CHECK_EQUAL(count(text_of(*one, simulation::topic::truth_labels), "\"end\":\"2026"), 20u);
  const auto none = run(2, 0);
  CAF_CHECK_EQUAL(count(text_of(*none, simulation::topic::bank_transactions), "\"account_blocked\""), 0u);
  CAF_CHECK_EQUAL(count(text_of(*none, simulation::topic::truth_labels), "\"end\":\"2026"), 0u);
}

CAF_TEST(no account is blocked before its alert could have taken effect) {
  const auto all = run(2);
  const auto transactions = text_of(*all, simulation::topic::bank_transactions);
  for (std::size_t at = 0; at < transactions.size();) {
    const auto end = transactions.find('\n', at);
    const auto line = transactions.substr(at, end - at);
    at = end + 1;
    if (line.find("account_blocked") == std::string::npos)
      continue;
    const auto time = std::stoll(line);
    const auto key = line.substr(line.find("account-"), 14);
    CAF_REQUIRE(all->alerts.count(key) == 1);
    CAF_CHECK(time > all->alerts[key].ms + 10'000 && time <= all->alerts[key].ms + 11'000 + 180'000);
  }
}
