#define CAF_SUITE simulation.tickets

// What becomes of a ticket, and how what goes wrong in the other worlds brings tickets to the desk.
#include <cmath>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "life.hpp"
#include "simulation/complaint.hpp"
#include "simulation/daily_curve.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

using tickets = std::map<std::string, std::vector<event>>;

tickets by_ticket(const run_result& result) {
  tickets found;
  for (const auto& each : all_of(result, topic::support_tickets))
    found[text(each, "ticket_id")].push_back(each);
  return found;
}

std::string person_in(const std::string& id) {
  return id.substr(id.find('-') + 1, 6);
}

config::support_client_population silent_desk() {
  config::support_client_population desk;
  desk.tickets_per_day = 0;
  return desk;
}

/// The openings that name what they are about.
std::vector<event> complaints_in(const run_result& result) {
  std::vector<event> found;
  for (const auto& [id, life] : by_ticket(result))
    if (!life.front().at("concerns").is_null())
      found.push_back(life.front());
  return found;
}

} // namespace

CAF_TEST(a ticket is opened and answered and perhaps escalated and answered again and then closed) {
  const auto result = run(small_city({{"helpdesk", 900, config::support_client_population{1}}}, 120h));
  const auto all = by_ticket(result);
  std::set<std::vector<std::string>> lives;
  std::size_t whole = 0;
  std::map<std::string, std::pair<int, int>> escalations; // by the priority at first: all that were answered, and those
  for (const auto& [id, life] : all) {
    std::vector<std::string> statuses;
    auto before = timestamp{INT64_MIN};
    for (const auto& each : life) {
      statuses.push_back(text(each, "status"));
      CAF_CHECK(time_of(each) > before);
      before = time_of(each);
      CAF_CHECK_EQUAL(text(each, "request").empty(), statuses.size() > 1);
      CAF_CHECK_EQUAL(text(each, "request_type"), text(life.front(), "request_type"));
      const auto hour = time_of_day(time_of(each)) / 3'600'000;
      CAF_CHECK(text(each, "status") != "answered" || (hour >= 7 && hour < 21));
    }
    CAF_CHECK_EQUAL(statuses.front(), "opened");
    if (statuses.size() > 2) {
      auto& [answered, escalated] = escalations[text(life.front(), "priority")];
      ++answered;
      escalated += statuses[2] == "escalated" ? 1 : 0;
    }
    if (statuses.back() == "closed") {
      ++whole;
      lives.insert(statuses);
    }
  }
  CAF_CHECK(lives == (std::set<std::vector<std::string>>{{"opened", "answered", "closed"},
                                                         {"opened", "answered", "escalated", "answered", "closed"}}));
  CAF_CHECK(whole * 4 > all.size() * 3);
  for (const auto& [priority, share] :
       std::map<std::string, double>{{"low", 0.05}, {"normal", 0.1}, {"high", 0.2}, {"urgent", 0.25}}) {
    const auto [answered, escalated] = escalations[priority];
    const auto wanted = share * answered;
    CAF_CHECK(answered > 100);
    CAF_CHECK(std::fabs(escalated - wanted) < 5 * std::sqrt(wanted));
  }
}

CAF_TEST(of more than eight tickets at a time the desk closes the last as it comes) {
  auto city = small_city({{"helpdesk", 1, silent_desk()}}, 1h, "2026-01-09T22:00:00Z"); // nobody answers
  city.incidents = {incident_of("support.ticket_flood", "helpdesk", 0min, 20min, 0)};
  const auto all = by_ticket(run(city));
  CAF_REQUIRE(all.size() > 20);
  std::size_t nth = 0;
  for (const auto& [id, life] : all) {
    CAF_CHECK_EQUAL(life.size(), nth++ < 8 ? 1U : 2U);
    if (life.size() == 2)
      CAF_CHECK(text(life[1], "status") == "closed" && time_of(life[1]) == time_of(life[0]));
  }
}

CAF_TEST(the more urgent a ticket the sooner it is answered) {
  config::support_client_population desk{6};
  desk.answer_time = 30min;
  const auto result = run(small_city({{"helpdesk", 300, desk}}, 10h, "2026-01-09T08:00:00Z"));
  std::map<std::string, std::pair<double, int>> minutes;
  for (const auto& [id, life] : by_ticket(result))
    if (life.size() > 1 && text(life[1], "status") == "answered" &&
        time_of(life[0]) < *parse_iso8601("2026-01-09T12:00:00Z")) {
      auto& [sum, count] = minutes[text(life[0], "priority")];
      sum += static_cast<double>((time_of(life[1]) - time_of(life[0])).count()) / 60'000;
      ++count;
    }
  const auto mean = [&](const char* priority) { return minutes[priority].first / minutes[priority].second; };
  CAF_CHECK(mean("urgent") < mean("high") && mean("high") < mean("normal") && mean("normal") < mean("low"));
  // The mean of a log-normal of median 30 and sigma 0.7.
  CAF_CHECK(std::fabs(mean("normal") - 38.3) < 5);
}

CAF_TEST(errors of the shop bring tickets of those who met them and name the session) {
  config::web_client_population visitors;
  visitors.sessions_per_day = 100;
  auto city = small_city({{"visitors", 300, visitors}, {"helpdesk", 200, silent_desk()}}, 3h);
  city.incidents = {incident_of("web.error_burst", "visitors", 1h, 20min, 0, 200)};
  const auto result = run(city);
  std::map<std::string, timestamp> failed; // the first error of each session
  for (const auto& [client, lines] : by_key(result, topic::web_requests))
    for (const auto& line : lines)
      if (line.at("status").as_int64() >= 500)
        failed.try_emplace(text(line, "session_id"), time_of(line));
  const auto written = complaints_in(result);
  int in_the_burst = 0;
  for (const auto& ticket : written) {
    const auto session = text(ticket, "concerns");
    CAF_REQUIRE(failed.contains(session));
    CAF_CHECK(failed.at(session) < time_of(ticket));
    CAF_CHECK_EQUAL(person_in(session), person_in(text(ticket, "client_id")));
    CAF_CHECK_EQUAL(text(ticket, "request_type"), "technical");
    CAF_CHECK(text(ticket, "request").find(session) != std::string::npos);
    in_the_burst += time_of(ticket) >= city.start + 1h && time_of(ticket) < city.start + 90min ? 1 : 0;
  }
  CAF_CHECK(in_the_burst * 10 > static_cast<int>(written.size()) * 7);
  // Of the people, those had a session to complain about whom the desk's share moves.
  std::set<std::string> moved;
  const auto same_world = testing::make_world(city);
  const complaints desk{*same_world};
  for (const auto& [session, when] : failed) {
    const auto person = static_cast<std::uint32_t>(std::stoul(person_in(session)));
    if (when < city.start + 2h &&
        desk.moved_by(person, {grievance::web_error, static_cast<std::uint32_t>(std::stoul(session.substr(15)))}))
      moved.insert(person_in(session));
  }
  std::set<std::string> wrote;
  for (const auto& ticket : written)
    wrote.insert(person_in(text(ticket, "client_id")));
  CAF_CHECK(moved.size() > 10);
  CAF_CHECK(std::includes(wrote.begin(), wrote.end(), moved.begin(), moved.end()));
}

CAF_TEST(declined payments and stolen money and stolen logins and silent sensors bring tickets that name them) {
  config::account_population poor;
  poor.opening_balance = 30'000;
  poor.payments_per_day = 20;
  config::web_client_population visitors;
  visitors.sessions_per_day = 0;
  auto desk = silent_desk();
  desk.after_fraud = desk.after_outage = 1;
  auto city = small_city({{"accounts", 100, poor},
                          {"helpdesk", 100, desk},
                          {"sensors", 60, config::sensor_population{}},
                          {"visitors", 100, visitors}},
                         6h);
  city.lookahead = city.message_delay;
  city.incidents = {incident_of("bank.account_takeover", "accounts", 30min, 30min, 0, 20),
                    incident_of("sensor.silence", "sensors", 30min, 30min, 0, 20),
                    incident_of("web.credential_stuffing", "visitors", 30min, 1h, 0, 5)};
  const auto result = run(city);
  std::map<std::string, event> transactions;
  for (const auto& line : all_of(result, topic::bank_transactions))
    transactions[text(line, "transaction_id")] = line;
  std::map<std::string, int> about;
  for (const auto& ticket : complaints_in(result)) {
    const auto concerns = text(ticket, "concerns");
    const auto client = person_in(text(ticket, "client_id"));
    if (concerns.starts_with("tx-")) {
      const auto& line = transactions.at(concerns);
      CAF_CHECK_EQUAL(person_in(text(line, "account_id")), client);
      CAF_CHECK(time_of(line) < time_of(ticket));
      const bool declined = text(line, "status") == "declined";
      ++about[declined ? "declined" : "stolen"];
      if (!declined) {
        CAF_CHECK_EQUAL(text(ticket, "priority"), "urgent");
        CAF_CHECK(text(line, "device_id") !=
                  std::string{device_id(static_cast<std::uint32_t>(std::stoul(client))).view()});
      }
    } else if (concerns.starts_with("sensor-")) {
      ++about["sensor"];
      CAF_CHECK_EQUAL(text(ticket, "request_type"), "device");
      CAF_CHECK_EQUAL(person_in(concerns), client); // sixty sensors: one for each of the first sixty people
    } else {
      ++about["login"];
      CAF_CHECK_EQUAL(concerns, "user-" + client);
      CAF_CHECK_EQUAL(text(ticket, "request_type"), "account");
    }
  }
  CAF_CHECK(about["declined"] > 10);
  CAF_CHECK(about["stolen"] >= 10);
  CAF_CHECK_EQUAL(about["sensor"], 20);
  CAF_CHECK(about["login"] > 20);
}

CAF_TEST(where nobody cares the desk hears nothing and no other topic knows the difference) {
  config::account_population poor;
  poor.opening_balance = 20'000;
  poor.payments_per_day = 20;
  auto city = small_city({{"accounts", 60, poor}, {"helpdesk", 60, silent_desk()}}, 6h);
  const auto caring = run(city);
  CAF_CHECK(!complaints_in(caring).empty());
  auto& desk = std::get<config::support_client_population>(city.populations[1].behaviour);
  desk.after_error = desk.after_decline = desk.after_fraud = desk.after_outage = 0;
  const auto calm = run(city);
  CAF_CHECK(calm.in(topic::support_tickets).empty());
  CAF_CHECK(calm.in(topic::bank_transactions) == caring.in(topic::bank_transactions));
}
