// What looks like trouble and is none. With s the subtlety, which makes it look less so:
//
// bank.salary_day: a bonus of 1 + 1.5 (1 - s) salaries, then 4 + 10 (1 - s) ordinary payments at shops and machines, spread over the
//   duration.
// bank.holiday_travel: a journey is paid online; for 0.8 of the duration the owner pays abroad, far away or, with s, next
//   door: a hotel, 2 + 4 (1 - s) purchases, and all that they would have paid at home.
// bank.flat_deposit: savings come from another bank, and 1.5 + 1.5 (1 - s) months' rent leave for a landlord, 10 minutes to a half of the
//   duration later.
// bank.club_collection: members send the treasurer the same 10 to 60 euros each, within 5 minutes or 0.3 of half the duration.
// bank.shared_rent: flatmates send one of them their share of a rent, who pays the landlord (account_rings.cpp).
#include "simulation/account_scripts.hpp"

namespace throng::simulation {

using namespace scripts;

namespace {

// Of merchant_categories().
constexpr std::uint8_t journeys = 12;
constexpr std::uint8_t hotels = 13;

/// The category, or groceries where the city has no such shop.
std::uint8_t or_groceries(std::uint8_t category, std::uint32_t merchants) {
  return merchants_in(category, merchants) > 0 ? category : std::uint8_t{0};
}

} // namespace

bool account::celebrate(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto payments = scaled(4, 10, doing.strength());
  set_next(doing, in.now(), 0.6 * length_ms(doing) / static_cast<double>(payments), random);
  const auto who = owner(in, all);
  if (doing.memo[steps_done]++ == 0) {
    const auto bonus = part_of(who.profile.salary, 1 + 1.5 * doing.strength());
    if (bonus > 0)
      doing.touch(credit(in, who, "salary", short_text{"employer-"}.append(who.profile.employer, 5), bonus));
    return true;
  }
  return note(doing, spend(in, all, who, random, false)) && doing.memo[steps_done] <= payments;
}

bool account::go_on_holiday(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto purchases = scaled(2, 4, doing.strength());
  const auto done = doing.memo[steps_done]++;
  auto by = owner(in, all);
  const auto pay = [&](std::uint8_t wanted, double share_of_median) {
    const auto category = or_groceries(wanted, all.population.merchants);
    const auto& shop = merchant_categories()[category];
    const auto amount = std::max<std::int64_t>(
        euro,
        static_cast<std::int64_t>(log_normal(random, shop.median * by.profile.means, shop.sigma) * share_of_median));
    const auto nth = random.below(merchants_in(category, all.population.merchants));
    return note(doing, pay_by_card(in, all, by, category, merchant_number(category, nth), amount));
  };
  if (done == 0) {
    doing.memo[step_due] = std::max(in.now() + milliseconds{1},
                                    doing.order.start + milliseconds{static_cast<std::int64_t>(0.1 * length_ms(doing))})
                               .ms;
    pay(journeys, 1);
    return true;
  }
  set_next(doing, in.now(), 0.5 * length_ms(doing) / static_cast<double>(purchases + 1), random);
  if (done == 1) {
    doing.memo[destination] = country_abroad(by.owner.country, doing.order.subtlety, doing.unit(strange_country));
    doing.memo[away] = 1;
  }
  by.at_home = false;
  by.country = static_cast<std::uint8_t>(doing.memo[destination]);
  by.where = {countries()[by.country].lat, countries()[by.country].lon};
  const auto last = doing.order.start + milliseconds{static_cast<std::int64_t>(0.9 * length_ms(doing))};
  if (done > purchases + 1 || in.now() >= last) { // home again
    doing.memo[away] = 0;
    return false;
  }
  if (!pay(done == 1 ? hotels : std::uint8_t{1}, 1)) { // no money left: home again
    doing.memo[away] = 0;
    return false;
  }
  if (done == purchases + 1)
    doing.memo[step_due] = std::max(in.now() + milliseconds{1}, last).ms;
  return true;
}

bool account::pay_deposit(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto by = owner(in, all);
  const auto rent = std::max(600 * euro, by.profile.rent);
  const auto amount = part_of(rent, 1.5 + 1.5 * doing.strength()) / (10 * euro) * (10 * euro);
  set_next(doing, in.now(), subtle_gap(600'000, std::max(600'000.0, length_ms(doing) / 3), doing.order.subtlety),
           random);
  if (doing.memo[steps_done]++ == 0) {
    doing.touch(credit(in, by, "transfer_in", other_bank(random), amount));
    return true;
  }
  const auto landlord = short_text{"landlord-"}.append(static_cast<std::uint64_t>(doing.unit(first_shop) * 100'000), 5);
  note(doing, transfer_abroad(in, by, landlord, amount));
  return false;
}

bool account::chip_in(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  if (doing.order.pays.empty())
    return false;
  const auto by = owner(in, all);
  const auto bits = shared_bits(all.seed, doing);
  const auto amount = kind_of(doing) == incident::shared_rent ? static_cast<std::int64_t>(250 + 10 * (bits % 31)) * euro
                                                              : static_cast<std::int64_t>(10 + 5 * (bits % 11)) * euro;
  set_next(doing, in.now(), 0.05 * stage_ms(doing), random); // where it is declined: tried again
  const auto made = transfer(in, by, doing.order.pays.front(), amount, doing.order.mark());
  return note(doing, made) && !made.booked;
}

} // namespace throng::simulation
