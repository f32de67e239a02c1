// The detector `peers` held against its definition: the median of the others taken away by a plain search, the rest watched by hand.
#define CAF_SUITE analytics.peers

#include "analytics/peer_stage.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/detector.hpp"
#include "analytics/lookup_table.hpp"
#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

struct reading {
  std::int64_t time = 0;
  std::string group; ///< the pipeline's key
  std::string member;
  double x = 0;
};

config::pipeline odd_ones(const char* parameters) {
  auto made = readings();
  config::detect detect;
  detect.name = "odd";
  detect.detector = "peers";
  detect.field = "x";
  detect.parameters = object(parameters);
  made.detectors = {detect};
  return made;
}

std::vector<message> as_messages(const std::vector<reading>& all) {
  std::vector<message> made;
  for (const auto& x : all) {
    message next;
    next.offset = static_cast<std::int64_t>(made.size());
    next.key = x.group;
    next.value = R"({"id": ")" + x.group + R"(", "t": ")" + to_iso8601({x.time}) + R"(", "m": ")" + x.member +
                 R"(", "x": )" + boost::json::serialize(boost::json::value(x.x)) + "}";
    made.push_back(std::move(next));
  }
  return made;
}

constexpr std::int64_t begin = 1'767'592'800'000;

/// Two groups of a few members with gaps and disorder, and steps of single members now and then.
std::vector<reading> random_readings(std::uint64_t seed, std::size_t n) {
  std::mt19937_64 bits{seed};
  const auto below = [&](std::uint64_t most) { return static_cast<std::int64_t>(bits() % most); };
  std::vector<reading> made;
  auto now = begin;
  while (made.size() < n) {
    now += below(50) == 0 ? below(60'000) : below(1'500);
    reading next{now - (below(5) == 0 ? below(5'000) : 0), below(3) == 0 ? "south" : "north",
                 std::string(1, static_cast<char>('a' + below(6))), static_cast<double>(below(100)) / 10};
    if (below(15) == 0)
      next.x += 50;
    made.push_back(next);
  }
  return made;
}

/// A shift detector with a short memory: it alarms often.
constexpr const char* often =
    R"({"member": "m", "within": "12s", "least": 2, "of": "shift", "short": 1, "long": 4, "threshold": 2, "refractory": "5s"})";

std::shared_ptr<const detector> shift() {
  config::detect plain;
  plain.name = "odd";
  plain.detector = "shift";
  plain.field = "x";
  plain.parameters = object(R"({"short": 1, "long": 4, "threshold": 2, "refractory": "5s"})");
  auto made = make_detector(plain, "detect[0]");
  RC_ASSERT(made.has_value());
  return *made;
}

struct expected_alert {
  std::string member;
  double score = 0;
  double median = 0;
  std::size_t others = 0;
};

/// By offset.
std::map<std::int64_t, expected_alert> naive(const std::vector<reading>& all,
                                             const std::map<std::string, double>& taught = {}) {
  const auto watching = shift();
  std::map<std::pair<std::string, std::string>, std::unique_ptr<series_detector>> series;
  std::map<std::pair<std::string, std::string>, std::pair<std::int64_t, double>> newest; // and the latest time
  std::map<std::int64_t, expected_alert> found;
  auto highest = INT64_MIN / 2;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& now = all[i];
    const auto fed = now.time >= highest - 3'000;
    highest = std::max(highest, now.time);
    if (!fed)
      continue;
    const std::pair who{now.group, now.member};
    std::vector<double> others;
    for (const auto& [other, value] : newest)
      if (other.first == now.group && other != who && value.first > now.time - 12'000)
        others.push_back(value.second);
    auto& mine = newest.try_emplace(who, std::pair{INT64_MIN, 0.0}).first->second;
    mine = {std::max(mine.first, now.time), now.x};
    if (others.size() < 2)
      continue;
    std::sort(others.begin(), others.end());
    const auto n = others.size();
    const auto median = n % 2 == 1 ? others[n / 2] : (others[n / 2 - 1] + others[n / 2]) / 2;
    auto& its = series[who];
    if (!its)
      its = watching->fresh();
    const auto at_least = taught.contains(now.member) ? taught.at(now.member) : 0;
    if (const auto said = its->observe({now.time}, value::of(now.x - median), at_least); said.alarm)
      found[static_cast<std::int64_t>(i)] = {now.member, said.score, median, n};
  }
  return found;
}

outcome uninterrupted(const std::shared_ptr<const pipeline_plan>& plan, const std::vector<message>& messages) {
  auto task = make_engine(plan, "readings", 0);
  outcome result;
  RC_ASSERT(!take_all(*task, messages, result).has_value());
  return result;
}

} // namespace

CAF_TEST(alarms are those of the watching detector over the distance from the others) {
  auto plan = compiled(odd_ones(often));
  std::size_t alarms = 0;
  auto holds = rc::check("peers", [&](std::uint64_t seed) {
    const auto all = random_readings(seed, 200);
    const auto expected = naive(all);
    const auto result = uninterrupted(plan, as_messages(all));
    const auto alerts = result.of(collection::alerts);
    RC_ASSERT(alerts.size() == expected.size());
    alarms += alerts.size();
    for (const auto* each : alerts) {
      const auto& what = expected.at(each->body.at("source").at("offset").as_int64());
      RC_ASSERT(each->body.at("entity").as_string() == what.member);
      RC_ASSERT(each->body.at("score").to_number<double>() == what.score);
      const auto& evidence = each->body.at("evidence");
      RC_ASSERT(evidence.at("peers").to_number<std::size_t>() == what.others);
      RC_ASSERT(std::fabs(evidence.at("peers_median").to_number<double>() - what.median) < 1e-12);
    }
  });
  CAF_CHECK(holds);
  CAF_CHECK(alarms > 100);
}

CAF_TEST(verdicts raise the threshold of the member that they are about) {
  auto plan = compiled(odd_ones(often));
  const auto taught = lookup_table::parse(lookup_table::format::topic,
                                          R"({"key": "odd/a", "since": 0, "row": {"threshold": 0.8}})"
                                          "\n",
                                          "key", {"threshold"});
  std::size_t fewer = 0;
  auto holds = rc::check("taught", [&](std::uint64_t seed) {
    const auto all = random_readings(seed, 200);
    const auto expected = naive(all, {{"a", 0.8}});
    auto task = make_engine(plan, "readings", 0);
    task->use({*taught});
    outcome result;
    RC_ASSERT(!take_all(*task, as_messages(all), result).has_value());
    const auto alerts = result.of(collection::alerts);
    RC_ASSERT(alerts.size() == expected.size());
    for (const auto* each : alerts)
      RC_ASSERT(each->body.at("score").to_number<double>() ==
                expected.at(each->body.at("source").at("offset").as_int64()).score);
    fewer += naive(all).size() - expected.size();
  });
  CAF_CHECK(holds);
  CAF_CHECK(fewer > 20);
}

CAF_TEST(after a crash peers go on as if there had been none and deltas hold what a base would) {
  auto plan = compiled(odd_ones(often));
  auto holds = rc::check("crashes", [&](std::uint64_t seed) {
    const auto messages = as_messages(random_readings(seed, 150));
    const auto expected = uninterrupted(plan, messages);
    std::mt19937_64 bits{seed + 1};
    outcome stored;
    effects done;
    std::map<std::string, std::string> chain;
    auto task = make_engine(plan, "readings", 0);
    bool first = true;
    std::int64_t from = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      RC_ASSERT(task->take(messages[i].raw(), done).has_value());
      stored.carry_out(done);
      const auto dice = bits() % 12;
      if (dice == 0) {
        for (auto& entry : saved(*task, !first)) {
          if (entry.value)
            chain[entry.key] = *entry.value;
          else
            RC_ASSERT(chain.erase(entry.key) == 1);
        }
        first = false;
        from = task->next_offset();
        std::map<std::string, std::string> base;
        for (auto& entry : saved(*task, false))
          base[entry.key] = *entry.value;
        RC_ASSERT(chain == base);
      } else if (dice == 1 && !first) {
        std::vector<state_entry> entries;
        for (const auto& [key, value] : chain)
          entries.push_back({key, value});
        task = make_engine(plan, "readings", 0);
        task->restore(entries);
        i = static_cast<std::size_t>(from) - 1;
      }
    }
    auto difference = stored.differs_from(expected);
    if (!difference.empty())
      RC_FAIL(difference);
  });
  CAF_CHECK(holds);
}

CAF_TEST(what the whole group does is ordinary and who leaves it alone is not ) {
  auto plan = compiled(odd_ones(R"({"member": "m", "within": "2m", "alarms_per_day": 0.01})"));
  std::mt19937_64 bits{7};
  std::normal_distribution<double> noise{0, 0.2};
  std::vector<reading> all;
  for (std::int64_t i = 0; i < 1'500; ++i)
    for (auto m = 0; m < 8; ++m) {
      const auto front = 8 * std::clamp(static_cast<double>(i - 900) / 90, 0.0, 1.0); // the whole district
      const auto own = m == 3 && i >= 1'200 ? 4.0 : 0;                                // one of its sensors
      all.push_back({begin + i * 60'000LL + m * 1'000LL, "north", "s" + std::to_string(m),
                     20 + m * 0.1 + front + own + noise(bits)});
    }
  const auto result = uninterrupted(plan, as_messages(all));
  const auto alerts = result.of(collection::alerts);
  CAF_REQUIRE(!alerts.empty());
  for (const auto* each : alerts) {
    CAF_CHECK_EQUAL(each->body.at("entity").as_string(), "s3");
    CAF_CHECK(each->body.at("time").as_int64() >= begin + 1'200 * 60'000LL);
  }
  const auto& first = *std::min_element(alerts.begin(), alerts.end(),
                                        [](const auto* a, const auto* b) { return a->offset < b->offset; });
  CAF_CHECK(first->body.at("time").as_int64() <= begin + 1'210 * 60'000LL);
  CAF_CHECK(first->body.at("reason").as_string().find("of 7 others of north") != boost::json::string::npos);
}

CAF_TEST(what is wrong with peers is told by its path) {
  const auto wrong = [](const char* parameters) {
    auto made = pipeline_plan::compile(odd_ones(parameters));
    std::string all;
    if (!made)
      for (const auto& each : made.error())
        all += each.path + ": " + each.sentence + "\n";
    return all;
  };
  CAF_CHECK_EQUAL(wrong(R"({"member": "m", "alarms_per_day": 0.1})"), "");
  CAF_CHECK_EQUAL(wrong("{}"), "detect[0].member: is missing: the field that says who in the group a value is of\n");
  CAF_CHECK_EQUAL(wrong(R"({"member": "m", "least": 1})"), "detect[0].least: 1 is no whole number from 2 to 1000000\n");
  CAF_CHECK(wrong(R"({"member": "m", "of": "peers"})").starts_with("detect[0].detector: there is no detector peers"));
  CAF_CHECK(
      wrong(R"({"member": "m", "nonsense": 1})").starts_with("detect[0].nonsense: the detector auto has no parameter"));
}
