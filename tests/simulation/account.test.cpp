#define CAF_SUITE simulation.account

#include "simulation/account.hpp"

#include <cmath>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "life.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

config::account_population rich() {
  config::account_population population;
  population.payments_per_day = 200;
  population.salary = 100'000'000;
  population.opening_balance = 1'000'000'000;
  return population;
}

bool is_credit(const event& of) {
  return text(of, "type") == "salary" || text(of, "type") == "transfer_in";
}

/// Follows every statement line by line and matches what was sent with what was received.
/// @returns an empty text, or what is wrong
std::string audit_statements(const run_result& result, const config::scenario& scenario) {
  std::map<std::string, std::int64_t> on_their_way; // by "from to amount time of arrival"
  const auto statements = by_key(result, topic::bank_transactions);
  const auto route = [](const std::string& from, const std::string& to, const event& of, timestamp arrives) {
    return from + " " + to + " " + std::to_string(cents(of, "amount")) + " " + std::to_string(arrives.ms);
  };
  const auto& population = std::get<config::account_population>(scenario.populations[0].behaviour);
  for (const auto& [id, statement] : statements) {
    auto balance = opening_balance(scenario.seed, static_cast<std::uint32_t>(std::stoul(id.substr(8))), population);
    for (const auto& line : statement) {
      const auto amount = cents(line, "amount");
      const auto after = cents(line, "balance");
      if (amount <= 0)
        return "an amount that is not positive";
      const bool deposit = text(line, "type") == "cash" && after > balance;
      balance += is_credit(line) || deposit ? amount : -amount;
      if (balance != after || after < 0)
        return id + ": balance " + std::to_string(after) + " where " + std::to_string(balance) + " was due";
      if (text(line, "type") == "transfer_out")
        ++on_their_way[route(id, text(line, "counterparty_id"), line, time_of(line) + scenario.message_delay)];
      if (text(line, "type") == "transfer_in")
        --on_their_way[route(text(line, "counterparty_id"), id, line, time_of(line))];
    }
  }
  const auto end = scenario.start + scenario.duration;
  for (const auto& [what, count] : on_their_way)
    if (count < 0 || (count > 0 && std::stoll(what.substr(what.rfind(' ') + 1)) < end.ms))
      return "sent and received differ: " + what;
  return {};
}

const std::vector<std::string> kinds{"bank.account_takeover", "bank.card_testing", "bank.structuring",
                                     "bank.salary_day"};

} // namespace

CAF_TEST(money is neither made nor lost in any world at any step) {
  CAF_CHECK(rc::check([] {
    config::account_population population;
    population.payments_per_day = *rc::gen::inRange(0, 3'000);
    population.salary = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    population.opening_balance = *rc::gen::inRange<std::int64_t>(0, 500'000);
    population.merchants = *rc::gen::inRange<std::uint32_t>(1, 40);
    const auto count = *rc::gen::inRange<std::uint32_t>(1, 10);
    // The first morning of a month: fees, rents and salaries.
    auto city = small_city({{"accounts", count, population}}, 90min, "2026-02-01T02:30:00Z", 60s);
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto incidents = *rc::gen::inRange(0, 5);
    for (int i = 0; i < incidents; ++i)
      city.incidents.push_back(incident_of(*rc::gen::elementOf(kinds), "accounts",
                                           milliseconds{*rc::gen::inRange(0, 5'000'000)},
                                           milliseconds{*rc::gen::inRange(1'000, 5'000'000)},
                                           *rc::gen::inRange(0, 11) / 10.0, *rc::gen::inRange<std::uint32_t>(1, 3)));
    const auto result = run(city);
    for (auto money : result.money)
      RC_ASSERT(money == result.money.front());
    RC_ASSERT(audit_statements(result, city) == "");
  }));
}

CAF_TEST(a transaction has exactly the documented fields) {
  auto city = small_city({{"accounts", 30, rich()}}, 24h, "2026-02-01T00:00:00Z", 60s);
  for (const auto& kind : kinds)
    city.incidents.push_back(incident_of(kind, "accounts", 1h, 6h));
  const auto result = run(city);
  std::set<std::string> types;
  std::set<std::string> ids;
  for (const auto& each : all_of(result, topic::bank_transactions)) {
    CAF_CHECK(has_exactly(each, {{"timestamp", shape::text},
                                 {"seq", shape::integer},
                                 {"account_id", shape::text},
                                 {"transaction_id", shape::text},
                                 {"counterparty_id", shape::text},
                                 {"type", shape::text},
                                 {"amount", shape::number},
                                 {"currency", shape::text},
                                 {"balance", shape::number},
                                 {"channel", shape::text_or_null},
                                 {"merchant_id", shape::text_or_null},
                                 {"mcc", shape::integer_or_null},
                                 {"device_id", shape::text_or_null},
                                 {"country", shape::text},
                                 {"lat", shape::number},
                                 {"lon", shape::number}}));
    types.insert(text(each, "type"));
    CAF_CHECK(ids.insert(text(each, "transaction_id")).second);
    CAF_CHECK_EQUAL(text(each, "type") == "card", !each.at("merchant_id").is_null());
    CAF_CHECK_EQUAL(text(each, "type") == "card" || text(each, "type") == "cash", !each.at("mcc").is_null());
  }
  CAF_CHECK(types == (std::set<std::string>{"card", "cash", "fee", "rent", "salary", "transfer_in", "transfer_out"}));
}

CAF_TEST(a payment that the balance does not cover is refused) {
  config::account_population poor;
  poor.payments_per_day = 500;
  poor.salary = 300'000;
  poor.opening_balance = 3'000;
  const auto city = small_city({{"accounts", 20, poor}}, 24h, "2026-01-09T09:00:00Z", 60s);
  const auto result = run(city);
  CAF_CHECK_EQUAL(audit_statements(result, city), "");
  // 10,000 payments were wanted; 20 times 30 euros don't pay for them.
  const auto made = all_of(result, topic::bank_transactions).size();
  CAF_CHECK(made > 100 && made < 5'000);
}

CAF_TEST(payments follow the day and their kinds have their shares) {
  auto population = rich();
  population.payments_per_day = 60;
  const auto result = run(small_city({{"accounts", 300, population}}, 24h, "2026-01-09T00:00:00Z", 60s));
  std::array<int, 24> counts{};
  std::map<std::string, int> types;
  int all = 0;
  for (const auto& each : all_of(result, topic::bank_transactions)) {
    const auto type = text(each, "type");
    if (type != "card" && type != "cash" && type != "transfer_out")
      continue;
    ++counts[static_cast<std::size_t>(time_of_day(time_of(each)) / 3'600'000)];
    ++types[type];
    ++all;
  }
  const double wanted = 300 * 60;
  CAF_CHECK(std::fabs(all - wanted) < 5 * std::sqrt(wanted));
  double chi_squared = 0;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const auto expected = wanted / 24 * (payment_hours().at_hour(hour) + payment_hours().at_hour((hour + 1) % 24)) / 2;
    chi_squared += (counts[hour] - expected) * (counts[hour] - expected) / expected;
  }
  CAF_CHECK(chi_squared < 51.2); // the 99.9th percentile for 24 degrees of freedom
  CAF_CHECK(std::fabs(types["cash"] - 0.07 * wanted) < 5 * std::sqrt(0.07 * wanted));
  CAF_CHECK(std::fabs(types["transfer_out"] - 0.11 * wanted) < 5 * std::sqrt(0.11 * wanted));
}

CAF_TEST(salary and rent and fee come once a month on their day) {
  config::account_population population;
  population.payments_per_day = 0;
  population.opening_balance = 10'000'000;
  const auto result = run(small_city({{"accounts", 20, population}}, 24h * 90, "2026-01-01T00:00:00Z", 10min));
  for (const auto& [id, statement] : by_key(result, topic::bank_transactions)) {
    std::map<std::string, std::vector<timestamp>> times;
    for (const auto& line : statement)
      times[text(line, "type")].push_back(time_of(line));
    CAF_CHECK_EQUAL(times.size(), 3U);
    for (const auto& [type, all] : times) {
      CAF_CHECK_EQUAL(all.size(), 3U); // January, February, March
      CAF_CHECK_EQUAL((all[1] - all[0]).count(), (24h * 31 / 1ms));
      CAF_CHECK_EQUAL((all[2] - all[1]).count(), (24h * 28 / 1ms));
    }
  }
}

CAF_TEST(a label covers exactly the transactions that an incident changed) {
  CAF_CHECK(rc::check([] {
    // One rich account has no accomplice and is refused nothing; on the 9th after nine in the morning no month's bookings
    // fall due for most people.
    auto city = small_city({{"accounts", 1, rich()}}, 8h, "2026-01-09T09:30:00Z", 60s);
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto calm = all_of(run(city), topic::bank_transactions);
    const auto kind = *rc::gen::elementOf(kinds);
    city.incidents = {incident_of(kind, "accounts", 1h, 4h, *rc::gen::inRange(0, 11) / 10.0)};
    const auto result = run(city);
    const auto label = labels(result).at(kind);
    const auto struck = all_of(result, topic::bank_transactions);
    RC_ASSERT(label.at("last_seq").as_int64() > label.at("first_seq").as_int64());
    const auto first = time_of(struck.at(static_cast<std::size_t>(label.at("first_seq").as_int64())));
    const auto last = time_of(struck.at(static_cast<std::size_t>(label.at("last_seq").as_int64())));
    RC_ASSERT(first >= city.start + 1h && last < city.start + 5h);
    const auto outline = [](const event& of) {
      return text(of, "timestamp") + text(of, "type") + text(of, "counterparty_id") +
             std::to_string(cents(of, "amount")) + text(of, "device_id");
    };
    std::vector<std::string> outside;
    for (const auto& each : struck)
      if (!covers(label, each))
        outside.push_back(outline(each));
    std::vector<std::string> expected;
    for (const auto& each : calm)
      if (time_of(each) < first || time_of(each) > last)
        expected.push_back(outline(each));
    RC_ASSERT(outside == expected);
    // And within it nothing is left of the ordinary life.
    std::set<std::string> ordinary;
    for (const auto& each : calm)
      ordinary.insert(outline(each));
    for (const auto& each : struck)
      if (covers(label, each))
        RC_ASSERT(ordinary.count(outline(each)) == 0U);
  }));
}

CAF_TEST(a taken over account is drained from a device that it never used) {
  auto city = small_city({{"accounts", 20, rich()}}, 2h);
  city.incidents = {incident_of("bank.account_takeover", "accounts", 1h, 30min, 0)};
  const auto result = run(city);
  const auto label = labels(result).at("bank.account_takeover");
  CAF_CHECK(label.at("malicious").as_bool());
  const auto statement = by_key(result, topic::bank_transactions).at(text(label, "entity"));
  std::set<std::string> own_devices;
  std::int64_t before = 0;
  std::int64_t after = 0;
  int drains = 0;
  for (const auto& line : statement) {
    if (!covers(label, line)) {
      if (!line.at("device_id").is_null())
        own_devices.insert(text(line, "device_id"));
      continue;
    }
    if (text(line, "type") == "transfer_in")
      continue;
    before = before == 0 ? cents(line, "balance") + cents(line, "amount") : before;
    after = cents(line, "balance");
    CAF_CHECK(text(line, "type") == "transfer_out" || text(line, "channel") == "online");
    CAF_CHECK_EQUAL(own_devices.count(text(line, "device_id")), 0U);
    CAF_CHECK(text(line, "country") != text(statement.front(), "country"));
    ++drains;
  }
  CAF_CHECK_EQUAL(drains, 6);
  CAF_CHECK(after < before / 5);
}

CAF_TEST(card testing is many tiny payments online and then a large one) {
  for (double subtlety : {0.0, 0.5, 1.0}) {
    auto city = small_city({{"accounts", 5, rich()}}, 2h);
    city.incidents = {incident_of("bank.card_testing", "accounts", 10min, 60min, subtlety)};
    const auto result = run(city);
    const auto label = labels(result).at("bank.card_testing");
    std::vector<event> attack;
    const auto statement = by_key(result, topic::bank_transactions).at(text(label, "entity"));
    for (const auto& line : statement)
      if (covers(label, line) && text(line, "type") == "card")
        attack.push_back(line);
    CAF_CHECK_EQUAL(attack.size(), static_cast<std::size_t>(7 + std::lround(12 * (1 - subtlety))));
    std::set<std::string> merchants;
    for (std::size_t i = 0; i < attack.size(); ++i) {
      CAF_CHECK_EQUAL(text(attack[i], "channel"), "online");
      merchants.insert(text(attack[i], "merchant_id"));
      if (i + 1 < attack.size())
        CAF_CHECK(cents(attack[i], "amount") <= 500);
      else
        CAF_CHECK(cents(attack[i], "amount") > 100'00);
    }
    CAF_CHECK_EQUAL(merchants.size(), attack.size());
  }
}

CAF_TEST(structuring stays just under the threshold whatever the account holds) {
  config::account_population poor;
  poor.opening_balance = 100;
  auto city = small_city({{"accounts", 10, poor}}, 24h, "2026-01-09T00:00:00Z", 60s);
  city.incidents = {incident_of("bank.structuring", "accounts", 1h, 20h, 0.2)};
  const auto result = run(city);
  const auto label = labels(result).at("bank.structuring");
  int large = 0;
  const auto statement = by_key(result, topic::bank_transactions).at(text(label, "entity"));
  for (const auto& line : statement) {
    if (!covers(label, line) || (text(line, "type") != "cash" && text(line, "type") != "transfer_out"))
      continue;
    CAF_CHECK(cents(line, "amount") < 1'000'000);
    CAF_CHECK(cents(line, "amount") > 950'000);
    ++large;
  }
  CAF_CHECK_EQUAL(large, 12);
}

CAF_TEST(salary day is labelled as innocent) {
  auto city = small_city({{"accounts", 5, rich()}}, 7h);
  city.incidents = {incident_of("bank.salary_day", "accounts", 10min, 6h, 0)};
  const auto result = run(city);
  const auto label = labels(result).at("bank.salary_day");
  CAF_CHECK(!label.at("malicious").as_bool());
  int payments = 0;
  bool bonus = false;
  const auto statement = by_key(result, topic::bank_transactions).at(text(label, "entity"));
  for (const auto& line : statement)
    if (covers(label, line)) {
      bonus = bonus || text(line, "type") == "salary";
      payments += is_credit(line) ? 0 : 1;
    }
  CAF_CHECK(bonus);
  CAF_CHECK(payments >= 13);
}

CAF_TEST(an account from which nothing can be stolen gets no label range) {
  config::account_population empty;
  empty.payments_per_day = 0;
  empty.salary = 0;
  empty.opening_balance = 0;
  auto city = small_city({{"accounts", 3, empty}}, 2h);
  city.incidents = {incident_of("bank.account_takeover", "accounts", 10min, 30min),
                    incident_of("bank.card_testing", "accounts", 10min, 30min)};
  const auto result = run(city);
  CAF_CHECK(all_of(result, topic::bank_transactions).empty());
  for (const auto& label : all_of(result, topic::truth_labels))
    if (!label.at("end").is_null())
      CAF_CHECK(label.at("first_seq").is_null() && label.at("last_seq").is_null());
}
