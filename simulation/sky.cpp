#include "simulation/sky.hpp"

#include <span>

namespace throng::simulation {

sky::sky(const climate& of, timestamp from, timestamp until)
    : districts_(of.districts()) {
  const auto below = [](std::int64_t ms) { return ms / knot_ms - (ms % knot_ms < 0 ? 1 : 0); };
  const auto first = below(from.ms);
  const auto last = below(until.ms) + 1;
  first_ms_ = first * knot_ms;
  last_ms_ = last * knot_ms - 1;
  const auto rows = static_cast<std::size_t>(last - first + 1);
  knots_.resize(rows * districts_);
  for (std::size_t row = 0; row < rows; ++row)
    of.at(timestamp{(first + static_cast<std::int64_t>(row)) * knot_ms},
          std::span{knots_}.subspan(row * districts_, districts_));
}

} // namespace throng::simulation
