#include "simulation/trouble.hpp"

#include "simulation/random.hpp"

namespace throng::simulation {

std::string_view cause_of(trouble_kind kind) {
  constexpr std::array<std::string_view, 6> names{
      "", "trouble.late", "trouble.duplicate", "trouble.out_of_order", "trouble.malformed", "trouble.missing_field"};
  return names[static_cast<std::size_t>(kind)];
}

trouble_odds::trouble_odds(const config::trouble& shares) {
  const std::array<double, 5> each{shares.late, shares.duplicate, shares.out_of_order, shares.malformed,
                                   shares.missing_field};
  double sum = 0;
  for (std::size_t i = 0; i < each.size(); ++i)
    up_to_[i] = sum += each[i];
  if (sum > 1)
    for (auto& bound : up_to_)
      bound /= sum;
  any_ = sum > 0;
}

trouble_kind trouble_odds::of(std::uint64_t bits) const noexcept {
  const auto u = to_unit(bits);
  if (u >= up_to_.back())
    return trouble_kind::none;
  std::size_t i = 0;
  while (u >= up_to_[i])
    ++i;
  return static_cast<trouble_kind>(i + 1);
}

milliseconds delay_of(trouble_kind kind, std::uint64_t bits) noexcept {
  const auto between = [bits](std::int64_t least, std::int64_t most) {
    return milliseconds{least + static_cast<std::int64_t>(to_unit(bits) * static_cast<double>(most - least + 1))};
  };
  switch (kind) {
  case trouble_kind::late:
    return between(60'000, 600'000);
  case trouble_kind::out_of_order:
    return between(500, 3'000);
  case trouble_kind::duplicate:
    return between(10, 2'000);
  default:
    return milliseconds{0};
  }
}

} // namespace throng::simulation
