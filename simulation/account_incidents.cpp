// What incidents do to an account. Each is a script of steps; a step that the balance does not allow waits and tries again, so
// that a label covers only what really happened. Draws come from the incident, not from the owner's stream.
//
// With s the subtlety, gaps from blatant to hidden (s = 0 to 1) as geometric means:
//
// bank.account_takeover: 2 + 4 (1 - s) drains from a device that the account never used, each of a share of the balance
//   that falls from about a half to an eighth; to accomplices by transfer, or else, and one time in four, by card online.
//   Below s = 0.6 from another country. A gap of 40 s to a fifth of the duration.
// bank.card_testing: 6 + 12 (1 - s) online card payments of 0.50 to 1 + 4 s euros on such a device, each at another
//   merchant, then one of 70 to 100 % of a share 0.9 - 0.5 s of the balance (at most 2,500 euros). Below s = 0.5 from
//   another country. A gap of 8 s to a thirtieth of the duration.
// bank.structuring: 3 + 4 (1 - s) cash deposits of at most 25 + 2,000 s euros under 10,000, each followed by a transfer of
//   as little under it to an accomplice, where there is one. A gap of a hundredth of the duration to a fifteenth.
// bank.salary_day (innocent): a bonus of 1 + 1.5 (1 - s) salaries, then 4 + 10 (1 - s) ordinary payments, spread over the
//   duration.
#include <algorithm>
#include <cmath>

#include "simulation/account.hpp"
#include "simulation/countries.hpp"
#include "simulation/distributions.hpp"
#include "simulation/incident_turn.hpp"

namespace throng::simulation {

namespace {

constexpr std::int64_t euro = 100;
constexpr std::int64_t reporting_threshold = 10'000 * euro;
/// With less there is nothing to steal.
constexpr std::int64_t worth_stealing = 5 * euro;

/// What an incident draws once and keeps to.
enum incident_trait : std::uint64_t { strange_device, strange_country, first_gap, first_shop, step_stream };

std::int64_t scaled(double least, double more, double strength) {
  return static_cast<std::int64_t>(std::floor(least + more * strength + 0.5));
}

double length_ms(const active_incident& of) {
  return static_cast<double>((of.order.end - of.order.start).count());
}

/// From half to one and a half times a gap.
void set_next(active_incident& doing, timestamp now, double gap_ms, random_stream& random) {
  doing.memo[step_due] = now.ms + 1 + static_cast<std::int64_t>(gap_ms * uniform(random, 0.5, 1.5));
}

template <class Payer>
void disguise(Payer& by, const active_incident& doing, double abroad_below) {
  by.at_home = false;
  by.device = device_id(by.owner.number, 1 + static_cast<std::uint32_t>(doing.unit(strange_device) * 9));
  if (doing.order.subtlety < abroad_below) {
    const auto others = static_cast<double>(countries().size() - 1);
    const auto step = 1 + static_cast<std::size_t>(doing.unit(strange_country) * others);
    by.country = static_cast<std::uint8_t>((by.owner.country + step) % countries().size());
    by.where = {countries()[by.country].lat, countries()[by.country].lon};
  }
}

/// A shop on the net; each `nth` is another until all have been visited.
struct shop_choice {
  std::uint8_t category = 0;
  std::uint32_t merchant = 0;
};
std::optional<shop_choice> online_shop(std::uint32_t merchants, std::uint32_t nth) {
  const auto categories = merchant_categories();
  const auto count = static_cast<std::uint8_t>(categories.size());
  std::uint32_t shops = 0;
  for (std::uint8_t c = 0; c < count; ++c)
    if (categories[c].online)
      shops += merchants_in(c, merchants);
  if (shops == 0)
    return std::nullopt;
  nth %= shops;
  for (std::uint8_t c = 0; c < count; ++c) {
    if (!categories[c].online)
      continue;
    const auto here = merchants_in(c, merchants);
    if (nth < here)
      return shop_choice{c, merchant_number(c, nth)};
    nth -= here;
  }
  return std::nullopt;
}

} // namespace

void account::prepare(active_incident& opened, timestamp now) {
  // The first step comes soon, so that even a short incident does something.
  const auto most = std::min(30'000.0, length_ms(opened) / 4);
  opened.memo[step_due] = now.ms + static_cast<std::int64_t>(opened.unit(first_gap) * most);
}

void account::step(wake_context& in, const common& all, active_incident& doing) {
  const auto tries = doing.memo[2]++;
  random_stream random{draw(doing.bits, step_stream, tries)};
  bool goes_on = false;
  switch (static_cast<incident>(doing.kind)) {
  case incident::takeover:
    goes_on = take_over(in, all, doing, random);
    break;
  case incident::card_testing:
    goes_on = test_card(in, all, doing, random);
    break;
  case incident::structuring:
    goes_on = structure(in, all, doing, random);
    break;
  case incident::salary_day:
    goes_on = celebrate(in, all, doing, random);
    break;
  }
  if (!goes_on)
    doing.memo[step_due] = no_step;
}

bool account::take_over(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto gap = subtle_gap(40'000, std::max(40'000.0, length_ms(doing) / 5), doing.order.subtlety);
  set_next(doing, in.now(), gap, random);
  if (balance_ < worth_stealing)
    return true; // comes back when there is money
  auto thief = owner(in, all);
  disguise(thief, doing, 0.6);
  const auto share = (0.125 + 0.375 * doing.strength()) * uniform(random, 0.8, 1.2);
  const auto amount = std::max(euro, static_cast<std::int64_t>(static_cast<double>(balance_) * share));
  const auto& accomplices = doing.order.accomplices;
  const auto shop = online_shop(all.population.merchants, random.below(1'000));
  std::optional<std::uint64_t> seq;
  if (!accomplices.empty() && (!shop || bernoulli(random, 0.75)))
    seq = transfer(in, thief, accomplices[random.below(static_cast<std::uint32_t>(accomplices.size()))], amount);
  else if (shop)
    seq = pay_by_card(in, all, thief, shop->category, shop->merchant, amount);
  if (seq) {
    doing.touch(*seq);
    ++doing.memo[steps_done];
  }
  return doing.memo[steps_done] < scaled(2, 4, doing.strength());
}

bool account::test_card(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto gap = subtle_gap(8'000, std::max(8'000.0, length_ms(doing) / 30), doing.order.subtlety);
  set_next(doing, in.now(), gap, random);
  const auto tests = scaled(6, 12, doing.strength());
  const auto done = doing.memo[steps_done];
  const bool purchase = done == tests;
  auto thief = owner(in, all);
  disguise(thief, doing, 0.5);
  const auto first = static_cast<std::uint32_t>(doing.unit(first_shop) * 1'000);
  const auto shop = online_shop(all.population.merchants, first + static_cast<std::uint32_t>(done));
  if (!shop)
    return false; // a city without a shop on the net
  std::int64_t amount = 0;
  if (purchase) {
    const auto share = (0.9 - 0.5 * doing.order.subtlety) * uniform(random, 0.7, 1.0);
    amount = std::min(2'500 * euro, static_cast<std::int64_t>(static_cast<double>(balance_) * share));
    if (amount < worth_stealing)
      return true;
  } else {
    amount = static_cast<std::int64_t>(uniform(random, 50, 100 + 400 * doing.order.subtlety));
  }
  const auto seq = pay_by_card(in, all, thief, shop->category, shop->merchant, amount);
  if (seq) {
    doing.touch(*seq);
    ++doing.memo[steps_done];
  }
  return doing.memo[steps_done] <= tests;
}

bool account::structure(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto gap = subtle_gap(length_ms(doing) / 100, length_ms(doing) / 15, doing.order.subtlety);
  set_next(doing, in.now(), gap, random);
  const auto by = owner(in, all);
  // Cash machines take notes: multiples of five euros.
  const auto under = uniform(random, 5, 25 + 2'000 * doing.order.subtlety);
  const auto amount = reporting_threshold - std::max<std::int64_t>(1, static_cast<std::int64_t>(under / 5)) * 5 * euro;
  const auto& accomplices = doing.order.accomplices;
  const bool passes_on = !accomplices.empty() && doing.memo[steps_done] % 2 == 1;
  if (passes_on) {
    const auto to = accomplices[random.below(static_cast<std::uint32_t>(accomplices.size()))];
    const auto seq = transfer(in, by, to, amount);
    if (!seq)
      return true; // the rent came in between: later
    doing.touch(*seq);
  } else {
    doing.touch(deposit(in, by, random.below(20), amount));
  }
  ++doing.memo[steps_done];
  const auto deposits = scaled(3, 4, doing.strength());
  return doing.memo[steps_done] < (accomplices.empty() ? deposits : 2 * deposits);
}

bool account::celebrate(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto payments = scaled(4, 10, doing.strength());
  set_next(doing, in.now(), 0.6 * length_ms(doing) / static_cast<double>(payments), random);
  if (doing.memo[steps_done] == 0) {
    const auto who = owner(in, all);
    const auto bonus =
        static_cast<std::int64_t>(static_cast<double>(who.profile.salary) * (1 + 1.5 * doing.strength()));
    balance_ += bonus;
    external_in_ += bonus;
    booking entry;
    entry.type = "salary";
    entry.counterparty = short_text{"employer-"}.append(who.profile.employer, 5);
    entry.amount = bonus;
    entry.country = who.country;
    entry.where = who.where;
    doing.touch(write(in, entry));
  } else {
    const auto seq = spend(in, all, random);
    if (!seq) { // something else, then
      doing.memo[step_due] = in.now().ms + 30'000;
      return true;
    }
    doing.touch(*seq);
  }
  ++doing.memo[steps_done];
  return doing.memo[steps_done] <= payments;
}

} // namespace throng::simulation
