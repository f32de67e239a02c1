// What verdicts make of thresholds: the table against the definition, and detectors with it against series watched by hand, over versions of the table,
// checkpoints and crashes.
#define CAF_SUITE analytics.taught_threshold

#include "analytics/taught_threshold.hpp"

#include <algorithm>
#include <map>
#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/detector.hpp"
#include "pipelines.hpp"
#include "two_halves.hpp"

using namespace throng;
using namespace throng::test;

namespace {

config::detect detecting(std::string name, std::string detector, config::feedback by, const char* parameters = "{}") {
  config::detect made;
  made.name = std::move(name);
  made.detector = std::move(detector);
  made.field = "x";
  made.feedback = by;
  made.parameters = object(parameters);
  return made;
}

/// They ring often.
constexpr const char* shift = R"({"short": 1, "long": 4, "threshold": 2, "refractory": "5s", "forget": "40s"})";
constexpr const char* rare = R"({"sensitivity": 0.9})";

config::pipeline watching() {
  auto made = readings();
  made.detectors = {detecting("step", "shift", config::feedback::entity, shift),
                    detecting("level", "ewma", config::feedback::detector, rare),
                    detecting("odd", "hampel", config::feedback::off, rare)};
  made.detectors[1].feedback_most = 0.7;
  return made;
}

lookup_tables table_of(const config::pipeline& definition, const std::vector<judged_alarm>& judged) {
  const auto table = taught_table_definition();
  return {
      *lookup_table::parse(lookup_table::format::topic, taught_table_text(definition, judged), table.key, table.add)};
}

/// By the definition, from all that was judged before.
double naive(const config::detect& of, const std::vector<judged_alarm>& judged, const std::string& entity,
             timestamp at) {
  double wrong = 0;
  double right = 1;
  for (const auto& each : judged)
    if (of.feedback != config::feedback::off && each.detector == of.name && each.time < at &&
        (of.feedback == config::feedback::detector || each.entity == entity)) {
      if (each.right)
        right = std::min(right, each.score);
      else
        wrong = std::max(wrong, each.score);
    }
  return wrong == 0 ? 0 : std::min({wrong + 0.001, right, of.feedback_most});
}

std::vector<judged_alarm> draw_verdicts(std::mt19937_64& bits, std::int64_t from, std::uint64_t span) {
  const auto below = [&](std::uint64_t x) { return static_cast<std::int64_t>(bits() % x); };
  const std::vector<std::string> names{"step", "level", "odd", "large"};
  std::vector<judged_alarm> made(bits() % 12);
  for (auto& each : made)
    each = {names[bits() % 4],
            std::string(1, static_cast<char>('a' + below(3))),
            {from + below(span)},
            static_cast<double>(40 + below(55)) / 100,
            below(3) == 0};
  return made;
}

/// (detector, entity, time) to score and threshold.
using alarms = std::map<std::tuple<std::string, std::string, std::int64_t>, std::pair<double, double>>;

void add(const effects& from, alarms& into) {
  for (const auto& each : from.documents) {
    const auto* taught = each.body.at("evidence").as_object().if_contains("taught_threshold");
    into[{std::string{each.body.at("detector").as_string()}, std::string{each.body.at("entity").as_string()},
          each.body.at("time").as_int64()}] = {each.body.at("score").to_number<double>(),
                                               taught == nullptr ? 0 : taught->to_number<double>()};
  }
}

struct reading {
  std::int64_t time;
  std::string id;
  double x;
};

constexpr std::int64_t begin = 1'767'592'800'000;

std::vector<reading> draw_readings(std::mt19937_64& bits, std::size_t n) {
  std::vector<reading> made;
  for (auto now = begin; made.size() < n;) {
    now += static_cast<std::int64_t>(1 + bits() % 900);
    auto x = static_cast<double>(bits() % 100) / 10;
    if (bits() % 12 == 0)
      x += static_cast<double>(bits() % 60);
    made.push_back({now, std::string(1, static_cast<char>('a' + bits() % 3)), x});
  }
  return made;
}

/// The verdicts that are known from a message on.
struct version {
  std::size_t from;
  std::vector<judged_alarm> judged;
};

alarms run(const config::pipeline& definition, const std::vector<reading>& all, const std::vector<version>& versions,
           std::uint64_t seed) {
  const auto plan = compiled(definition);
  checkpointed kept{[plan] { return make_engine(plan, "readings", 0); }};
  std::mt19937_64 draw{seed};
  alarms found;
  effects ignored;
  kept.checkpoint(ignored);
  std::size_t next = 0;
  for (std::size_t i = 0; i < all.size();) {
    if (next < versions.size() && versions[next].from <= i) {
      // As processors do: durable before the next message.
      if (!kept.task->use(table_of(definition, versions[next].judged)).empty())
        kept.checkpoint(ignored);
      ++next;
    }
    effects now;
    const auto& each = all[i];
    message text{static_cast<std::int64_t>(i),
                 R"({"id": ")" + each.id + R"(", "t": ")" + to_iso8601({each.time}) + R"(", "x": )" +
                     boost::json::serialize(boost::json::value(each.x)) + "}",
                 each.id};
    if (!kept.task->take(text.raw(), now))
      throw std::runtime_error("a message was refused");
    add(now, found);
    ++i;
    if (seed > 0 && draw() % 40 == 0)
      kept.checkpoint(ignored);
    if (seed > 0 && draw() % 70 == 0) {
      kept.crash();
      i = static_cast<std::size_t>(kept.task->next_offset());
    }
  }
  return found;
}

alarms by_hand(const config::pipeline& definition, const std::vector<reading>& all,
               const std::vector<version>& versions) {
  alarms found;
  for (const auto& detect : definition.detectors) {
    const auto watching = make_detector(detect, "detect[0]").value();
    std::map<std::string, std::pair<std::unique_ptr<series_detector>, std::int64_t>> series; // and when it is forgotten
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto& each = all[i];
      const std::vector<judged_alarm>* judged = nullptr;
      for (const auto& known : versions)
        if (known.from <= i)
          judged = &known.judged;
      auto& [of, expires] = series[each.id];
      // Event time has passed what the entity is remembered for.
      if (of == nullptr || (i > 0 && expires <= all[i - 1].time - definition.disorder.count()))
        of = watching->fresh();
      expires = each.time + watching->forget().count();
      const auto at_least = judged == nullptr ? 0 : naive(detect, *judged, each.id, {each.time});
      if (const auto said = of->observe({each.time}, value::of(each.x), at_least); said.alarm)
        found[{detect.name, each.id, each.time}] = {said.score, at_least};
    }
  }
  return found;
}

} // namespace

CAF_TEST(the table says at each time what all verdicts on alerts before it make) {
  rc::check("table", [](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    const auto definition = watching();
    const auto judged = draw_verdicts(bits, begin, 20);
    const auto table = table_of(definition, judged);
    for (const auto& detect : definition.detectors)
      for (const std::string entity : {"a", "b", "c", "d"})
        for (std::int64_t t = begin - 1; t < begin + 22; ++t) {
          const taught_threshold taught{table.front().get(), detect.feedback, detect.name};
          RC_ASSERT(taught.of(entity, {t}) == naive(detect, judged, entity, {t}));
        }
  });
}

CAF_TEST(alarms are those of series watched by hand and the same over crashes at any point) {
  std::size_t all = 0;
  std::size_t quieted = 0;
  rc::check("engine", [&](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    const auto definition = watching();
    const auto stream = draw_readings(bits, 600);
    std::vector<version> versions;
    for (std::size_t from = bits() % 100; from < stream.size(); from += 50 + bits() % 200)
      versions.push_back({from, draw_verdicts(bits, begin, 400'000)});
    const auto expected = by_hand(definition, stream, versions);
    const auto found = run(definition, stream, versions, 0);
    RC_ASSERT(found == expected);
    RC_ASSERT(run(definition, stream, versions, seed | 1U) == expected);
    const auto untaught = run(definition, stream, {}, 0);
    for (const auto& [which, said] : untaught) {
      ++all;
      quieted += found.contains(which) ? 0U : 1U;
      if (std::get<0>(which) == "odd")
        RC_ASSERT(found.contains(which)); // nobody teaches it
    }
  });
  CAF_MESSAGE(quieted << " of " << all << " alarms are quieted");
  CAF_CHECK(quieted * 30 > all);
  CAF_CHECK(quieted * 2 < all);
}

CAF_TEST(an alarm that was marked wrong rings again when it is read again and what is no odder behind it does not ) {
  std::mt19937_64 bits{5};
  const auto definition = watching();
  const auto stream = draw_readings(bits, 600);
  const auto before = run(definition, stream, {}, 0);
  const auto first =
      std::find_if(before.begin(), before.end(), [](const auto& x) { return std::get<0>(x.first) == "step"; });
  CAF_REQUIRE(first != before.end());
  const auto& [which, said] = *first;
  const auto& [detector, entity, time] = which;
  const auto after = run(definition, stream, {{0, {{detector, entity, {time}, said.first, false}}}}, 0);
  CAF_CHECK(after.contains(which));
  std::size_t gone = 0;
  for (const auto& [other, its] : before)
    if (std::get<0>(other) == detector && std::get<1>(other) == entity && std::get<2>(other) > time &&
        its.first <= said.first) {
      ++gone;
      CAF_CHECK(!after.contains(other));
    } else if (std::get<1>(other) != entity || std::get<0>(other) != detector) {
      CAF_CHECK(after.contains(other));
    }
  CAF_CHECK(gone > 0);
}

CAF_TEST(what nobody has taught is no news and what is retracted is) {
  const auto definition = watching();
  auto task = make_engine(compiled(definition), "readings", 0);
  CAF_CHECK(task->use(table_of(definition, {})).empty());
  const auto changes = task->use(table_of(definition, {{"step", "a", {begin}, 0.6, false}}));
  CAF_REQUIRE_EQUAL(changes.size(), 1u);
  CAF_CHECK_EQUAL(changes[0].name, "thresholds");
  CAF_CHECK_EQUAL(changes[0].content, R"({"key":"step/a","since":1767592800001,"row":{"threshold":6.01E-1}})"
                                      "\n");
  CAF_CHECK_EQUAL(task->use(table_of(definition, {})).size(), 1u);
}

CAF_TEST(a pipeline says who is taught and another teaching is another definition) {
  const auto definition = watching();
  const auto plan = compiled(definition);
  CAF_REQUIRE_EQUAL(plan->lookups().size(), 1u);
  CAF_CHECK(plan->lookups()[0].thresholds);
  auto silent = definition;
  for (auto& each : silent.detectors)
    each.feedback = config::feedback::off;
  CAF_CHECK(compiled(silent)->lookups().empty());
  CAF_CHECK(compiled(silent)->hash() != plan->hash());
  auto rekeyed = definition;
  rekeyed.rekey = "g";
  CAF_CHECK_EQUAL(compiled(rekeyed)->lookups().size(), 1u);
}
