// What a person's money life looks like: earnings, rent, the days of the month on which they fall due, and the people
// that money is sent to. A function of (seed, person) and the population's parameters; no state.
#pragma once

#include <cstdint>

#include "config/scenario.hpp"

namespace throng::simulation {

struct account_profile {
  std::int64_t salary = 0;     ///< a month, minor units
  std::int64_t rent = 0;       ///< a month, minor units
  double means = 1;            ///< multiplies the median of each payment, so that spending fits the salary
  std::uint8_t salary_day = 1; ///< of the month, 1 to 28
  std::uint8_t rent_day = 1;
  std::uint16_t minute = 0; ///< within the hours in which the bank books such things, 0 to 119
  std::uint32_t employer = 0;
  std::uint32_t landlord = 0;
};

account_profile profile_of(std::uint64_t seed, std::uint32_t person, const config::account_population& population);

/// What the account starts with: log-normal around the population's median, minor units.
std::int64_t opening_balance(std::uint64_t seed, std::uint32_t person, const config::account_population& population);

/// Number of another person, of those whom somebody sends money to. @param nth counts them  @pre accounts > 1
std::uint32_t payee(std::uint64_t seed, std::uint32_t person, std::uint32_t nth, std::uint32_t accounts);

/// What the bank books once a month.
enum class monthly : std::uint8_t { fee, salary, rent };

struct monthly_booking {
  timestamp due;
  monthly what = monthly::fee;
};

/// The first monthly booking after a time: the fee on the 1st from 3:00 on, salary from 5:00, rent from 7:00.
monthly_booking next_monthly(const account_profile& profile, timestamp after);

} // namespace throng::simulation
