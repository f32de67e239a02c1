#include "simulation/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "simulation/arithmetic.hpp"

namespace throng::simulation {

double normal_quantile(double p) noexcept {
  const auto q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const auto r = 0.180625 - q * q;
    return q *
           (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
                45921.953931549871457) *
                   r +
               13731.693765509461125) *
                  r +
              1971.5909503065514427) *
                 r +
             133.14166789178437745) *
                r +
            3.387132872796366608) /
           (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
                21213.794301586595867) *
                   r +
               5394.1960214247511077) *
                  r +
              687.1870074920579083) *
                 r +
             42.313330701600911252) *
                r +
            1.0);
  }
  auto r = std::sqrt(-log(q < 0 ? p : 1.0 - p));
  double value = 0;
  if (r <= 5.0) {
    r -= 1.6;
    value = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
                 1.27045825245236838258) *
                    r +
                3.64784832476320460504) *
                   r +
               5.7694972214606914055) *
                  r +
              4.6303378461565452959) *
                 r +
             1.42343711074968357734) /
            (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
                 0.14810397642748007459) *
                    r +
                0.68976733498510000455) *
                   r +
               1.6763848301838038494) *
                  r +
              2.05319162663775882187) *
                 r +
             1.0);
  } else {
    r -= 5.0;
    value = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
                 0.026532189526576123093) *
                    r +
                0.29656057182850489123) *
                   r +
               1.7848265399172913358) *
                  r +
              5.4637849111641143699) *
                 r +
             6.6579046435011037772) /
            (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
                 7.868691311456132591e-4) *
                    r +
                0.0148753612908506148525) *
                   r +
               0.13692988092273580531) *
                  r +
              0.59983220655588793769) *
                 r +
             1.0);
  }
  return q < 0 ? -value : value;
}

double log_normal(random_stream& from, double median, double sigma) noexcept {
  return median * exp(sigma * normal_from(from.bits()));
}

double exponential(random_stream& from, double mean) noexcept {
  return -mean * log(1.0 - from.unit());
}

std::uint64_t poisson(random_stream& from, double mean) noexcept {
  // Counts of independent parts add up, and a part of at most 12 is inverted without underflow.
  std::uint64_t count = 0;
  while (mean > 0) {
    const auto part = std::min(mean, 12.0);
    mean -= part;
    auto left = from.unit();
    auto probability = exp(-part);
    std::uint64_t k = 0;
    while (left >= probability && k < 200) { // P(k > 200) < 1e-150
      left -= probability;
      ++k;
      probability *= part / static_cast<double>(k);
    }
    count += k;
  }
  return count;
}

weighted_choice::weighted_choice(std::span<const double> weights)
    : cells_(weights.size()) {
  double sum = 0;
  for (double weight : weights)
    sum += weight;
  std::vector<double> share(weights.size());
  std::vector<std::uint32_t> poor;
  std::vector<std::uint32_t> rich;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    share[i] = weights[i] * static_cast<double>(weights.size()) / sum;
    (share[i] < 1 ? poor : rich).push_back(static_cast<std::uint32_t>(i));
  }
  while (!poor.empty() && !rich.empty()) {
    const auto small = poor.back();
    const auto large = rich.back();
    poor.pop_back();
    cells_[small] = {static_cast<std::uint32_t>(share[small] * 0x1.0p32), large};
    share[large] -= 1.0 - share[small];
    if (share[large] < 1) {
      rich.pop_back();
      poor.push_back(large);
    }
  }
  // What rounding left over is whole; its alias is itself.
  for (const auto& rest : {poor, rich})
    for (auto i : rest)
      cells_[i] = {0, i};
}

std::uint32_t weighted_choice::pick(std::uint64_t bits) const noexcept {
  const auto index = static_cast<std::uint32_t>(((bits >> 32) * cells_.size()) >> 32);
  return static_cast<std::uint32_t>(bits) < cells_[index].keep ? index : cells_[index].alias;
}

std::vector<double> zipf_weights(std::uint32_t items, double exponent) {
  std::vector<double> weights(items);
  for (std::uint32_t rank = 0; rank < items; ++rank)
    weights[rank] = pow(static_cast<double>(rank) + 1.0, -exponent);
  return weights;
}

} // namespace throng::simulation
