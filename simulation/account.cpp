#include "simulation/account.hpp"

#include <algorithm>
#include <cmath>

#include "simulation/countries.hpp"
#include "simulation/distributions.hpp"
#include "simulation/incident_turn.hpp"

namespace throng::simulation {

namespace {

constexpr std::int64_t euro = 100;

// Habit: three payments of four go to one of the three shops of a kind that a person prefers.
constexpr double habit = 0.75;
constexpr std::uint32_t favourites = 3;

constexpr std::uint32_t cash_machines = 200;
/// What cash machines are asked for before means scale it; the mean is 70 euros, as in merchants.hpp.
constexpr std::array<std::int64_t, 8> cash_amounts{20, 50, 50, 50, 70, 80, 100, 140};
constexpr double transfer_median = 3'500;
constexpr double transfer_sigma = 0.8;
// Ten million euros: no draw makes a payment so large that sums could wrap.
constexpr double most = 1e9;

std::int64_t cents(double amount) {
  return static_cast<std::int64_t>(std::floor(std::min(amount, most) + 0.5));
}

short_text named(std::string_view prefix, std::uint32_t number, std::size_t width) {
  return short_text{prefix}.append(number, width);
}

} // namespace

account::common::common(const simulation::world& world, std::uint32_t number)
    : seed(world.scenario().seed)
    , population(std::get<config::account_population>(world.scenario().populations[number].behaviour))
    , accounts(world.count_of_kind(account_kind))
    , payments(population.payments_per_day, payment_hours()) {}

entity_key account::key(const simulation::world& world, entity_ref self, std::size_t) {
  return account_id(world.number_in_kind(self));
}

account::account(const birth& born, const common& all) {
  const auto person = born.world.number_in_kind(born.self);
  balance_ = opening_balance(all.seed, person, all.population);
  payment_due_ = all.payments.first(born.random, born.world.start());
  const auto first = next_monthly(profile_of(all.seed, person, all.population), born.world.start() - milliseconds{1});
  monthly_due_ = first.due;
  monthly_ = first.what;
  due_ = std::min(payment_due_, monthly_due_);
}

void account::wake(wake_context& in, const common& all) {
  for (;;) {
    switch (in.next(due_)) {
    case moment::over:
      return;
    case moment::due:
      live(in, all);
      break;
    case moment::message:
      receive(in, all);
      break;
    case moment::opened:
      prepare(in.incident(), in.now());
      break;
    case moment::closed:
      in.incident().memo[step_due] = no_step;
      break;
    }
    due_ = std::min({payment_due_, monthly_due_, step_of(incident_in_turn(in.incidents()), in.now())});
  }
}

void account::live(wake_context& in, const common& all) {
  auto* doing = incident_in_turn(in.incidents());
  if (step_of(doing, in.now()) <= in.now()) {
    step(in, all, *doing);
    return;
  }
  if (monthly_due_ <= in.now()) {
    book_monthly(in, all);
    return;
  }
  // A stream for each payment: whether it is made changes no later one.
  random_stream choices{in.random().bits()};
  payment_due_ = all.payments.after(in.random(), in.now());
  // While an incident runs the owner makes no payments of their own: so its label's seq range holds none of them.
  if (doing == nullptr || !doing->touched)
    spend(in, all, choices);
}

account::payer account::owner(wake_context& in, const common& all) const {
  payer by;
  by.owner = person_of(all.seed, in.world().number_in_kind(in.self()));
  by.profile = profile_of(all.seed, by.owner.number, all.population);
  by.device = device_id(by.owner.number);
  by.country = by.owner.country;
  by.where = by.owner.home;
  return by;
}

void account::book_monthly(wake_context& in, const common& all) {
  const auto who = owner(in, all);
  booking entry;
  entry.country = who.country;
  entry.where = who.where;
  switch (monthly_) {
  case monthly::salary:
    entry.type = "salary";
    entry.counterparty = named("employer-", who.profile.employer, 5);
    entry.amount = who.profile.salary;
    break;
  case monthly::rent:
    entry.type = "rent";
    entry.counterparty = named("landlord-", who.profile.landlord, 5);
    entry.amount = who.profile.rent;
    break;
  case monthly::fee:
    entry.type = "fee";
    entry.counterparty = short_text{"bank"};
    entry.amount = monthly_fee;
    break;
  }
  if (entry.amount > 0 && monthly_ == monthly::salary) {
    balance_ += entry.amount;
    external_in_ += entry.amount;
    write(in, entry);
  } else if (entry.amount > 0 && entry.amount <= balance_) {
    balance_ -= entry.amount;
    external_out_ += entry.amount;
    write(in, entry);
  }
  const auto next = next_monthly(who.profile, in.now());
  monthly_due_ = next.due;
  monthly_ = next.what;
}

void account::receive(wake_context& in, const common& all) {
  const auto& message = in.message();
  const auto who = owner(in, all);
  balance_ += message.amount;
  booking entry;
  entry.type = "transfer_in";
  entry.counterparty = short_text{account_id(in.world().number_in_kind(message.from)).view()};
  entry.amount = message.amount;
  entry.country = who.country;
  entry.where = who.where;
  write(in, entry);
}

std::optional<std::uint64_t> account::spend(wake_context& in, const common& all, random_stream& random) {
  const auto who = owner(in, all);
  const auto kind = payment_kind_at(in.now(), random.unit(), all.population.merchants);
  switch (kind.means) {
  case payment_kind::what::card: {
    const auto& shop = merchant_categories()[kind.category];
    const auto choices = merchants_in(kind.category, all.population.merchants);
    auto nth = random.below(choices);
    if (bernoulli(random, habit))
      nth = static_cast<std::uint32_t>(
          draw(all.seed, number_of_name("favourite"), who.owner.number, kind.category, nth % favourites) % choices);
    const auto amount =
        std::max<std::int64_t>(50, cents(log_normal(random, shop.median * who.profile.means, shop.sigma)));
    return pay_by_card(in, all, who, kind.category, merchant_number(kind.category, nth), amount);
  }
  case payment_kind::what::cash: {
    const auto wish = static_cast<double>(cash_amounts[random.below(cash_amounts.size())]) * who.profile.means;
    const auto notes = std::max<std::int64_t>(1, cents(wish / 10));
    return withdraw(in, who, random.below(cash_machines), notes * 10 * euro);
  }
  case payment_kind::what::transfer:
    break;
  }
  const auto nth = random.below(payee_count);
  const auto amount =
      std::max<std::int64_t>(euro, cents(log_normal(random, transfer_median * who.profile.means, transfer_sigma)));
  if (all.accounts < 2)
    return std::nullopt; // nobody to send it to
  return transfer(
      in, who, in.world().entity_of_kind(account_kind, payee(all.seed, who.owner.number, nth, all.accounts)), amount);
}

std::optional<std::uint64_t> account::pay_by_card(wake_context& in, const common& all, const payer& by,
                                                  std::uint8_t category, std::uint32_t merchant, std::int64_t amount) {
  if (amount > balance_)
    return std::nullopt;
  balance_ -= amount;
  external_out_ += amount;
  const auto& shop = merchant_categories()[category];
  booking entry;
  entry.type = "card";
  entry.merchant = entity_key{"merchant-", merchant, 5};
  entry.counterparty = short_text{entry.merchant.view()};
  entry.amount = amount;
  entry.mcc = shop.mcc;
  entry.country = by.country;
  entry.where = by.where;
  if (shop.online) {
    entry.channel = "online";
    entry.device = by.device;
  } else {
    entry.channel = "pos";
    // The shops of customers abroad belong to the same chains, near where they live.
    if (by.at_home && by.owner.country == home_country)
      entry.where = merchant_place(all.seed, merchant);
  }
  return write(in, entry);
}

std::optional<std::uint64_t> account::transfer(wake_context& in, const payer& by, entity_ref to, std::int64_t amount) {
  if (amount > balance_)
    return std::nullopt;
  balance_ -= amount;
  booking entry;
  entry.type = "transfer_out";
  entry.counterparty = short_text{account_id(in.world().number_in_kind(to)).view()};
  entry.amount = amount;
  // One in three logs in to the web site, the others have the app.
  entry.channel = by.owner.number % 3 == 0 ? "online" : "app";
  entry.device = by.device;
  entry.country = by.country;
  entry.where = by.where;
  const auto seq = write(in, entry);
  in.send(to, entity_message::purpose::payment, amount, seq);
  return seq;
}

std::optional<std::uint64_t> account::withdraw(wake_context& in, const payer& by, std::uint32_t machine,
                                               std::int64_t amount) {
  if (amount > balance_)
    return std::nullopt;
  balance_ -= amount;
  external_out_ += amount;
  booking entry;
  entry.type = "cash";
  entry.counterparty = named("atm-", machine, 4);
  entry.amount = amount;
  entry.channel = "atm";
  entry.mcc = cash_mcc;
  entry.country = by.country;
  entry.where = by.where;
  return write(in, entry);
}

std::uint64_t account::deposit(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount) {
  balance_ += amount;
  external_in_ += amount;
  booking entry;
  entry.type = "cash";
  entry.counterparty = named("atm-", machine, 4);
  entry.amount = amount;
  entry.channel = "atm";
  entry.mcc = cash_mcc;
  entry.country = by.country;
  entry.where = by.where;
  return write(in, entry);
}

std::uint64_t account::write(wake_context& in, const booking& entry) const {
  ++in.totals().transactions;
  const auto id = short_text{"tx-"}
                      .append(in.world().number_in_kind(in.self()), 6)
                      .append("-")
                      .append(in.next_seq(topic::bank_transactions), 6);
  return in.emit(topic::bank_transactions, [&](event_writer& e) {
    const auto text_or_null = [&](std::string_view name, std::string_view value) {
      if (value.empty())
        e.null(name);
      else
        e.text(name, value);
    };
    e.text("transaction_id", id.view());
    e.text("counterparty_id", entry.counterparty.view());
    e.text("type", entry.type);
    e.fixed<2>("amount", entry.amount);
    e.text("currency", "EUR");
    e.fixed<2>("balance", balance_);
    text_or_null("channel", entry.channel);
    text_or_null("merchant_id", entry.merchant.view());
    if (entry.mcc == 0)
      e.null("mcc");
    else
      e.natural("mcc", entry.mcc);
    text_or_null("device_id", entry.device.view());
    e.text("country", countries()[entry.country].code);
    e.decimal<5>("lat", entry.where.lat);
    e.decimal<5>("lon", entry.where.lon);
  });
}

} // namespace throng::simulation
