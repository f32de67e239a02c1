#include "simulation/account_scripts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace throng::simulation {

using namespace scripts;

namespace {

/// People have this many favourite shops of each kind.
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

} // namespace

account::common::common(const simulation::world& world, std::uint32_t number)
    : seed(world.scenario().seed)
    , population(std::get<config::account_population>(world.scenario().populations[number].behaviour))
    , accounts(world.count_of_kind(account_kind))
    , payments(population.payments_per_day, payment_hours())
    , desk(world) {}

entity_key account::key(const simulation::world& world, entity_ref self, std::size_t) {
  return account_id(world.number_in_kind(self));
}

account::account(const birth& born, const common& all) {
  const auto person = born.world.number_in_kind(born.self);
  balance_ = opening_balance(all.seed, person, all.population);
  payment_due_ = all.payments.first(born.random, born.at);
  const auto first = next_monthly(profile_of(all.seed, person, all.population), born.at - milliseconds{1});
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
      break; // no more among the open ones: its steps are gone
    case moment::retuned:
      payment_due_ = all.payments.after(in.random(), in.now());
      break;
    }
    due_ = std::min({payment_due_, monthly_due_, next_step(in)});
  }
}

void account::live(wake_context& in, const common& all) {
  if (step(in, all))
    return;
  if (monthly_due_ <= in.now()) {
    book_monthly(in, all);
    return;
  }
  // A stream for each payment: whether and how it is made changes no later one.
  random_stream choices{in.random().bits()};
  payment_due_ = all.payments.after(in.random(), in.now());
  if (asleep(in))
    return;
  auto by = owner(in, all);
  auto* holiday = holiday_of(in);
  if (holiday != nullptr) {
    by.at_home = false;
    by.country = static_cast<std::uint8_t>(holiday->memo[destination]);
    by.where = {countries()[by.country].lat, countries()[by.country].lon};
  }
  const auto made = spend(in, all, by, choices, true);
  if (!made.booked)
    all.desk.tell(in, by.owner.number, {grievance::declined, static_cast<std::uint32_t>(made.seq)});
  if (holiday != nullptr)
    holiday->touch(made.seq);
  else
    feel(in, made);
}

void account::feel(wake_context& in, const outcome& made) const {
  std::int64_t shift = 0;
  active_incident* most = nullptr;
  for (auto& doing : in.incidents()) {
    shift += doing.shift;
    if (most == nullptr || std::abs(doing.shift) > std::abs(most->shift))
      most = &doing;
  }
  if (shift == 0 || made.blocked)
    return;
  const auto before = made.booked ? balance_ + made.amount : balance_;
  const auto booked_without = made.amount <= before - shift;
  if (booked_without == made.booked)
    return;
  most->touch(made.seq);
  most->shift += made.booked ? -made.amount : made.amount;
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
    if (who.profile.salary > 0)
      credit(in, who, "salary", short_text{"employer-"}.append(who.profile.employer, 5), who.profile.salary);
    break;
  case monthly::rent:
    entry.type = "rent";
    entry.counterparty = short_text{"landlord-"}.append(who.profile.landlord, 5);
    entry.amount = who.profile.rent;
    break;
  case monthly::fee:
    entry.type = "fee";
    entry.counterparty = short_text{"bank"};
    entry.amount = all.population.monthly_fee;
    break;
  }
  if (entry.amount > 0) {
    const auto made = debit(in, entry, true);
    if (!made.booked)
      all.desk.tell(in, who.owner.number, {grievance::declined, static_cast<std::uint32_t>(made.seq)});
    feel(in, made);
  }
  const auto next = next_monthly(who.profile, in.now());
  monthly_due_ = next.due;
  monthly_ = next.what;
}

void account::receive(wake_context& in, const common& all) {
  const auto& message = in.message();
  if (message.what == entity_message::purpose::intervention) {
    blocked_until_ = in.now() + message.intervention;
    return;
  }
  const auto who = owner(in, all);
  balance_ += message.amount;
  booking entry;
  entry.type = "transfer_in";
  entry.counterparty = short_text{account_id(in.world().number_in_kind(message.from)).view()};
  entry.amount = message.amount;
  entry.country = who.country;
  entry.where = who.where;
  const auto seq = write(in, entry);
  if (message.reference == 0)
    return;
  for (auto& doing : in.incidents())
    if (doing.order.mark() == message.reference) {
      doing.touch(seq);
      doing.shift += message.amount;
      take_in(doing, message.amount, in.now());
    }
}

account::outcome account::spend(wake_context& in, const common& all, const payer& by, random_stream& random,
                                bool transfers) {
  auto kind = payment_kind_at(in.now(), random.unit(), all.population.merchants);
  if (!transfers && kind.means == payment_kind::what::transfer)
    kind = {payment_kind::what::card, 0};
  switch (kind.means) {
  case payment_kind::what::card: {
    const auto& shop = merchant_categories()[kind.category];
    const auto choices = merchants_in(kind.category, all.population.merchants);
    auto nth = random.below(choices);
    if (bernoulli(random, all.population.habit))
      nth = static_cast<std::uint32_t>(
          draw(all.seed, number_of_name("favourite"), by.owner.number, kind.category, nth % favourites) % choices);
    const auto amount =
        std::max<std::int64_t>(50, cents(log_normal(random, shop.median * by.profile.means, shop.sigma)));
    return pay_by_card(in, all, by, kind.category, merchant_number(kind.category, nth), amount);
  }
  case payment_kind::what::cash: {
    const auto wish = static_cast<double>(cash_amounts[random.below(cash_amounts.size())]) * by.profile.means;
    const auto notes = std::max<std::int64_t>(1, cents(wish / 10));
    return withdraw(in, by, random.below(cash_machines), notes * 10 * euro);
  }
  case payment_kind::what::transfer:
    break;
  }
  const auto nth = random.below(all.population.payees);
  const auto amount =
      std::max<std::int64_t>(euro, cents(log_normal(random, transfer_median * by.profile.means, transfer_sigma)));
  if (all.accounts < 2) // nobody else in this world
    return transfer_abroad(in, by, short_text{"otherbank-"}.append(nth, 6), amount);
  return transfer(in, by, in.world().entity_of_kind(account_kind, payee(all.seed, by.owner.number, nth, all.accounts)),
                  amount);
}

} // namespace throng::simulation
