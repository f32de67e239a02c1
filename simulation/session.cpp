#include "simulation/session.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace throng::simulation {

session_chain::session_chain(const config::session_weights& weights)
    : start_(added_up(weights.start)) {
  for (std::size_t i = 0; i < after_.size(); ++i)
    after_[i] = added_up(weights.after[i]);
}

session_chain::row session_chain::added_up(const config::action_weights& weights) {
  double sum = 0;
  for (auto weight : weights)
    sum += weight;
  row of{};
  double so_far = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    so_far += weights[i] / sum;
    of[i] = so_far;
    if (weights[i] > 0)
      last = i;
  }
  std::fill(of.begin() + static_cast<std::ptrdiff_t>(last), of.end(), 1.0); // whatever rounding left
  return of;
}

action session_chain::pick(const row& of, double unit) {
  std::size_t i = 0;
  while (unit >= of[i])
    ++i;
  return static_cast<action>(i);
}

double session_chain::share(const row& of, std::size_t which) {
  return which == 0 ? of[0] : of[which] - of[which - 1];
}

bool session_chain::can_follow(action after, action next) const {
  return after != action::leave && share(after_[static_cast<std::size_t>(after)], static_cast<std::size_t>(next)) > 0;
}

bool session_chain::can_begin_with(action first) const {
  return share(start_, static_cast<std::size_t>(first)) > 0;
}

std::array<double, action_count - 1> session_chain::mean_visits() const {
  // visits (I - T) = start, by Gauss' elimination with the transposed matrix.
  constexpr auto n = action_count - 1;
  std::array<std::array<double, n + 1>, n> m{};
  for (std::size_t to = 0; to < n; ++to) {
    for (std::size_t from = 0; from < n; ++from)
      m[to][from] = (to == from ? 1.0 : 0.0) - share(after_[from], to);
    m[to][n] = share(start_, to);
  }
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t best = column;
    for (auto i = column + 1; i < n; ++i)
      if (std::fabs(m[i][column]) > std::fabs(m[best][column]))
        best = i;
    std::swap(m[column], m[best]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == column || m[i][column] == 0)
        continue;
      const auto factor = m[i][column] / m[column][column];
      for (auto k = column; k <= n; ++k)
        m[i][k] -= factor * m[column][k];
    }
  }
  std::array<double, n> visits{};
  for (std::size_t i = 0; i < n; ++i)
    visits[i] = m[i][n] / m[i][i];
  return visits;
}

double session_chain::mean_requests() const {
  double sum = 0;
  for (auto visits : mean_visits())
    sum += visits;
  return sum;
}

} // namespace throng::simulation
