#define CAF_SUITE simulation.distributions

#include "simulation/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <caf/test/unit_test.hpp>

using namespace throng::simulation;

namespace {

constexpr std::size_t samples = 50'000;
// The one-sample Kolmogorov-Smirnov statistic exceeds this once in 1,000 seeds: 1.95 / sqrt(n).
const double ks_bound = 1.95 / std::sqrt(static_cast<double>(samples));

double ks_distance(const std::function<double()>& sample, const std::function<double(double)>& distribution) {
  std::vector<double> values(samples);
  std::generate(values.begin(), values.end(), sample);
  std::sort(values.begin(), values.end());
  double worst = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const auto p = distribution(values[i]);
    worst = std::max({worst, p - static_cast<double>(i) / samples, static_cast<double>(i + 1) / samples - p});
  }
  return worst;
}

double standard_normal(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

} // namespace

CAF_TEST(the normal quantile inverts the distribution function) {
  double worst = 0;
  for (double p = 1e-12; p < 1; p = p < 1e-3 ? p * 1.3 : p + 1e-4) {
    const auto back = standard_normal(normal_quantile(p));
    worst = std::max(worst, std::fabs(back - p) / std::min(p, 1 - p));
  }
  CAF_CHECK_LESS(worst, 1e-12);
  CAF_CHECK(normal_quantile(0.5) == 0);
  CAF_CHECK(std::isfinite(normal_from(0)) && normal_from(0) < -8);
  CAF_CHECK(std::isfinite(normal_from(~std::uint64_t{0})) && normal_from(~std::uint64_t{0}) > 8);
}

CAF_TEST(continuous draws follow their distributions) {
  random_stream random{11};
  CAF_CHECK_LESS(ks_distance([&] { return uniform(random, -2, 6); }, [](double x) { return (x + 2) / 8; }), ks_bound);
  CAF_CHECK_LESS(
      ks_distance([&] { return normal(random, 3, 2); }, [](double x) { return standard_normal((x - 3) / 2); }),
      ks_bound);
  CAF_CHECK_LESS(ks_distance([&] { return log_normal(random, 8, 0.9); },
                             [](double x) { return standard_normal(std::log(x / 8) / 0.9); }),
                 ks_bound);
  CAF_CHECK_LESS(ks_distance([&] { return exponential(random, 5); }, [](double x) { return 1 - std::exp(-x / 5); }),
                 ks_bound);
}

CAF_TEST(a wrong distribution is told apart) {
  random_stream random{11};
  CAF_CHECK(ks_distance([&] { return normal(random, 0.05, 1); }, standard_normal) > ks_bound);
}

CAF_TEST(bernoulli has its share of trues) {
  random_stream random{12};
  int hits = 0;
  for (std::size_t i = 0; i < samples; ++i)
    hits += bernoulli(random, 0.3) ? 1 : 0;
  CAF_CHECK(std::abs(hits - 15'000) < 500); // five standard deviations
  CAF_CHECK(!bernoulli(random, 0) && bernoulli(random, 1));
}

CAF_TEST(poisson has the mean and the variance of its parameter and the share of zeros) {
  random_stream random{13};
  CAF_CHECK_EQUAL(poisson(random, 0), 0U);
  for (double mean : {0.2, 3.0, 12.0, 40.0, 500.0}) {
    double sum = 0;
    double squares = 0;
    int zeros = 0;
    constexpr int n = 20'000;
    for (int i = 0; i < n; ++i) {
      const auto k = static_cast<double>(poisson(random, mean));
      sum += k;
      squares += k * k;
      zeros += k == 0 ? 1 : 0;
    }
    const auto average = sum / n;
    const auto variance = squares / n - average * average;
    CAF_CHECK_LESS(std::fabs(average - mean), 5 * std::sqrt(mean / n));
    CAF_CHECK_LESS(std::fabs(variance / mean - 1), 5 * std::sqrt((2 + 1 / mean) / n));
    CAF_CHECK_LESS(std::fabs(zeros - n * std::exp(-mean)), 5 * std::sqrt(n * std::exp(-mean)) + 1);
  }
}

CAF_TEST(a weighted choice takes each by its weight and never one of weight 0) {
  const std::vector<double> weights{5, 0, 1, 2.5, 0.5, 1};
  const weighted_choice sut{weights};
  random_stream random{14};
  std::vector<int> counts(weights.size());
  for (std::size_t i = 0; i < samples; ++i)
    ++counts[sut(random)];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto expected = samples * weights[i] / 10;
    CAF_CHECK_LESS(std::fabs(counts[i] - expected), 5 * std::sqrt(expected) + 0.5);
  }
  CAF_CHECK_EQUAL(counts[1], 0);
}

CAF_TEST(a weighted choice of one has no choice) {
  const std::vector<double> one{0.001};
  const weighted_choice sut{one};
  CAF_CHECK_EQUAL(sut.pick(0), 0U);
  CAF_CHECK_EQUAL(sut.pick(~std::uint64_t{0}), 0U);
}

CAF_TEST(popularity falls by the law of Zipf) {
  const auto weights = zipf_weights(1000, 1.1);
  CAF_CHECK(weights[0] == 1);
  CAF_CHECK(std::fabs(weights[9] - std::pow(10, -1.1)) < 1e-12);
  const weighted_choice sut{weights};
  random_stream random{15};
  double total = 0;
  for (auto weight : weights)
    total += weight;
  int first = 0;
  for (std::size_t i = 0; i < samples; ++i)
    first += sut(random) == 0 ? 1 : 0;
  const auto expected = samples / total;
  CAF_CHECK_LESS(std::fabs(first - expected), 5 * std::sqrt(expected));
}
