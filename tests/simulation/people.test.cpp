#define CAF_SUITE simulation.people

// What belongs together across topics: the streams of one person, in a world of all kinds.
#include <set>

#include <caf/test/unit_test.hpp>

#include "life.hpp"
#include "simulation/countries.hpp"
#include "simulation/identity.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

config::scenario city_of_all_kinds() {
  config::web_client_population visitors;
  visitors.sessions_per_day = 40;
  config::account_population accounts;
  accounts.payments_per_day = 40;
  accounts.opening_balance = 10'000'000;
  return small_city({{"accounts", 25, accounts},
                     {"regulars", 10, visitors},
                     {"helpdesk", 20, config::support_client_population{20}},
                     {"visitors", 15, visitors}},
                    12h);
}

std::uint32_t number_in(const std::string& id) {
  return static_cast<std::uint32_t>(std::stoul(id.substr(id.find('-') + 1, 6)));
}

} // namespace

CAF_TEST(client and user and account and customer of one number are one person) {
  const auto city = city_of_all_kinds();
  const auto result = run(city);
  std::set<std::uint32_t> clients;
  std::map<std::uint32_t, std::set<std::string>> addresses;
  for (const auto& line : all_of(result, topic::web_requests)) {
    const auto number = number_in(text(line, "client_id"));
    const auto who = person_of(city.seed, number);
    clients.insert(number);
    addresses[number].insert(text(line, "ip"));
    CAF_CHECK_EQUAL(number_in(text(line, "user_id")), number);
    CAF_CHECK_EQUAL(number_in(text(line, "session_id")), number);
    CAF_CHECK_EQUAL(text(line, "country"), countries()[who.country].code);
  }
  CAF_CHECK_EQUAL(clients.size(), 25U); // two populations of visitors, numbered through
  CAF_CHECK_EQUAL(*clients.rbegin(), 24U);
  for (const auto& [number, seen] : addresses)
    CAF_CHECK_EQUAL(seen.size(), 1U);
  for (auto which : {topic::web_views, topic::web_clicks, topic::web_ratings})
    for (const auto& [key, events] : by_key(result, which)) {
      CAF_CHECK_EQUAL(clients.count(number_in(key)), 1U);
      for (const auto& each : events)
        CAF_CHECK_EQUAL(text(each, "user_id"), key);
    }
  std::set<std::uint32_t> owners;
  for (const auto& line : all_of(result, topic::bank_transactions)) {
    const auto number = number_in(text(line, "account_id"));
    owners.insert(number);
    CAF_CHECK_EQUAL(text(line, "country"), countries()[person_of(city.seed, number).country].code);
    if (!line.at("device_id").is_null())
      CAF_CHECK_EQUAL(text(line, "device_id"), std::string{device_id(number).view()});
    if (text(line, "type") == "transfer_out" || text(line, "type") == "transfer_in")
      CAF_CHECK(number_in(text(line, "counterparty_id")) < 25 && number_in(text(line, "counterparty_id")) != number);
  }
  CAF_CHECK(owners == clients);
  for (const auto& [key, tickets] : by_key(result, topic::support_tickets))
    CAF_CHECK(key.rfind("customer-", 0) == 0 && clients.count(number_in(key)) == 1);
}

CAF_TEST(only one entity writes a key of a topic and its seq has no gap) {
  auto city = city_of_all_kinds();
  for (std::string kind : {"web.scraper", "web.credential_stuffing", "web.error_burst"})
    for (std::string population : {"visitors", "regulars"})
      city.incidents.push_back(incident_of(kind, population, 1h, 5min, 0.3, 5));
  for (std::string kind : {"support.ticket_flood", "support.urgent_wave"})
    city.incidents.push_back(incident_of(kind, "helpdesk", 1h, 30min, 0.3, 10));
  for (std::string kind : {"bank.account_takeover", "bank.structuring"})
    city.incidents.push_back(incident_of(kind, "accounts", 1h, 30min, 0.3, 10));
  const auto result = run(city);
  for (auto which : all_topics) {
    std::map<std::string, std::set<entity_ref>> writers;
    for (const auto& message : result.in(which))
      writers[message.key].insert(message.entity);
    for (const auto& [key, who] : writers)
      CAF_CHECK_EQUAL(who.size(), 1U);
    for (const auto& [key, events] : by_key(result, which))
      for (std::size_t i = 0; i < events.size(); ++i)
        CAF_CHECK_EQUAL(events[i].at("seq").as_int64(), static_cast<std::int64_t>(i));
  }
}

CAF_TEST(a world of all kinds is the same for any shards and steps) {
  auto city = city_of_all_kinds();
  city.duration = 2h;
  for (std::string kind : {"web.scraper", "web.error_burst"})
    city.incidents.push_back(incident_of(kind, "visitors", 10min, 5min));
  city.incidents.push_back(incident_of("bank.account_takeover", "accounts", 10min, 30min, 0.3, 3));
  city.incidents.push_back(incident_of("support.urgent_wave", "helpdesk", 10min, 30min));
  city.trouble = {0.01, 0.01, 0.01, 0.01, 0.01};
  const auto once = run_world(make_world(city), {1});
  CAF_CHECK(once.events > 1'000);
  auto finer = city;
  finer.step = 2s;
  const auto again = run_world(make_world(finer), {3});
  CAF_CHECK(again.runs == once.runs);
  CAF_CHECK(again.money == once.money);
}
