#define CAF_SUITE analytics.detectors

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/detector.hpp"
#include "analytics/detectors/scored_series.hpp"
#include "analytics/detectors/tail_model.hpp"
#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

std::shared_ptr<const detector> make(std::string_view name, const char* parameters = "{}") {
  config::detect definition;
  definition.name = "d";
  definition.detector = name;
  definition.field = "x";
  definition.parameters = object(parameters);
  auto made = make_detector(definition, "detect[0]");
  if (!made)
    throw std::runtime_error(made.error().front().sentence);
  return *made;
}

/// Each of the register, with its defaults.
void for_each_detector(const std::function<void(std::string_view, const detector&)>& f) {
  for (const auto& doc : known_detectors())
    f(doc.name, *make(doc.name));
}

timestamp at(std::size_t i) {
  return {1'392'336'000'000 + static_cast<std::int64_t>(i) * 300'000};
}

double normal(std::mt19937_64& bits) { // of variance 1, by twelve uniforms: the same everywhere
  double sum = -6;
  for (int i = 0; i < 12; ++i)
    sum += static_cast<double>(bits() >> 11U) * 0x1p-53;
  return sum;
}

std::vector<std::size_t> alarms(const detector& watching, std::size_t count,
                                const std::function<double(std::size_t)>& x) {
  auto series = watching.fresh();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < count; ++i)
    if (series->observe(at(i), value::of(x(i))).alarm)
      found.push_back(i);
  return found;
}

} // namespace

CAF_TEST(saved and loaded anywhere every detector goes on to the bit) {
  for_each_detector([](std::string_view name, const detector& watching) {
    CAF_MESSAGE(std::string{name});
    auto holds = rc::check("state", [&](std::uint64_t seed) {
      std::mt19937_64 bits{seed};
      auto kept = watching.fresh();
      auto moved = watching.fresh();
      for (std::size_t i = 0; i < 700; ++i) {
        auto x = value::of(normal(bits) + (bits() % 50 == 0 ? 20 : 0));
        auto t = at(i + (bits() % 100 == 0 ? 50 : 0));
        auto a = kept->observe(t, x);
        auto b = moved->observe(t, x);
        RC_ASSERT(a.score == b.score && a.threshold == b.threshold && a.alarm == b.alarm);
        if (bits() % 20 != 0)
          continue;
        std::string bytes;
        byte_writer out{bytes};
        moved->save(out);
        moved = watching.fresh();
        byte_reader in{bytes};
        moved->load(in);
        RC_ASSERT(in.at_end());
      }
    });
    CAF_CHECK(holds);
  });
}

CAF_TEST(every detector answers within its bounds whatever comes) {
  for_each_detector([](std::string_view name, const detector& watching) {
    CAF_MESSAGE(std::string{name});
    auto holds = rc::check("any values", [&](std::uint64_t seed) {
      std::mt19937_64 bits{seed};
      auto series = watching.fresh();
      const double odd[] = {
          0, -0.0, 1e308, -1e308, 1e-308, 5, 5, 5, 5, std::numeric_limits<double>::infinity(), std::nan("")};
      for (std::size_t i = 0; i < 400; ++i) {
        auto x = bits() % 3 == 0 ? value::of(odd[bits() % std::size(odd)]) : value::of(normal(bits));
        if (bits() % 30 == 0)
          x = value::null();
        auto t = timestamp{static_cast<std::int64_t>(bits() % 4'000'000'000'000)};
        auto said = series->observe(bits() % 3 == 0 ? t : at(i), x);
        RC_ASSERT(said.score >= 0 && said.score <= 1);
        RC_ASSERT(said.threshold >= 0 && said.threshold <= 1);
        if (said.alarm) {
          RC_ASSERT(said.score >= said.threshold);
          RC_ASSERT(!series->explain("x").reason.empty());
        }
      }
    });
    CAF_CHECK(holds);
  });
}

CAF_TEST(damaged state is refused or read but never a crash) {
  for_each_detector([](std::string_view name, const detector& watching) {
    CAF_MESSAGE(std::string{name});
    auto series = watching.fresh();
    std::mt19937_64 bits{3};
    for (std::size_t i = 0; i < 500; ++i)
      series->observe(at(i), value::of(normal(bits)));
    std::string bytes;
    byte_writer out{bytes};
    series->save(out);
    for (std::size_t cut = 0; cut < bytes.size(); cut += 7) {
      auto fresh = watching.fresh();
      byte_reader in{std::string_view{bytes}.substr(0, cut)};
      auto refused = false;
      try {
        fresh->load(in);
      } catch (const corrupt_state&) {
        refused = true;
      }
      CAF_CHECK(refused);
    }
  });
}

CAF_TEST(the tail model tells the share of a normal distribution) {
  auto holds = rc::check("share", [](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    tail_model tail;
    for (int i = 0; i < 5'000; ++i)
      tail.learn(std::fabs(normal(bits)), 1);
    // Of a normal distribution's magnitude, one in 100 is over 2.576, one in 1,000 over 3.29.
    RC_ASSERT(std::fabs(tail.surprise(2.576) - 2) < 0.3);
    RC_ASSERT(std::fabs(tail.surprise(3.29) - 3) < 0.8);
    double last = -1;
    for (double s = 0; s < 100; s += 0.1) {
      RC_ASSERT(tail.surprise(s) >= last);
      last = tail.surprise(s);
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(auto is quiet on noise and on a constant) {
  auto watching = make("auto");
  std::mt19937_64 bits{11};
  CAF_CHECK_LESS(alarms(*watching, 20'000, [&](std::size_t) { return normal(bits); }).size(), 10u);
  CAF_CHECK(alarms(*watching, 5'000, [](std::size_t) { return 45.0; }).empty());
}

CAF_TEST(auto finds a spike at once and tells of it once) {
  std::mt19937_64 bits{12};
  auto found =
      alarms(*make("auto"), 3'000, [&](std::size_t i) { return normal(bits) + (i >= 2'000 && i < 2'005 ? 25 : 0); });
  CAF_REQUIRE(!found.empty());
  CAF_CHECK_EQUAL(found.front(), 2'000u);
  CAF_CHECK_LESS(found.size(), 3u);
}

CAF_TEST(a level that changes and stays rings at its change and becomes the ordinary) {
  std::mt19937_64 bits{13};
  auto found = alarms(*make("auto"), 8'000, [&](std::size_t i) { return normal(bits) + (i >= 2'000 ? 15 : 0); });
  CAF_REQUIRE(!found.empty());
  CAF_CHECK(found.front() >= 2'000 && found.front() < 2'010);
  CAF_CHECK_LESS(found.size(), 6u);
  CAF_CHECK_LESS(found.back(), 4'000u);
}

CAF_TEST(a budget of alarms a day moves the threshold with the values a day) {
  auto watching = make("auto", R"({"alarms_per_day": 0.288})");
  auto series = watching->fresh();
  std::mt19937_64 bits{14};
  detection said;
  for (std::size_t i = 0; i < 500; ++i)
    said = series->observe(at(i), value::of(normal(bits)));
  CAF_CHECK(std::fabs(surprise_of(said.threshold) - 3) < 1e-6); // 288 values a day
}

CAF_TEST(a missing value scores nothing and changes nothing but the time) {
  auto watching = make("auto");
  auto series = watching->fresh();
  std::mt19937_64 bits{15};
  for (std::size_t i = 0; i < 300; ++i)
    series->observe(at(i), value::of(normal(bits)));
  CAF_CHECK_EQUAL(series->observe(at(300), value::null()).score, 0.0);
  CAF_CHECK_EQUAL(series->observe(at(301), value::of(std::string_view{"text"})).score, 0.0);
}
