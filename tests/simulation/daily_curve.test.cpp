#define CAF_SUITE simulation.daily_curve

#include "simulation/daily_curve.hpp"

#include <cmath>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::simulation;

namespace {

constexpr std::int64_t hour_ms = 3'600'000;

constexpr daily_curve uneven{{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0}};

} // namespace

CAF_TEST(a curve is what stands at the hours and linear in between) {
  const auto scale = uneven.at_hour(4);
  CAF_CHECK(std::fabs(uneven.at({12 * hour_ms}) - 9 * scale) < 1e-12);
  CAF_CHECK(std::fabs(uneven.at({12 * hour_ms + hour_ms / 4}) - 8.75 * scale) < 1e-12);
  CAF_CHECK_EQUAL(uneven.at({23 * hour_ms + hour_ms / 2}), 0.0);
  CAF_CHECK(std::fabs(uneven.peak() - 9 * scale) < 1e-12);
}

CAF_TEST(a curve has the mean 1 and repeats each day also before 1970) {
  CAF_CHECK(rc::check([] {
    std::array<double, 24> hours{};
    for (auto& hour : hours)
      hour = *rc::gen::inRange(0, 1'000);
    hours[7] += 1;
    const daily_curve curve{hours};
    double sum = 0;
    for (std::int64_t minute = 0; minute < 1'440; ++minute)
      sum += curve.at({minute * 60'000 + 30'000});
    RC_ASSERT(std::fabs(sum / 1'440 - 1) < 1e-9);
    const auto ms = *rc::gen::inRange<std::int64_t>(0, 24 * hour_ms);
    RC_ASSERT(curve.at({ms}) == curve.at({ms - 24 * hour_ms * 400}));
    RC_ASSERT(curve.at({ms}) <= curve.peak());
  }));
}
