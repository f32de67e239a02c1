#include "simulation/account_profile.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "simulation/arithmetic.hpp"
#include "simulation/distributions.hpp"
#include "simulation/entity.hpp"
#include "simulation/merchants.hpp"

namespace throng::simulation {

namespace {

constexpr std::uint64_t account_draws = number_of_name("account");

enum account_trait : std::uint64_t {
  earns,
  opens_with,
  rents,
  paid_on,
  rents_on,
  booked_at,
  works_for,
  rents_from,
  pays
};

// The spread of earnings: log-normal with a Gini coefficient of 2·Φ(σ/√2) - 1 = 0.22.
constexpr double salary_sigma = 0.4;
constexpr double opening_sigma = 0.9;
constexpr double rent_sigma = 0.25;
// Of the salary, what is saved; what neither is nor goes to the landlord is spent from day to day.
constexpr double saved_share = 0.11;
constexpr double days_a_month = 30.44;
constexpr std::int64_t euro = 100;
// A million euros: nobody's salary, rent or opening balance is above, whatever the draw.
constexpr double most = 1e8;

std::uint32_t below(std::uint64_t bits, std::uint32_t bound) {
  return static_cast<std::uint32_t>(((bits >> 32) * bound) >> 32);
}

double log_normal_from(std::uint64_t bits, double median, double sigma) {
  return std::min(most, median * exp(sigma * normal_from(bits)));
}

} // namespace

account_profile profile_of(std::uint64_t seed, std::uint32_t person, const config::account_population& population) {
  const auto trait = [&](account_trait which) { return draw(seed, account_draws, person, which); };
  account_profile profile;
  const auto salary = log_normal_from(trait(earns), static_cast<double>(population.salary), salary_sigma);
  profile.salary = static_cast<std::int64_t>(salary);
  const auto rent = log_normal_from(trait(rents), population.rent_share * salary, rent_sigma);
  profile.rent = static_cast<std::int64_t>(std::min(rent, 0.5 * salary)) / (5 * euro) * (5 * euro);
  const auto payments_a_month = population.payments_per_day * days_a_month;
  if (payments_a_month > 0)
    profile.means = std::clamp((1 - saved_share - population.rent_share) * salary / (payments_a_month * mean_payment()),
                               0.02, 20.0);
  // Most are paid at the end, in the middle or at the beginning of the month, the others on any day; rent is due on the
  // first days for most.
  const auto day = below(trait(paid_on), 100);
  constexpr std::array<std::uint8_t, 3> paydays{28, 15, 1};
  profile.salary_day = day < 60 ? paydays[day / 20] : static_cast<std::uint8_t>(1 + day % 28);
  const auto rent_day = below(trait(rents_on), 100);
  profile.rent_day = static_cast<std::uint8_t>(1 + (rent_day < 70 ? rent_day % 3 : rent_day % 28));
  profile.minute = static_cast<std::uint16_t>(below(trait(booked_at), 120));
  profile.employer = below(trait(works_for), 100'000);
  profile.landlord = below(trait(rents_from), 100'000);
  return profile;
}

std::int64_t opening_balance(std::uint64_t seed, std::uint32_t person, const config::account_population& population) {
  return static_cast<std::int64_t>(log_normal_from(draw(seed, account_draws, person, opens_with),
                                                   static_cast<double>(population.opening_balance), opening_sigma));
}

std::uint32_t payee(std::uint64_t seed, std::uint32_t person, std::uint32_t nth, std::uint32_t accounts) {
  // One of the others: counted on from oneself.
  const auto step = 1 + below(draw(seed, account_draws, person, pays, nth), accounts - 1);
  return static_cast<std::uint32_t>((std::uint64_t{person} + step) % accounts);
}

monthly_booking next_monthly(const account_profile& profile, timestamp after) {
  using namespace std::chrono;
  const year_month_day today{floor<days>(sys_time<milliseconds>{milliseconds{after.ms}})};
  const auto this_month = today.year() / today.month();
  monthly_booking soonest{never_due, monthly::fee};
  const auto consider = [&](monthly what, unsigned day_of_month, hours hour) {
    for (const auto month : {this_month, this_month + months{1}}) {
      const auto at = sys_days{month / day{day_of_month}} + hour + minutes{profile.minute};
      const timestamp due{duration_cast<milliseconds>(at.time_since_epoch()).count()};
      if (due > after && due < soonest.due)
        soonest = {due, what};
    }
  };
  consider(monthly::fee, 1, hours{3});
  consider(monthly::salary, profile.salary_day, hours{5});
  consider(monthly::rent, profile.rent_day, hours{7});
  return soonest;
}

} // namespace throng::simulation
