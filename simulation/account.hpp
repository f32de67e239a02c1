// A bank account and the person behind it: salary, rent, fee, card, cash and transfers, and what fraudsters do to it. Money is
// counted in minor units and never made or lost. Leaves to account_profile.hpp what a person earns and whom they know,
// to merchants.hpp where money is spent, and to account_incidents.cpp and its neighbours what incidents do.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "simulation/account_profile.hpp"
#include "simulation/arrivals.hpp"
#include "simulation/complaint.hpp"
#include "simulation/entity.hpp"
#include "simulation/identity.hpp"
#include "simulation/merchants.hpp"

namespace throng::simulation {

/// Writes bank.transactions. What the balance does not cover is declined: an event whose `status`
/// is `declined`, with its `decline_reason`; no money moves. All others are `booked`, with null.
///
/// `type` is salary, transfer_in, deposit (money comes) or card, cash, transfer_out, rent, fee (money goes). Fields that
/// have no value are null: `channel` and `device_id` where nobody stood at a machine (salary, rent, fee, incoming
/// transfers), `device_id` also at a shop's till and a cash machine; `merchant_id` but for card payments, `mcc` but
/// for card, cash and deposit. `country`, `lat` and `lon` are where the money was spent, or else where the customer lives.
class account {
public:
  struct common {
    common(const simulation::world& world, std::uint32_t population);

    std::uint64_t seed;
    config::account_population population;
    std::uint32_t accounts; ///< in the whole world
    arrivals payments;
    complaints desk;
  };

  static constexpr std::array channels{channel{topic::bank_transactions, 0}};
  static constexpr std::size_t keys = 1;
  static entity_key key(const simulation::world& world, entity_ref self, std::size_t which);

  /// What subtlety changes in each: account_fraud.cpp, account_rings.cpp, account_innocent.cpp.
  static constexpr std::array<std::string_view, 19> incident_kinds{"bank.account_takeover",
                                                                   "bank.card_testing",
                                                                   "bank.impossible_travel",
                                                                   "bank.structuring",
                                                                   "bank.push_payment",
                                                                   "bank.mule_pass_through",
                                                                   "bank.dormant_then_active",
                                                                   "bank.fan_in",
                                                                   "bank.fan_out",
                                                                   "bank.cycle",
                                                                   "bank.scatter_gather",
                                                                   "bank.gather_scatter",
                                                                   "bank.bipartite",
                                                                   "bank.stack",
                                                                   "bank.salary_day",
                                                                   "bank.holiday_travel",
                                                                   "bank.flat_deposit",
                                                                   "bank.club_collection",
                                                                   "bank.shared_rent"};

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
  /// In the order of incident_kinds.
  enum class incident : std::uint8_t {
    takeover,
    card_testing,
    impossible_travel,
    structuring,
    push_payment,
    mule,
    dormant,
    fan_in,
    fan_out,
    cycle,
    scatter_gather,
    gather_scatter,
    bipartite,
    stack,
    salary_day,
    holiday,
    flat_deposit,
    club_collection,
    shared_rent
  };
  static incident kind_of(const active_incident& of) {
    return static_cast<incident>(of.kind);
  }

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

  /// What became of a payment.
  struct outcome {
    std::uint64_t seq = 0;
    bool booked = false;
    std::int64_t amount = 0;
    bool blocked = false; ///< declined whatever the balance
  };

  /// Who pays, where they are, and with what.
  struct payer {
    person owner;
    account_profile profile;
    entity_key device;
    std::uint8_t country = 0;
    place where;
    bool at_home = true; ///< the owner, near home; false: abroad, or somebody else with the owner's card or password
  };

  payer owner(wake_context& in, const common& all) const;

  // Ordinary life: account.cpp.
  void live(wake_context& in, const common& all);
  void book_monthly(wake_context& in, const common& all);
  /// A payment of the owner's own that is declined, or booked, only because of what an incident has made of the balance is one that
  /// it has changed.
  void feel(wake_context& in, const outcome& made) const;
  void receive(wake_context& in, const common& all);
  /// One of the ordinary payments of this hour.
  /// @param by who pays; where they are, abroad or not
  /// @param transfers whether sending money to somebody one knows may be drawn; else a shop is chosen again
  outcome spend(wake_context& in, const common& all, const payer& by, random_stream& random, bool transfers);

  // What an account can do: account_payments.cpp. Each writes one event.
  outcome pay_by_card(wake_context& in, const common& all, const payer& by, std::uint8_t category,
                      std::uint32_t merchant, std::int64_t amount);
  /// @param mark of the incident that the money belongs to; 0: none
  outcome transfer(wake_context& in, const payer& by, entity_ref to, std::int64_t amount, std::uint64_t mark = 0);
  /// To an account of another bank, or of somebody who is none of this world's.
  outcome transfer_abroad(wake_context& in, const payer& by, const short_text& to, std::int64_t amount);
  outcome withdraw(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount);
  std::uint64_t deposit(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount);
  /// Money from outside the world.
  std::uint64_t credit(wake_context& in, const payer& by, std::string_view type, const short_text& from,
                       std::int64_t amount);
  outcome debit(wake_context& in, const booking& entry, bool leaves_the_world);
  std::uint64_t write(wake_context& in, const booking& entry, std::string_view decline_reason = {}) const;

  // Incidents. Each script does the step of an incident that is due now and sets the next; false: it has none left.
  static void prepare(active_incident& opened, timestamp now);
  /// When the soonest step of any incident is due.
  static timestamp next_step(wake_context& in);
  /// Does the soonest step. @returns false where none is due
  bool step(wake_context& in, const common& all);
  bool run_script(wake_context& in, const common& all, active_incident& doing);
  /// Remembers a payment of an incident. @returns whether the one who makes them goes on: not after three refusals
  static bool note(active_incident& doing, const outcome& of);
  /// Money of an incident has come.
  static void take_in(active_incident& doing, std::int64_t amount, timestamp now);
  /// Whether the step that an incident has just done is one that the owner knows nothing of, or wishes undone.
  static bool hurts(const active_incident& doing);
  /// Whether an incident keeps the owner from spending now.
  static bool asleep(wake_context& in);
  /// The holiday that the owner is on, if any.
  static active_incident* holiday_of(wake_context& in);

  // account_fraud.cpp
  bool take_over(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool test_card(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool travel_impossibly(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool structure(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool be_persuaded(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool pass_through(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool awaken(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  // account_rings.cpp
  bool pass_on(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool cash_out(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  // account_innocent.cpp
  bool celebrate(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool go_on_holiday(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool pay_deposit(wake_context& in, const common& all, active_incident& doing, random_stream& random);
  bool chip_in(wake_context& in, const common& all, active_incident& doing, random_stream& random);

  std::int64_t balance_ = 0;
  std::int64_t external_in_ = 0;
  std::int64_t external_out_ = 0;
  timestamp payment_due_;
  timestamp monthly_due_;
  timestamp due_;
  timestamp blocked_until_; ///< by the bank, because of an alert: payments are declined
  monthly monthly_ = monthly::fee;
};
static_assert(sizeof(account) <= 64);

} // namespace throng::simulation
