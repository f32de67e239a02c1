// A bank account and the person behind it: salary, rent, fee, card, cash and transfers, and what fraudsters do to it. Money is
// counted in minor units and never made or lost. Leaves to account_profile.hpp what a person earns and whom they know,
// to merchants.hpp where money is spent, and to account_incidents.cpp what incidents do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "simulation/account_profile.hpp"
#include "simulation/arrivals.hpp"
#include "simulation/entity.hpp"
#include "simulation/identity.hpp"
#include "simulation/merchants.hpp"

namespace throng::simulation {

/// Writes bank.transactions. A payment that the balance does not cover is refused: no transaction, no money moves.
///
/// Fields that have no value are null: `channel` and `device_id` where nobody stood at a machine (salary, rent, fee,
/// incoming transfers), `device_id` also at a shop's till and a cash machine; `merchant_id` but for card payments, `mcc` but
/// for card and cash. `country`, `lat` and `lon` are where the money was spent, or else where the customer lives.
/// `cash` takes money out, but for the deposits of bank.structuring: there the balance has risen.
class account {
public:
  struct common {
    common(const simulation::world& world, std::uint32_t population);

    std::uint64_t seed;
    config::account_population population;
    std::uint32_t accounts; ///< in the whole world
    arrivals payments;
  };

  static constexpr std::array channels{channel{topic::bank_transactions, 0}};
  static constexpr std::size_t keys = 1;
  static entity_key key(const simulation::world& world, entity_ref self, std::size_t which);

  /// What subtlety changes in each: account_incidents.cpp.
  static constexpr std::array<std::string_view, 4> incident_kinds{"bank.account_takeover", "bank.card_testing",
                                                                  "bank.structuring", "bank.salary_day"};

  account(const birth& born, const common& all);

  timestamp due() const noexcept {
    return due_;
  }
  void wake(wake_context& in, const common& all);

  /// The balance, plus all that left for shops, landlords and machines, less all that came from employers and machines.
  std::int64_t money() const noexcept {
    return balance_ + external_out_ - external_in_;
  }
  std::int64_t balance() const noexcept {
    return balance_;
  }
  std::int64_t external_in() const noexcept {
    return external_in_;
  }
  std::int64_t external_out() const noexcept {
    return external_out_;
  }

private:
  enum class incident : std::uint8_t { takeover, card_testing, structuring, salary_day };

  /// One line of the account's statement.
  struct booking {
    std::string_view type;
    short_text counterparty;
    std::int64_t amount = 0;
    std::string_view channel; ///< empty: null
    entity_key merchant;      ///< empty: null
    std::uint16_t mcc = 0;    ///< 0: null
    entity_key device;        ///< empty: null
    std::uint8_t country = 0;
    place where;
  };

  /// Who pays, where they are, and with what.
  struct payer {
    person owner;
    account_profile profile;
    entity_key device;
    std::uint8_t country = 0;
    place where;
    bool at_home = true; ///< the owner; false: somebody else with the owner's card or password
  };

  payer owner(wake_context& in, const common& all) const;

  /// What the owner does on their own.
  void live(wake_context& in, const common& all);
  void book_monthly(wake_context& in, const common& all);
  void receive(wake_context& in, const common& all);
  /// One of the ordinary payments of this hour.
  /// @returns its seq; none where it was refused
  std::optional<std::uint64_t> spend(wake_context& in, const common& all, random_stream& random);

  std::optional<std::uint64_t> pay_by_card(wake_context& in, const common& all, const payer& by, std::uint8_t category,
                                           std::uint32_t merchant, std::int64_t amount);
  std::optional<std::uint64_t> transfer(wake_context& in, const payer& by, entity_ref to, std::int64_t amount);
  std::optional<std::uint64_t> withdraw(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount);
  std::uint64_t deposit(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount);
  std::uint64_t write(wake_context& in, const booking& entry) const;

  // Incidents: account_incidents.cpp. Each does the step of an incident that is due now, and sets the next.
  static void prepare(active_incident& opened, timestamp now);
  void step(wake_context& in, const common& all, active_incident& doing);
  bool take_over(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool test_card(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool structure(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool celebrate(wake_context& in, const common& all, active_incident& doing, random_stream& random);

  std::int64_t balance_ = 0;
  std::int64_t external_in_ = 0;
  std::int64_t external_out_ = 0;
  timestamp payment_due_;
  timestamp monthly_due_;
  timestamp due_;
  monthly monthly_ = monthly::fee;
};
static_assert(sizeof(account) <= 64);

} // namespace throng::simulation
