// Draws from the distributions that behaviours are made of, on arithmetic of ours (arithmetic.hpp): the same bits of a
// stream give the same values on every machine. Each function says how many times it draws.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "simulation/random.hpp"

namespace throng::simulation {

/// In [least, bound). One draw.
inline double uniform(random_stream& from, double least, double bound) noexcept {
  return least + from.unit() * (bound - least);
}

/// One draw, whatever the probability.
inline bool bernoulli(random_stream& from, double probability) noexcept {
  return from.unit() < probability;
}

/// The inverse of the standard normal distribution function: Wichura, algorithm AS 241 (PPND16), Applied Statistics 37,
/// 1988; relative error about 1e-15. @pre 0 < p < 1
double normal_quantile(double p) noexcept;

/// Standard normal from 64 uniform bits, for stateless draws; |value| < 8.3.
inline double normal_from(std::uint64_t bits) noexcept {
  // The middle of one of 2^52 cells: never 0 or 1.
  return normal_quantile((static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52);
}

/// One draw.
inline double normal(random_stream& from, double mean, double deviation) noexcept {
  return mean + deviation * normal_from(from.bits());
}

/// exp of a normal draw with deviation `sigma`, scaled to the median. One draw.
double log_normal(random_stream& from, double median, double sigma) noexcept;

/// One draw. @pre mean > 0
double exponential(random_stream& from, double mean) noexcept;

/// How many events of a Poisson process fall where `mean` are expected. Draws about once for each 12 of the mean, in
/// as much time as the mean. @pre mean >= 0
std::uint64_t poisson(random_stream& from, double mean) noexcept;

/// Picks 0 to n - 1 by weight with one draw in constant time: Vose, "A linear algorithm for generating random numbers
/// with a given distribution", 1991 (the alias method). 8 bytes an item.
class weighted_choice {
public:
  /// @pre at least one weight is positive, none negative, fewer than 2^32
  explicit weighted_choice(std::span<const double> weights);

  std::uint32_t operator()(random_stream& from) const noexcept {
    return pick(from.bits());
  }
  std::uint32_t pick(std::uint64_t bits) const noexcept;
  std::size_t size() const noexcept {
    return cells_.size();
  }

private:
  struct cell {
    std::uint32_t keep; ///< in units of 2^-32: below it the cell's own index, else `alias`
    std::uint32_t alias;
  };
  std::vector<cell> cells_;
};

/// Popularity by Zipf's law: the weight of rank r (from 0) is 1 / (r + 1)^exponent.
std::vector<double> zipf_weights(std::uint32_t items, double exponent);

} // namespace throng::simulation
