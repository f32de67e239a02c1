#define CAF_SUITE simulation.account

#include "simulation/account.hpp"

#include <cmath>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "bank.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

CAF_TEST(money is neither made nor lost in any world at any step) {
  CAF_CHECK(rc::check([] {
    config::account_population population;
    population.payments_per_day = *rc::gen::inRange(0, 3'000);
    population.salary = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    population.opening_balance = *rc::gen::inRange<std::int64_t>(0, 500'000);
    population.merchants = *rc::gen::inRange<std::uint32_t>(1, 40);
    const auto count = *rc::gen::inRange<std::uint32_t>(1, 30);
    // The first morning of a month: fees, rents and salaries.
    auto city = small_city({{"accounts", count, population}}, 90min, "2026-02-01T02:30:00Z", 60s);
    city.seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto incidents = *rc::gen::inRange(0, 8);
    for (int i = 0; i < incidents; ++i)
      city.incidents.push_back(incident_of(*rc::gen::elementOf(bank_incidents()), "accounts",
                                           milliseconds{*rc::gen::inRange(0, 5'000'000)},
                                           milliseconds{*rc::gen::inRange(1'000, 5'000'000)},
                                           *rc::gen::inRange(0, 11) / 10.0, *rc::gen::inRange<std::uint32_t>(1, 3)));
    // Some fail in the middle of it, and go on from what survived.
    auto made = std::const_pointer_cast<world>(make_world(city));
    const bool failing = *rc::gen::arbitrary<bool>();
    made->fault = [failing](entity_ref who, timestamp now, std::uint32_t restarts) {
      if (failing && draw(now.ms, who.index, restarts) % 4 == 0)
        throw std::runtime_error("planted");
    };
    run_options options;
    options.shards = *rc::gen::inRange<std::uint32_t>(1, 4);
    options.restart = *rc::gen::arbitrary<bool>();
    const auto result = run_world(made, options);
    for (auto money : result.money)
      RC_ASSERT(money == result.money.front());
    RC_ASSERT(result.opening == result.money);
    RC_ASSERT(audit_statements(result, city, failing) == "");
  }));
}

CAF_TEST(a transaction has exactly the documented fields) {
  auto city = small_city({{"accounts", 30, rich()}}, 24h, "2026-02-01T00:00:00Z", 60s);
  for (const auto& kind : bank_incidents())
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
                                 {"status", shape::text},
                                 {"decline_reason", shape::text_or_null},
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
    CAF_CHECK_EQUAL(text(each, "type") == "card" || text(each, "type") == "cash" || text(each, "type") == "deposit",
                    !each.at("mcc").is_null());
    CAF_CHECK_EQUAL(text(each, "status") == "declined", !each.at("decline_reason").is_null());
  }
  CAF_CHECK(types ==
            (std::set<std::string>{"card", "cash", "deposit", "fee", "rent", "salary", "transfer_in", "transfer_out"}));
}

CAF_TEST(a payment that the balance does not cover is declined and moves nothing) {
  config::account_population poor;
  poor.payments_per_day = 500;
  poor.salary = 300'000;
  poor.opening_balance = 3'000;
  const auto city = small_city({{"accounts", 20, poor}}, 24h, "2026-01-09T09:00:00Z", 60s);
  const auto result = run(city);
  CAF_CHECK_EQUAL(audit_statements(result, city), "");
  // 10,000 payments were wanted; 20 times 30 euros don't pay for them.
  std::size_t booked = 0;
  std::size_t declined = 0;
  for (const auto& line : all_of(result, topic::bank_transactions)) {
    if (text(line, "status") == "booked") {
      ++booked;
      continue;
    }
    ++declined;
    CAF_CHECK_EQUAL(text(line, "decline_reason"), "insufficient_funds");
    CAF_CHECK(cents(line, "amount") > cents(line, "balance"));
  }
  CAF_CHECK(booked > 100 && booked < 5'000);
  CAF_CHECK(declined > 5'000);
  CAF_CHECK_EQUAL(result.totals.declined, declined);
  CAF_CHECK_EQUAL(result.totals.transactions, booked + declined);
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
