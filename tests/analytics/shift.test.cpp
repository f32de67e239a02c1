#define CAF_SUITE analytics.shift

#include "analytics/shift.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

std::shared_ptr<const detector> shift_of(const char* parameters) {
  config::detect definition;
  definition.name = "s";
  definition.detector = "shift";
  definition.field = "x";
  definition.parameters = object(parameters);
  auto made = make_detector(definition, "detect[0]");
  if (!made)
    throw std::runtime_error(made.error().front().sentence);
  return *made;
}

/// The definition in shift.hpp, over the whole series each time. None: too little history.
std::optional<double> naive_z(const std::vector<double>& all, std::size_t recent_count, std::size_t history_most) {
  if (all.size() < recent_count)
    return std::nullopt;
  auto split = all.size() - recent_count;
  auto begin = split > history_most ? split - history_most : 0;
  std::vector<double> history(all.begin() + static_cast<std::ptrdiff_t>(begin),
                              all.begin() + static_cast<std::ptrdiff_t>(split));
  if (history.size() < std::max(2 * recent_count, history_most / 4))
    return std::nullopt;
  auto mean_of = [](auto from, auto to) {
    long double sum = 0;
    for (auto x = from; x != to; ++x)
      sum += *x;
    return static_cast<double>(sum / (to - from));
  };
  auto recent = mean_of(all.begin() + static_cast<std::ptrdiff_t>(split), all.end());
  auto mean = mean_of(history.begin(), history.end());
  long double squares = 0;
  for (auto x : history)
    squares += (x - mean) * (x - mean);
  auto deviation = std::sqrt(static_cast<double>(squares / (static_cast<double>(history.size()) - 1)));
  return std::fabs(recent - mean) / std::max({deviation, 1e-3 * std::fabs(mean), 1e-9});
}

timestamp second(std::size_t i) {
  return {static_cast<std::int64_t>(i) * 1000};
}

} // namespace

CAF_TEST(scores and alarms are those of the definition) {
  auto shift = shift_of(R"({"short": 3, "long": 20, "threshold": 3, "refractory": "15s"})");
  auto holds = rc::check("definition", [&](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    auto series = shift->fresh();
    std::vector<double> all;
    double level = 20;
    std::int64_t quiet_until = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      if (bits() % 40 == 0)
        level += static_cast<double>(bits() % 100) - 50;
      auto x = level + static_cast<double>(bits() % 1000) / 1000;
      auto said = series->observe(second(i), value::of(x));
      all.push_back(x);
      auto z = naive_z(all, 3, 20);
      if (!z) {
        RC_ASSERT(said.score == 0 && !said.alarm);
        continue;
      }
      RC_ASSERT(std::fabs(said.score - *z / (*z + 3)) < 1e-6);
      if (std::fabs(*z - 3) < 1e-6)
        return; // either is right
      auto alarm = *z >= 3 && second(i).ms >= quiet_until;
      RC_ASSERT(said.alarm == alarm);
      if (alarm)
        quiet_until = second(i).ms + 15'000;
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(saved and loaded anywhere it goes on to the bit) {
  auto shift = shift_of(R"({"short": 2, "long": 9, "threshold": 2, "refractory": "5s"})");
  auto holds = rc::check("state", [&](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    auto kept = shift->fresh();
    auto moved = shift->fresh();
    for (std::size_t i = 0; i < 60; ++i) {
      auto x = value::of(static_cast<double>(bits() % 1000) / 7);
      auto a = kept->observe(second(i), x);
      auto b = moved->observe(second(i), x);
      RC_ASSERT(a.score == b.score && a.alarm == b.alarm);
      std::string bytes;
      byte_writer out{bytes};
      moved->save(out);
      moved = shift->fresh();
      byte_reader in{bytes};
      moved->load(in);
      RC_ASSERT(in.at_end());
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(a level that changes and stays alarms once and becomes the ordinary) {
  auto shift = shift_of("{}");
  auto series = shift->fresh();
  std::mt19937_64 bits{7};
  int alarms = 0;
  for (std::size_t i = 0; i < 3'000; ++i) {
    auto noise = static_cast<double>(bits() % 1000) / 1000;
    auto said = series->observe(second(10 * i), value::of((i < 600 ? 20.0 : 30.0) + noise));
    alarms += said.alarm ? 1 : 0;
    if (said.alarm) {
      CAF_CHECK(i >= 600 && i < 610);
      auto why = series->explain("temperature");
      CAF_CHECK(why.reason.find("temperature") != std::string::npos);
      CAF_CHECK(why.reason.find("above") != std::string::npos);
      CAF_CHECK(why.evidence.at("z").to_number<double>() >= 4.5);
    }
  }
  CAF_CHECK_EQUAL(alarms, 1);
}

CAF_TEST(a constant alarms when it changes but not when its last digit does) {
  auto shift = shift_of(R"({"short": 5, "long": 50})");
  auto series = shift->fresh();
  for (std::size_t i = 0; i < 100; ++i) {
    auto said = series->observe(second(i), value::of(20.0));
    CAF_CHECK_EQUAL(said.score, 0.0);
  }
  for (std::size_t i = 100; i < 110; ++i)
    CAF_CHECK(!series->observe(second(i), value::of(20.001)).alarm);
  bool alarmed = false;
  for (std::size_t i = 110; i < 120; ++i)
    alarmed = series->observe(second(i), value::of(21.0)).alarm || alarmed;
  CAF_CHECK(alarmed);
}

CAF_TEST(a steady drift is no shift) {
  auto shift = shift_of("{}");
  auto series = shift->fresh();
  for (std::size_t i = 0; i < 2'000; ++i)
    CAF_CHECK(!series->observe(second(i), value::of(0.01 * static_cast<double>(i))).alarm);
}

CAF_TEST(what is missing null text or not finite changes nothing) {
  auto shift = shift_of(R"({"short": 2, "long": 8})");
  auto plain = shift->fresh();
  auto disturbed = shift->fresh();
  for (std::size_t i = 0; i < 40; ++i) {
    auto x = value::of(static_cast<double>(i * i % 17));
    disturbed->observe(second(i), value{});
    disturbed->observe(second(i), value::null());
    disturbed->observe(second(i), value::of(true));
    disturbed->observe(second(i), value::of(std::string_view{"20.5"}));
    disturbed->observe(second(i), value::of(std::numeric_limits<double>::infinity()));
    CAF_CHECK_EQUAL(plain->observe(second(i), x).score, disturbed->observe(second(i), x).score);
  }
}

CAF_TEST(parameters that can not be are found each with its path) {
  auto wrong = [](const char* name, const char* parameters) {
    config::detect definition;
    definition.name = "s";
    definition.detector = name;
    definition.parameters = object(parameters);
    auto made = make_detector(definition, "detect[2]");
    return made ? findings{} : made.error();
  };
  CAF_CHECK(wrong("shift", "{}").empty());
  auto unknown = wrong("shfit", "{}");
  CAF_REQUIRE_EQUAL(unknown.size(), 1u);
  CAF_CHECK_EQUAL(unknown.front().path, "detect[2].detector");
  CAF_CHECK(unknown.front().sentence.find("did you mean shift") != std::string::npos);
  auto many = wrong("shift", R"({"short": 0, "long": 2.5, "threshold": "high", "refractory": 30, "treshold": 4,
                                 "forget": "0s", "severity": "bad"})");
  CAF_CHECK_EQUAL(many.size(), 7u);
  CAF_CHECK_EQUAL(many.front().path, "detect[2].treshold");
  CAF_CHECK(many.front().sentence.find("threshold") != std::string::npos);
  CAF_CHECK_EQUAL(wrong("shift", R"({"short": 10, "long": 19})").size(), 1u);
}
