// What the tests of accounts and of the bank's incidents share.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "life.hpp"
#include "simulation/account_profile.hpp"

namespace throng::simulation::testing {

inline std::vector<std::string> bank_incidents() {
  std::vector<std::string> names;
  for (const auto& kind : config::incident_kinds())
    if (kind.population_kind == "account")
      names.emplace_back(kind.name);
  return names;
}

/// With so much money that nothing is declined.
inline config::account_population rich() {
  config::account_population population;
  population.payments_per_day = 200;
  population.salary = 100'000'000;
  population.opening_balance = 1'000'000'000;
  return population;
}

inline bool is_credit(const event& of) {
  return text(of, "type") == "salary" || text(of, "type") == "transfer_in" || text(of, "type") == "deposit";
}

/// Follows every statement line by line and matches what was sent with what was received.
/// @returns an empty text, or what is wrong
/// @param delayed entities failed: money may have been received later than it arrived
inline std::string audit_statements(const run_result& result, const config::scenario& scenario, bool delayed = false) {
  std::map<std::string, std::int64_t> on_their_way; // by "from to amount time of arrival"
  const auto statements = by_key(result, topic::bank_transactions);
  const auto route = [delayed](const std::string& from, const std::string& to, const event& of, timestamp arrives) {
    return from + " " + to + " " + std::to_string(cents(of, "amount")) + " " +
           std::to_string(delayed ? INT64_MAX : arrives.ms);
  };
  const auto& population = std::get<config::account_population>(scenario.populations[0].behaviour);
  for (const auto& [id, statement] : statements) {
    auto balance = opening_balance(scenario.seed, static_cast<std::uint32_t>(std::stoul(id.substr(8))), population);
    for (const auto& line : statement) {
      const auto amount = cents(line, "amount");
      const auto after = cents(line, "balance");
      if (amount <= 0)
        return "an amount that is not positive";
      const bool declined = text(line, "status") == "declined";
      balance += declined ? 0 : is_credit(line) ? amount : -amount;
      if (declined && is_credit(line))
        return id + ": a credit was declined";
      if (balance != after || after < 0)
        return id + ": balance " + std::to_string(after) + " where " + std::to_string(balance) + " was due";
      const bool within = text(line, "counterparty_id").starts_with("account-") && !declined;
      if (within && text(line, "type") == "transfer_out")
        ++on_their_way[route(id, text(line, "counterparty_id"), line, time_of(line) + scenario.message_delay)];
      if (within && text(line, "type") == "transfer_in")
        --on_their_way[route(text(line, "counterparty_id"), id, line, time_of(line))];
    }
  }
  const auto end = scenario.start + scenario.duration;
  for (const auto& [what, count] : on_their_way)
    if (count < 0 || (count > 0 && std::stoll(what.substr(what.rfind(' ') + 1)) < end.ms))
      return "sent and received differ: " + what;
  return {};
}

} // namespace throng::simulation::testing
