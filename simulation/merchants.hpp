// Where money is spent: the kinds of payment with their hours and amounts, and the merchants of the city. Leaves to
// account.hpp who pays when.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "simulation/daily_curve.hpp"
#include "simulation/identity.hpp"

namespace throng::simulation {

/// A kind of shop. Amounts are log-normal, in minor units.
struct merchant_category {
  std::string_view name;
  std::uint16_t mcc;    ///< ISO 18245 merchant category code
  bool online;          ///< the card is not there
  std::uint32_t weight; ///< share of all payments, of `payment_weights`
  double median;        ///< of an amount for somebody of middling means
  double sigma;         ///< of the amount's logarithm
  double mean;          ///< median · exp(sigma²/2)
  daily_curve hours;
};

std::span<const merchant_category> merchant_categories();

/// Payments that no merchant takes: cash from a machine, and transfers to people one knows.
inline constexpr std::uint32_t cash_weight = 70;
inline constexpr std::uint32_t transfer_weight = 110;
/// Sum of the weights of all kinds of payment.
inline constexpr std::uint32_t payment_weights = 1'000;

/// When people use cash machines, and when they sit down to send money.
const daily_curve& cash_hours();
const daily_curve& transfer_hours();

/// The mean of all kinds' curves, each with its weight: when payments are made at all.
const daily_curve& payment_hours();

/// What a payment costs on average, somebody of middling means, minor units.
double mean_payment();

/// Code of cash machines.
inline constexpr std::uint16_t cash_mcc = 6011;

/// What a payment is made for.
struct payment_kind {
  enum class what : std::uint8_t { card, cash, transfer } means = what::card;
  std::uint8_t category = 0; ///< of a card payment
};

/// Draws the kind of a payment that is made at `now`: each kind's weight times its curve.
/// @param unit uniform in [0, 1)
/// @param merchants how many the city has; categories that have none are left out
payment_kind payment_kind_at(timestamp now, double unit, std::uint32_t merchants);

/// How many of a city's merchants belong to a category: they are dealt to categories in turn.
std::uint32_t merchants_in(std::uint8_t category, std::uint32_t merchants);

/// The nth merchant of a category. @pre n < merchants_in(category, ...)
std::uint32_t merchant_number(std::uint8_t category, std::uint32_t n);

/// @return the category of a merchant
std::uint8_t merchant_category_of(std::uint32_t merchant);

/// Where a merchant's shop stands; a function of the seed.
place merchant_place(std::uint64_t seed, std::uint32_t merchant);

} // namespace throng::simulation
