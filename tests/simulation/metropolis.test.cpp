#define CAF_SUITE simulation.metropolis

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include <boost/json.hpp>
#include <caf/test/unit_test.hpp>

#include "run_world.hpp"
#include "simulation/message_fields.hpp"
#include "simulation/random.hpp"
#include "small_worlds.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

CAF_TEST(all kinds together give the same bytes whatever the shards and the step) {
  const auto once = run_world(make_world(small_metropolis()));
  for (auto which : all_topics)
    CAF_CHECK(!once.in(which).empty());
  CAF_CHECK(run_world(make_world(small_metropolis()), {3}).runs == once.runs);
  CAF_CHECK(run_world(make_world(small_metropolis()), {8}).runs == once.runs);
  CAF_CHECK(run_world(make_world(small_metropolis()), {.shards = 3, .ahead = true}).runs == once.runs);
  auto finer = small_metropolis();
  finer.step = 250ms;
  CAF_CHECK(run_world(make_world(finer), {2}).runs == once.runs);
}

CAF_TEST(money is neither made nor lost by a cent) {
  const auto result = run_world(make_world(small_metropolis()), {3});
  CAF_CHECK(result.totals.transactions > 100);
  const auto& money = result.money;
  CAF_CHECK(money.front() > 0);
  CAF_CHECK(std::all_of(money.begin(), money.end(), [&](auto sum) { return sum == money.front(); }));
}

CAF_TEST(accounts that fail lose no money and no message) {
  auto made = std::const_pointer_cast<world>(make_world(small_metropolis()));
  made->fault = [](entity_ref who, timestamp now, std::uint32_t restarts) {
    if (draw(1, who.population, who.index, now.ms, restarts) % 20 == 0)
      throw std::runtime_error("planted");
  };
  for (bool same_step : {true, false}) {
    const auto result = run_world(made, {3, true, same_step});
    CAF_CHECK(result.restarts > 100);
    const auto& money = result.money;
    CAF_CHECK(std::all_of(money.begin(), money.end(), [&](auto sum) { return sum == money.front(); }));
    CAF_CHECK(run_world(made, {2, true, same_step}).runs == result.runs);
  }
}

CAF_TEST(a sensor that crashes mid run changes no byte of any other entity in any topic) {
  const auto calm = run_world(make_world(small_metropolis()));
  const entity_ref crashing{3, 7};
  auto made = std::const_pointer_cast<world>(make_world(small_metropolis()));
  CAF_REQUIRE_EQUAL(made->scenario().populations[crashing.population].name, "sensors");
  made->fault = [=, halfway = made->start() + 30min](entity_ref who, timestamp now, std::uint32_t restarts) {
    if (who == crashing && now >= halfway && restarts == 0)
      throw std::runtime_error("planted");
  };
  const auto crashed = run_world(made, {3});
  CAF_CHECK_EQUAL(crashed.restarts, 1U);
  const auto without_it = [&](const run_result& of) {
    auto runs = of.runs;
    for (auto& run : runs)
      std::erase_if(run, [&](const sent_message& message) { return message.entity == crashing; });
    return runs;
  };
  CAF_CHECK(crashed.runs != calm.runs); // its own readings go on with another stream
  CAF_CHECK(without_it(crashed) == without_it(calm));
  CAF_CHECK(run_world(made, {2}).runs == crashed.runs);
}

CAF_TEST(each key of a topic is written by one entity and its seq has no gap) {
  auto scenario = small_metropolis();
  scenario.trouble = {};
  const auto result = run_world(make_world(scenario));
  std::map<std::pair<topic, std::string>, std::pair<entity_ref, std::uint64_t>> next;
  for (auto which : all_topics)
    for (const auto& message : result.in(which)) {
      auto& [writer, seq] = next.try_emplace({which, message.key}, message.entity, 0).first->second;
      const auto value = boost::json::parse(message.value).as_object();
      if (writer != message.entity || value.at("seq").to_number<std::uint64_t>() != seq++ ||
          value.at(std::string{key_field(which)}).as_string() != message.key ||
          (value.at("timestamp").as_string() != to_iso8601(message.time) &&
           !(which == topic::iot_readings && // a skewed clock, which is behind
             *parse_iso8601(value.at("timestamp").as_string()) < message.time)))
        CAF_ERROR("wrong: " << message.value);
    }
  CAF_CHECK_EQUAL(next.size(), result.books.size());
  for (const auto& book : result.books)
    CAF_CHECK_EQUAL((next[{book.in, book.key}].second), book.count);
}

CAF_TEST(messages have the fields of their topic in order and each field comes in some message) {
  const auto result = run_world(make_world(small_metropolis()));
  for (auto which : all_topics) {
    const auto fields = message_fields(which);
    std::set<std::string_view> seen;
    for (const auto& message : result.in(which)) {
      boost::json::error_code malformed;
      const auto value = boost::json::parse(message.value, malformed);
      if (malformed || !value.is_object())
        continue;
      auto next = fields.begin();
      for (const auto& [name, ignored] : value.get_object()) {
        next = std::find(next, fields.end(), std::string_view{name.data(), name.size()});
        if (next == fields.end()) {
          CAF_ERROR("not a field of its topic, or not in order: " << name << " in " << message.value);
          break;
        }
        seen.insert(*next);
      }
    }
    CAF_CHECK_EQUAL(seen.size(), fields.size());
  }
}

CAF_TEST(every incident opens and closes with a label of its domain) {
  auto scenario = small_metropolis();
  const auto result = run_world(make_world(scenario));
  std::map<std::string, std::string> domain_of_cause;
  std::map<std::string, int> written;
  for (const auto& message : result.in(topic::truth_labels)) {
    const auto label = boost::json::parse(message.value).as_object();
    ++written[label.at("label_id").as_string().c_str()];
    if (!label.at("incident_id").is_null())
      domain_of_cause[label.at("cause").as_string().c_str()] = label.at("domain").as_string().c_str();
  }
  CAF_CHECK_EQUAL(domain_of_cause.size(), config::incident_kinds().size());
  for (const auto& [cause, domain] : domain_of_cause) {
    const auto prefix = cause.substr(0, cause.find('.'));
    CAF_CHECK_EQUAL(domain, prefix == "sensor" ? "iot" : prefix);
  }
  for (const auto& [id, times] : written)
    CAF_CHECK(times <= 2);
}
