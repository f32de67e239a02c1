// Fraud that one account suffers or commits, most of it with accounts that take the money. With s the subtlety, gaps from
// blatant to hidden (s = 0 to 1) as geometric means:
//
// bank.account_takeover: 2 + 4 (1 - s) drains from a device that the account never used, each of a share of the balance
//   that falls from about a half to an eighth; by transfer to one of three accounts of other banks or, one time in four, by
//   card online.
//   Below s = 0.6 from another country. A gap of 40 s to a fifth of the duration.
// bank.card_testing: 6 + 12 (1 - s) online card payments of 0.50 to 1 + 4 s euros on such a device, each at another
//   merchant, then one of 70 to 100 % of a share 0.9 - 0.5 s of the balance (at most 2,500 euros). Below s = 0.5 from
//   another country. A gap of 8 s to a thirtieth of the duration.
// bank.impossible_travel: 2 + 3 (1 - s) times a payment of the owner in a shop at home, followed after 3 minutes to 0.4 of
//   an equal share of the duration by one with a copy of the card in a shop abroad, far away or, hidden, next door.
// bank.structuring: 3 + 4 (1 - s) cash deposits of at most 25 + 2,000 s euros under 10,000, each followed by a transfer of
//   as little under it to an account of another bank. A gap of a hundredth of the duration to a fifteenth.
// bank.push_payment: the owner is talked into 1 + (1 - s) transfers of 0.15 + 0.65 (1 - s) of the balance to somebody new,
//   from their own device at home, 2 minutes to a fifth of the duration apart; the receiver cashes out (account_rings.cpp).
// bank.mule_pass_through: 1 + 2 (1 - s) payments of about 3,000 (1 - s) + 400 s euros come from another bank, 1 minute to
//   a tenth of the duration apart, and after 2 minutes to a fifth of the duration leave less 3 + 10 s %: some by cash, the
//   rest by transfer.
// bank.dormant_then_active: the owner pays nothing for 0.6 of the duration; then about 5,000 (1 - s) + 600 s euros come,
//   and nine tenths of it leave by 3 + 3 (1 - s) transfers, 1 minute to an equal share of what is left of the duration apart.
#include <optional>

#include "simulation/account_scripts.hpp"

namespace throng::simulation {

using namespace scripts;

namespace {

constexpr std::int64_t reporting_threshold = 10'000 * euro;

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

/// About so much: 80 to 120 %.
std::int64_t about(double euros, random_stream& random) {
  return static_cast<std::int64_t>(euros * uniform(random, 80, 120));
}

} // namespace

bool account::take_over(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto gap = subtle_gap(40'000, std::max(40'000.0, length_ms(doing) / 5), doing.order.subtlety);
  set_next(doing, in.now(), gap, random);
  if (balance_ < worth_stealing)
    return true; // comes back when there is money
  auto thief = owner(in, all);
  disguise(thief, doing, 0.6);
  const auto share = (0.125 + 0.375 * doing.strength()) * uniform(random, 0.8, 1.2);
  const auto amount = std::max(euro, part_of(balance_, share));
  const auto shop = online_shop(all.population.merchants, random.below(1'000));
  ++doing.memo[steps_done];
  const auto made = !shop || bernoulli(random, 0.75)
                        ? transfer_abroad(in, thief, drop_account(doing, random.below(3)), amount)
                        : pay_by_card(in, all, thief, shop->category, shop->merchant, amount);
  return note(doing, made) && doing.memo[steps_done] < scaled(2, 4, doing.strength());
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
    amount = std::min(2'500 * euro, part_of(balance_, share));
    if (amount < worth_stealing)
      return true;
  } else {
    amount = static_cast<std::int64_t>(uniform(random, 50, 100 + 400 * doing.order.subtlety));
  }
  const auto made = pay_by_card(in, all, thief, shop->category, shop->merchant, amount);
  if (made.booked)
    ++doing.memo[steps_done];
  return note(doing, made) && doing.memo[steps_done] <= tests;
}

bool account::travel_impossibly(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto pairs = scaled(2, 3, doing.strength());
  const auto each = length_ms(doing) / static_cast<double>(pairs);
  const bool copy = doing.memo[steps_done] % 2 == 1;
  set_next(doing, in.now(),
           copy ? 0.4 * each : subtle_gap(180'000, std::max(180'000.0, 0.4 * each), doing.order.subtlety), random);
  if (balance_ < worth_stealing)
    return true;
  auto by = owner(in, all);
  const auto nth = random.below(merchants_in(0, all.population.merchants));
  auto amount = std::min(balance_, about(20, random));
  if (copy) {
    by.at_home = false;
    by.country = country_abroad(by.owner.country, doing.order.subtlety, doing.unit(strange_country));
    by.where = {countries()[by.country].lat, countries()[by.country].lon};
    amount = std::clamp(part_of(balance_, 0.05 + 0.2 * doing.strength()), euro, 800 * euro);
  }
  const auto made = pay_by_card(in, all, by, 0, merchant_number(0, nth), amount);
  ++doing.memo[steps_done];
  return note(doing, made) && doing.memo[steps_done] < 2 * pairs;
}

bool account::structure(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto gap = subtle_gap(length_ms(doing) / 100, length_ms(doing) / 15, doing.order.subtlety);
  set_next(doing, in.now(), gap, random);
  const auto by = owner(in, all);
  // Cash machines take notes: multiples of five euros.
  const auto under = uniform(random, 5, 25 + 2'000 * doing.order.subtlety);
  const auto amount = reporting_threshold - std::max<std::int64_t>(1, static_cast<std::int64_t>(under / 5)) * 5 * euro;
  if (doing.memo[steps_done] % 2 == 0)
    doing.touch(deposit(in, by, random.below(20), amount));
  else if (!note(doing, transfer_abroad(in, by, drop_account(doing, 0), std::min(amount, balance_))))
    return false;
  ++doing.memo[steps_done];
  return doing.memo[steps_done] < 2 * scaled(3, 4, doing.strength());
}

bool account::be_persuaded(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  set_next(doing, in.now(), subtle_gap(120'000, std::max(120'000.0, length_ms(doing) / 5), doing.order.subtlety),
           random);
  if (balance_ < worth_stealing)
    return true;
  const auto by = owner(in, all);
  const auto amount = std::max(euro, part_of(balance_, 0.15 + 0.65 * doing.strength() * uniform(random, 0.8, 1.0)));
  const auto made = doing.order.pays.empty() ? transfer_abroad(in, by, other_bank(random), amount)
                                             : transfer(in, by, doing.order.pays.front(), amount, doing.order.mark());
  ++doing.memo[steps_done];
  return note(doing, made) && doing.memo[steps_done] < scaled(1, 1, doing.strength());
}

bool account::pass_through(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto s = doing.order.subtlety;
  const auto inflows = scaled(1, 2, doing.strength());
  const auto& beyond = doing.order.pays;
  const auto outflows = 1 + std::max<std::int64_t>(1, static_cast<std::int64_t>(beyond.size()));
  const auto done = doing.memo[steps_done]++;
  const auto by = owner(in, all);
  set_next(doing, in.now(), subtle_gap(60'000, std::max(60'000.0, length_ms(doing) / 10), s), random);
  if (done < inflows) {
    const auto amount = about(3'000 * (1 - s) + 400 * s, random);
    doing.touch(credit(in, by, "transfer_in", other_bank(random), amount));
    doing.memo[pot] += amount;
    if (done + 1 == inflows) {
      doing.memo[pot] -= part_of(doing.memo[pot], 0.03 + 0.1 * s); // the mule's own share
      set_next(doing, in.now(), subtle_gap(120'000, std::max(120'000.0, length_ms(doing) / 5), s), random);
    }
    return true;
  }
  const auto nth = done - inflows;
  if (nth == 0) {
    const auto amount = std::min(1'000 * euro, doing.memo[pot] / 4) / (10 * euro) * (10 * euro);
    doing.memo[pot] -= amount;
    return amount == 0 || note(doing, withdraw(in, by, random.below(20), amount));
  }
  const auto amount = doing.memo[pot] / (outflows - nth);
  doing.memo[pot] -= amount;
  const auto made = beyond.empty()
                        ? transfer_abroad(in, by, other_bank(random), amount)
                        : transfer(in, by, beyond[static_cast<std::size_t>(nth - 1)], amount, doing.order.mark());
  return note(doing, made) && nth + 1 < outflows;
}

bool account::awaken(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto s = doing.order.subtlety;
  const auto transfers = scaled(3, 3, doing.strength());
  const auto left = 0.3 * length_ms(doing) / static_cast<double>(transfers);
  set_next(doing, in.now(), subtle_gap(std::min(60'000.0, left), left, s), random);
  const auto by = owner(in, all);
  const auto done = doing.memo[steps_done]++;
  if (done == 0) {
    const auto amount = about(5'000 * (1 - s) + 600 * s, random);
    doing.touch(credit(in, by, "transfer_in", other_bank(random), amount));
    doing.memo[pot] = amount - amount / 10;
    return true;
  }
  const auto amount = doing.memo[pot] / (transfers - done + 1);
  doing.memo[pot] -= amount;
  const auto& to = doing.order.pays;
  const auto made = to.empty()
                        ? transfer_abroad(in, by, other_bank(random), amount)
                        : transfer(in, by, to[static_cast<std::size_t>(done) % to.size()], amount, doing.order.mark());
  return note(doing, made) && done < transfers;
}

} // namespace throng::simulation
