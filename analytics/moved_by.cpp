#include "analytics/moved_by.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "analytics/value.hpp"

namespace throng::analytics {

namespace {

constexpr std::size_t most_told = 3;

std::string shown(const value& x, bool usable) {
  if (!usable)
    return "missing";
  if (x.is_finite())
    return fmt::format("{:.6g}", static_cast<float>(x.number()));
  if (x.kind() == value_kind::boolean)
    return x.boolean() ? "1" : "0";
  std::string text;
  append_json(text, x);
  return text;
}

} // namespace

moved_by what_moved(const event& e, const std::vector<std::string>& fields, const std::vector<slot>& inputs,
                    const std::vector<double>& shares, const std::vector<bool>& usable) {
  std::vector<std::size_t> order(fields.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return std::fabs(shares[a]) > std::fabs(shares[b]); });
  while (!order.empty() && shares[order.back()] == 0)
    order.pop_back();
  moved_by told;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto at = order[i];
    const auto& x = e.slots[inputs[at]];
    told.shares[fields[at]] = number_json(shares[at]);
    told.values[fields[at]] = to_json(x);
    if (i < most_told)
      told.words += fmt::format("{} {} is {} ({:+.2f})", i == 0 ? "; most by" : ",", fields[at], shown(x, usable[at]),
                                shares[at]);
  }
  return told;
}

} // namespace throng::analytics
