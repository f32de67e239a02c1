#include "simulation/merchants.hpp"

#include <algorithm>
#include <array>

#include "simulation/countries.hpp"
#include "simulation/random.hpp"

namespace throng::simulation {

namespace {

// Curves: what a week in a European city feels like, hour by hour from midnight; only the shape counts.
constexpr daily_curve shop_hours{{0, 0, 0, 0, 0, 0, 1, 4, 6, 7, 8, 8, 9, 7, 6, 7, 9, 11, 12, 10, 6, 2, 0, 0}};
constexpr daily_curve morning_hours{{0, 0, 0, 0, 0, 1, 8, 14, 12, 9, 7, 5, 5, 3, 3, 4, 4, 4, 2, 0, 0, 0, 0, 0}};
constexpr daily_curve meal_hours{{1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 6, 12, 9, 3, 2, 2, 4, 9, 13, 12, 8, 5, 2}};
constexpr daily_curve commute_hours{{1, 0, 0, 0, 1, 4, 9, 14, 11, 6, 4, 4, 5, 5, 5, 7, 10, 12, 9, 6, 4, 3, 2, 2}};
constexpr daily_curve office_hours{{0, 0, 0, 0, 0, 0, 0, 1, 6, 9, 10, 9, 7, 7, 8, 9, 9, 8, 5, 1, 0, 0, 0, 0}};
constexpr daily_curve sofa_hours{{4, 2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, 6, 6, 6, 7, 8, 10, 13, 15, 15, 11, 7}};
constexpr daily_curve night_hours{{12, 9, 7, 5, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13}};
constexpr daily_curve errand_hours{{1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 9, 8, 8, 9, 10, 10, 8, 6, 4, 3, 2, 1}};

// Medians, spreads and shares are invented, in the order of magnitude of household budgets; means follow from them.
constexpr std::array<merchant_category, 14> table{{
    {"grocery", 5411, false, 240, 2400, 0.75, 3179, shop_hours},
    {"restaurant", 5812, false, 110, 2600, 0.60, 3113, meal_hours},
    {"fast food", 5814, false, 100, 950, 0.40, 1029, meal_hours},
    {"bakery", 5462, false, 90, 520, 0.50, 589, morning_hours},
    {"transport", 4111, false, 70, 450, 0.50, 510, commute_hours},
    {"fuel", 5541, false, 45, 5200, 0.35, 5528, commute_hours},
    {"pharmacy", 5912, false, 35, 1400, 0.60, 1676, office_hours},
    {"marketplace", 5399, true, 45, 2800, 0.90, 4198, sofa_hours},
    {"clothing", 5651, false, 25, 4800, 0.70, 6133, shop_hours},
    {"streaming", 5815, true, 20, 1199, 0.30, 1254, sofa_hours},
    {"taxi", 4121, false, 15, 1700, 0.50, 1926, night_hours},
    {"electronics", 5732, true, 15, 11000, 0.90, 16492, sofa_hours},
    {"travel agency", 4722, true, 5, 18000, 0.80, 24788, sofa_hours},
    {"hotel", 7011, false, 5, 9500, 0.60, 11374, office_hours},
}};

constexpr std::uint32_t sum_of_weights() {
  std::uint32_t sum = cash_weight + transfer_weight;
  for (const auto& row : table)
    sum += row.weight;
  return sum;
}
static_assert(sum_of_weights() == payment_weights);

constexpr double mean_cash = 7000;
constexpr double mean_transfer = 4820;

constexpr double mean_of_all() {
  double sum = mean_cash * cash_weight + mean_transfer * transfer_weight;
  for (const auto& row : table)
    sum += row.mean * row.weight;
  return sum / payment_weights;
}

constexpr daily_curve curve_of_all() {
  std::array<double, 24> sum{};
  for (std::size_t hour = 0; hour < 24; ++hour) {
    sum[hour] = errand_hours.at_hour(hour) * cash_weight + sofa_hours.at_hour(hour) * transfer_weight;
    for (const auto& row : table)
      sum[hour] += row.hours.at_hour(hour) * row.weight;
  }
  return daily_curve{sum};
}

constexpr daily_curve all_hours = curve_of_all();

} // namespace

std::span<const merchant_category> merchant_categories() {
  return table;
}

const daily_curve& cash_hours() {
  return errand_hours;
}

const daily_curve& transfer_hours() {
  return sofa_hours;
}

const daily_curve& payment_hours() {
  return all_hours;
}

double mean_payment() {
  return mean_of_all();
}

payment_kind payment_kind_at(timestamp now, double unit, std::uint32_t merchants) {
  const auto categories = std::min<std::size_t>(table.size(), merchants);
  std::array<double, table.size() + 2> shares{};
  double sum = 0;
  for (std::size_t i = 0; i < categories; ++i)
    sum += shares[i] = table[i].hours.at(now) * table[i].weight;
  sum += shares[categories] = errand_hours.at(now) * cash_weight;
  sum += shares[categories + 1] = sofa_hours.at(now) * transfer_weight;
  auto left = unit * sum;
  for (std::size_t i = 0; i < categories; ++i) {
    left -= shares[i];
    if (left < 0)
      return {payment_kind::what::card, static_cast<std::uint8_t>(i)};
  }
  left -= shares[categories];
  return {left < 0 ? payment_kind::what::cash : payment_kind::what::transfer, 0};
}

std::uint32_t merchants_in(std::uint8_t category, std::uint32_t merchants) {
  return (merchants + static_cast<std::uint32_t>(table.size()) - 1 - category) / table.size();
}

std::uint32_t merchant_number(std::uint8_t category, std::uint32_t n) {
  return category + n * static_cast<std::uint32_t>(table.size());
}

std::uint8_t merchant_category_of(std::uint32_t merchant) {
  return static_cast<std::uint8_t>(merchant % table.size());
}

place merchant_place(std::uint64_t seed, std::uint32_t merchant) {
  constexpr auto merchant_draws = number_of_name("merchant");
  // Shops stand closer together than homes.
  constexpr double shop_spread_km = 3;
  const auto& city = countries()[home_country];
  return near({city.lat, city.lon}, shop_spread_km, draw(seed, merchant_draws, merchant, 0),
              draw(seed, merchant_draws, merchant, 1));
}

} // namespace throng::simulation
