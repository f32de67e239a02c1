#define CAF_SUITE simulation.support_client

#include "simulation/support_client.hpp"

#include <cmath>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "life.hpp"
#include "simulation/ticket_text.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kinds{"support.ticket_flood", "support.urgent_wave"};

std::vector<event> openings(const run_result& result) {
  auto tickets = all_of(result, topic::support_tickets);
  std::erase_if(tickets, [](const event& of) { return text(of, "status") != "opened"; });
  return tickets;
}

} // namespace

CAF_TEST(a ticket has exactly the documented fields and a text without gaps) {
  const auto result = run(small_city({{"helpdesk", 200, config::support_client_population{10}}}, 24h));
  const auto tickets = openings(result);
  const auto wanted = 2'000 * 9.0 * 7 / 61; // a Friday
  CAF_CHECK(std::fabs(static_cast<double>(tickets.size()) - wanted) < 5 * std::sqrt(wanted));
  std::set<std::string> ids;
  std::set<std::string> types;
  std::set<std::string> priorities;
  for (const auto& ticket : tickets) {
    CAF_CHECK(has_exactly(ticket, {{"timestamp", shape::text},
                                   {"seq", shape::integer},
                                   {"client_id", shape::text},
                                   {"ticket_id", shape::text},
                                   {"status", shape::text},
                                   {"request_type", shape::text},
                                   {"priority", shape::text},
                                   {"request", shape::text},
                                   {"concerns", shape::text_or_null}}));
    CAF_CHECK(ids.insert(text(ticket, "ticket_id")).second);
    types.insert(text(ticket, "request_type"));
    priorities.insert(text(ticket, "priority"));
    CAF_CHECK(text(ticket, "request").find_first_of("#@$") == std::string::npos);
  }
  CAF_CHECK_EQUAL(types.size(), request_types().size());
  CAF_CHECK(priorities == (std::set<std::string>{"high", "low", "normal", "urgent"}));
}

CAF_TEST(the marks of a sentence are filled in) {
  CAF_CHECK_EQUAL(std::string{ticket_text("Order #: @.", 42, 7).view()}, "Order 000042: item-00007.");
  CAF_CHECK_EQUAL(std::string{ticket_text("Nothing to fill", 42, 7).view()}, "Nothing to fill");
  CAF_CHECK_EQUAL(std::string{ticket_text("#", 1'234'567, 7).view()}, "1234567");
  CAF_CHECK_EQUAL(std::string{ticket_text("I did not make $!", 0, 0, "tx-000001-000002").view()},
                  "I did not make tx-000001-000002!");
}

CAF_TEST(a label covers exactly the tickets of its incident) {
  CAF_CHECK(rc::check([] {
    auto city = small_city({{"helpdesk", 1, config::support_client_population{120}}}, 5h);
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto calm = openings(run(city));
    const auto kind = *rc::gen::elementOf(kinds);
    city.incidents = {incident_of(kind, "helpdesk", 1h, 2h, *rc::gen::inRange(0, 11) / 10.0)};
    const auto result = run(city);
    const auto label = labels(result).at(kind);
    const auto struck = all_of(result, topic::support_tickets);
    const auto first = time_of(struck.at(static_cast<std::size_t>(label.at("first_seq").as_int64())));
    RC_ASSERT(first >= city.start + 1h && first < city.start + 61min);
    const auto outline = [](const event& of) { return text(of, "timestamp") + text(of, "request"); };
    std::vector<std::string> outside;
    std::vector<std::string> expected;
    for (const auto& each : struck)
      if (!covers(label, each) && text(each, "status") == "opened")
        outside.push_back(outline(each));
    for (const auto& each : calm)
      if (time_of(each) < first || time_of(each) >= city.start + 3h)
        expected.push_back(outline(each));
    RC_ASSERT(outside == expected);
  }));
}

CAF_TEST(an urgent wave is about one fault and a flood comes quickly) {
  auto city = small_city({{"helpdesk", 10, config::support_client_population{0}}}, 2h);
  city.incidents = {incident_of("support.urgent_wave", "helpdesk", 10min, 1h, 0)};
  const auto wave = openings(run(city));
  CAF_CHECK(wave.size() > 20);
  for (const auto& ticket : wave) {
    CAF_CHECK_EQUAL(text(ticket, "priority"), "urgent");
    CAF_CHECK_EQUAL(text(ticket, "request_type"), "technical");
  }
  std::size_t last = 1'000'000;
  for (double subtlety : {0.0, 0.5, 1.0}) {
    city.incidents = {incident_of("support.ticket_flood", "helpdesk", 10min, 1h, subtlety)};
    const auto flood = openings(run(city));
    CAF_CHECK(flood.size() < last && flood.size() >= 4);
    last = flood.size();
  }
}
