#define CAF_SUITE analytics.detectors

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/detector.hpp"
#include "analytics/detectors/calibrated.hpp"
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
    f(doc.name, *make(doc.name, doc.name == "threshold" ? R"({"above": 5, "margin": 1})" : "{}"));
}

timestamp at(std::size_t i) {
  return {1'392'336'000'000 + static_cast<std::int64_t>(i) * 300'000};
}

double normal(std::mt19937_64& bits) { // of variance 1, by twelve uniforms: the
                                       // same everywhere
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

/// The definition in hampel.cpp, over the whole series each time.
class naive_hampel {
public:
  explicit naive_hampel(std::size_t window)
      : window_(window) {}
  double of(timestamp, double x) {
    auto n = std::min(all_.size(), window_);
    std::vector<double> last(all_.end() - static_cast<std::ptrdiff_t>(n), all_.end());
    all_.push_back(x);
    if (n < 5)
      return 0;
    auto median_of = [](std::vector<double> of) {
      std::sort(of.begin(), of.end());
      auto m = of.size();
      return m % 2 == 1 ? of[m / 2] : 0.5 * (of[m / 2 - 1] + of[m / 2]);
    };
    auto median = median_of(last);
    std::vector<double> distances;
    for (auto y : last)
      distances.push_back(std::fabs(y - median));
    std::sort(distances.begin(), distances.end());
    return std::fabs(x - median) / std::max(1.4826 * distances[n / 2], 1e-6 * std::fabs(median) + 1e-12);
  }
  explanation explain(std::string_view) const {
    return {};
  }
  void save(byte_writer&) const {}
  void load(byte_reader&) {}

private:
  std::size_t window_;
  std::vector<double> all_;
};

} // namespace

CAF_TEST(hampel scores as its definition does) {
  auto holds = rc::check("definition", [](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    auto window = 5 + bits() % 30;
    auto parameters = "{\"window\": " + std::to_string(window) + "}";
    auto watching = make("hampel", parameters.c_str());
    auto series = watching->fresh();
    alarm_terms terms;
    scored_series<calibrated<naive_hampel>> naive{terms, calibrated{naive_hampel{window}}};
    for (std::size_t i = 0; i < 400; ++i) {
      auto x = value::of(std::round(normal(bits) * 4) / 2 + (bits() % 40 == 0 ? 30 : 0)); // ties
      RC_ASSERT(series->observe(at(i), x).score == naive.observe(at(i), x, 0).score);
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(on noise a score is as rare as it says whatever the detector) {
  for_each_detector([](std::string_view name, const detector& watching) {
    if (name == "threshold" || name == "shift")
      return; // not by probability
    auto series = watching.fresh();
    std::mt19937_64 bits{21};
    int odd = 0;
    int alarms = 0;
    for (std::size_t i = 0; i < 21'000; ++i) {
      // Novelty sees few different values: a fine one would be new each time.
      auto x = name == "novelty" ? std::round(normal(bits)) : normal(bits);
      auto said = series->observe(at(i), value::of(x));
      odd += i >= 1'000 && said.score >= score_of(3) ? 1 : 0;
      alarms += i >= 1'000 && said.alarm ? 1 : 0;
    }
    CAF_MESSAGE(name << ": " << odd << " of 20,000 as one in 1,000, " << alarms << " alarms");
    CAF_CHECK_LESS(odd, 61);    // 20 are expected
    CAF_CHECK_LESS(alarms, 12); // 2 are
  });
}

CAF_TEST(what one value shows is found by those that look at one value) {
  for (const auto* name : {"auto", "ensemble", "ewma", "hampel", "spot", "forest", "half_space_trees", "shift"}) {
    CAF_MESSAGE(name);
    std::mt19937_64 bits{22};
    auto far = std::string_view{name} == "ewma" || std::string_view{name} == "shift" ? 200 : 40;
    auto found = alarms(*make(name), 3'200, [&](std::size_t i) { return normal(bits) + (i == 3'000 ? far : 0); });
    CAF_CHECK(std::any_of(found.begin(), found.end(), [](std::size_t i) { return i >= 3'000 && i < 3'010; }));
  }
}

CAF_TEST(cusum and ewma find a small shift that no value shows) {
  for (const auto* name : {"cusum", "ewma"}) {
    std::mt19937_64 bits{23};
    auto found = alarms(*make(name, R"({"sensitivity": 0.6})"), 4'000,
                        [&](std::size_t i) { return normal(bits) + (i >= 3'000 ? 1.5 : 0); });
    CAF_MESSAGE(name);
    CAF_CHECK(std::any_of(found.begin(), found.end(), [](std::size_t i) { return i >= 3'000 && i < 3'200; }));
  }
}

CAF_TEST(seasonal finds an ordinary value at an extraordinary hour) {
  std::mt19937_64 bits{24};
  auto day = [](std::size_t i) { return 20 * std::sin(static_cast<double>(i) * 2 * 3.14159265 / 288); };
  auto found = alarms(*make("seasonal"), 4'032,
                      [&](std::size_t i) { return normal(bits) + (i >= 3'500 && i < 3'520 ? day(i + 144) : day(i)); });
  CAF_CHECK(std::any_of(found.begin(), found.end(), [](std::size_t i) { return i >= 3'500 && i < 3'520; }));
  CAF_CHECK(std::count_if(found.begin(), found.end(), [](std::size_t i) { return i < 3'500; }) <= 1);
}

CAF_TEST(stuck is surprised by a run that its past makes improbable) {
  std::mt19937_64 bits{25};
  auto coin = [&](std::size_t i) {
    return i == 1'999 ? 0.0 : i >= 2'000 && i < 2'060 ? 1.0 : static_cast<double>(bits() % 2);
  };
  auto found = alarms(*make("stuck"), 2'100, coin);
  CAF_REQUIRE(!found.empty());
  // Of what it learns (a run's first two repeats, and its end) 3 in 7 are repeats: 11 in a row are the first over 10,000.
  auto first = std::find_if(found.begin(), found.end(), [](std::size_t i) { return i >= 2'000; });
  CAF_REQUIRE(first != found.end());
  CAF_CHECK(*first >= 2'010 && *first <= 2'013);
  CAF_CHECK(alarms(*make("stuck"), 3'000, [](std::size_t) { return 7.0; }).empty());
}

CAF_TEST(silence tells of a long gap when it ends) {
  auto watching = make("silence");
  auto series = watching->fresh();
  std::mt19937_64 bits{26};
  std::int64_t t = 0;
  for (int i = 0; i < 1'000; ++i) {
    t += 50'000 + static_cast<std::int64_t>(bits() % 20'000);
    CAF_CHECK(!series->observe({t}, value::of(1.0)).alarm);
  }
  CAF_CHECK(series->observe({t + 3'600'000}, value::of(1.0)).alarm);
  CAF_CHECK(series->explain("x").reason.find("1h") != std::string::npos);
}

CAF_TEST(rate tells of a flood while it lasts and of a lull when it ends) {
  auto watching = make("rate", R"({"per": "1m"})");
  auto series = watching->fresh();
  std::mt19937_64 bits{27};
  std::int64_t t = 0;
  int early = 0;
  for (int i = 0; i < 6'000; ++i) {
    t += 3'000 + static_cast<std::int64_t>(bits() % 6'000); // 10 a minute
    early += series->observe({t}, value::of(1.0)).alarm ? 1 : 0;
  }
  CAF_CHECK_LESS(early, 3);
  auto rang = false;
  for (int i = 0; i < 60 && !rang; ++i)
    rang = series->observe({t + std::int64_t{i} * 100}, value::of(1.0)).alarm;
  CAF_CHECK(rang);
}

CAF_TEST(novelty tells a new text and a new number) {
  auto watching = make("novelty", R"({"sensitivity": 0.6})");
  auto series = watching->fresh();
  const std::string_view usual[] = {"ok", "busy", "idle"};
  for (std::size_t i = 0; i < 2'000; ++i)
    CAF_CHECK(!series->observe(at(i), value::of(usual[i % 3])).alarm);
  CAF_CHECK(series->observe(at(2'000), value::of(std::string_view{"melted"})).alarm);
  CAF_CHECK(series->explain("state").reason.find("melted") != std::string::npos);
}

CAF_TEST(threshold rings once until the series has come back by its margin) {
  const double values[] = {9, 11, 12, 9.5, 10.5, 8.9, 10.1, 5, 0.5, 1.5, 0.5};
  std::vector<std::size_t> expected{1, 6, 8};
  auto watching = make("threshold", R"({"above": 10, "below": 1, "margin": 1})");
  CAF_CHECK(alarms(*watching, std::size(values), [&](std::size_t i) { return values[i]; }) == expected);
}

CAF_TEST(saved and loaded anywhere every detector goes on to the bit) {
  for_each_detector([](std::string_view name, const detector& watching) {
    CAF_MESSAGE(std::string{name});
    auto holds = rc::check("state", [&](std::uint64_t seed) {
      std::mt19937_64 bits{seed};
      auto kept = watching.fresh();
      auto moved = watching.fresh();
      const auto values = *rc::gen::inRange<std::size_t>(1, 700);
      for (std::size_t i = 0; i < values; ++i) {
        auto x = value::of(normal(bits) + (bits() % 50 == 0 ? 20 : 0));
        auto t = at(i + (bits() % 100 == 0 ? 50 : 0));
        auto a = kept->observe(t, x);
        auto b = moved->observe(t, x);
        RC_ASSERT(a.score == b.score && a.threshold == b.threshold && a.alarm == b.alarm);
        if (bits() % 50 != 0)
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
    const auto stride =
        std::max<std::size_t>(7, bytes.size() / 150 + 1); // a forest's are a thousand times a threshold's
    for (std::size_t cut = 0; cut < bytes.size(); cut += stride) {
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
    // Of a normal distribution's magnitude, one in 100 is over 2.576, one in
    // 1,000 over 3.29.
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
