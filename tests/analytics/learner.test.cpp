// The detector `learner`: which label an event is learnt with, against a plain model; what scores may depend on; and that it learns.
#define CAF_SUITE analytics.learner

#include "analytics/learner_stage.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <caf/test/unit_test.hpp>
#include <fmt/core.h>
#include <rapidcheck.h>

#include "analytics/compiled_pipeline.hpp"
#include "analytics/topic_table.hpp"
#include "pipelines.hpp"
#include "two_halves.hpp"

using namespace throng;
using namespace throng::test;

namespace {

constexpr const char* alarming =
    R"({"fields": ["x", "y"], "labels": "truth", "begin": "begin", "end": "end", "bad": "bad",
        "wait": "20s", "least": 1, "sensitivity": 0.9, "hold": 100})";

config::pipeline learning(const char* parameters = alarming) {
  auto made = readings();
  config::enrichment table;
  table.topic = "truth";
  table.on = "id";
  table.add = {"begin", "end", "bad"};
  table.timestamp = "at";
  table.timestamp_unit = config::timestamp_unit::ms;
  made.enrich = {table};
  made.detectors.emplace_back();
  made.detectors[0].name = "learnt";
  made.detectors[0].detector = "learner";
  made.detectors[0].parameters = object(parameters);
  return made;
}

struct seen_event {
  std::int64_t time;
  std::string id, x, y; ///< x and y as JSON
  message text(std::int64_t offset) const {
    auto made = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({time}) + R"(", "x": )" + x + R"(, "y": )" + y + "}";
    return {offset, made, id};
  }
};

struct label {
  std::int64_t at;
  std::string id;
  std::int64_t begin;
  std::optional<std::int64_t> end;
  bool bad;
  message text() const {
    return {0,
            fmt::format(R"({{"at": {}, "begin": "{}", "end": {}, "bad": {}}})", at, to_iso8601({begin}),
                        end ? std::to_string(*end) : "null", bad),
            id, at};
  }
};

lookup_tables table_of(const config::pipeline& definition, const std::vector<label>& labels) {
  topic_table rows{definition.enrich[0]};
  for (const auto& each : labels)
    if (auto wrong = rows.take(each.text().raw()))
      throw std::runtime_error(*wrong);
  return {*rows.table()};
}

/// Offset to score and evidence.
using alerts = std::map<std::int64_t, std::pair<double, std::string>>;

void add(const effects& from, std::int64_t offset, alerts& into) {
  for (const auto& each : from.documents)
    if (each.into == collection::alerts)
      into[offset] = {each.body.at("score").as_double(), boost::json::serialize(each.body.at("evidence"))};
}

/// @param crashes by offset: a checkpoint is written before it, or state is read back
alerts run(const config::pipeline& definition, const std::vector<seen_event>& events, const std::vector<label>& labels,
           std::uint64_t seed = 0, const std::shared_ptr<const lookup_table>& thresholds = nullptr) {
  auto plan = compiled(definition);
  checkpointed kept{[plan] { return make_engine(plan, "readings", 0); }};
  auto table = table_of(definition, labels);
  if (thresholds)
    table.push_back(thresholds);
  kept.task->use(table);
  std::mt19937_64 draw{seed};
  alerts found;
  effects ignored;
  kept.checkpoint(ignored);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(events.size());) {
    effects now;
    if (!kept.task->take(events[static_cast<std::size_t>(i)].text(i).raw(), now))
      throw std::runtime_error("an event was refused");
    add(now, i, found);
    ++i;
    if (seed > 0 && draw() % 40 == 0)
      kept.checkpoint(ignored);
    if (seed > 0 && draw() % 90 == 0) {
      kept.crash();
      i = kept.task->next_offset();
    }
  }
  return found;
}

/// Bad ones have a high x or an odd y, mostly; a label comes some time after, an open one now and then before it is closed.
struct world {
  std::vector<seen_event> events;
  std::vector<label> labels;
};

world draw_world(std::uint64_t seed, std::size_t n) {
  std::mt19937_64 bits{seed};
  const auto below = [&](std::uint64_t x) { return static_cast<std::int64_t>(bits() % x); };
  world made;
  std::int64_t now = 1'000'000;
  for (std::size_t i = 0; i < n; ++i) {
    now += below(300);
    const auto bad = below(20) == 0;
    const auto time = now - (below(8) == 0 ? below(5'000) : 0);
    const std::string id(1, static_cast<char>('a' + below(8)));
    auto x = std::to_string(bad && below(4) != 0 ? 200 + below(1'000) : below(100));
    made.events.push_back({time, id, below(15) == 0 ? "null" : x, bad ? "\"odd\"" : "\"usual\""});
    if (below(bad ? 2 : 200) != 0)
      continue;
    const auto delay = below(40'000);
    if (below(3) == 0)
      made.labels.push_back({time + delay / 2, id, time, std::nullopt, true});
    made.labels.push_back({time + delay, id, time, time + below(3), below(6) != 0});
  }
  std::stable_sort(made.labels.begin(), made.labels.end(), [](const label& a, const label& b) { return a.at < b.at; });
  // A table keeps one version of a row and time.
  std::set<std::pair<std::string, std::int64_t>> taken;
  std::erase_if(made.labels, [&](const label& each) { return !taken.emplace(each.id, each.at).second; });
  return made;
}

learner_cell cell(const std::string& json) {
  if (json == "null")
    return {};
  if (json.front() == '"')
    return learner_cell::of(value::of(std::string_view{json}.substr(1, json.size() - 2)));
  return learner_cell::of(value::of(std::stod(json)));
}

/// By the definition: each event is learnt from once, when the watermark is `wait` past it or more than `hold` wait, with the labels
/// that had come by then.
/// @param taught by entity, what verdicts have made of the threshold
alerts naive(const world& of, std::int64_t wait, std::size_t hold, const alarm_terms& terms,
             const std::map<std::string, double>& taught = {}) {
  online_learner learner{2};
  std::map<std::string, incident> rings;
  std::vector<std::pair<seen_event, std::vector<learner_cell>>> waiting;
  auto highest = INT64_MIN / 2;
  alerts found;
  const auto learn = [&](std::int64_t watermark) {
    const auto& [each, row] = waiting.front();
    const auto known = std::min(each.time + wait, watermark);
    const auto bad = std::any_of(of.labels.begin(), of.labels.end(), [&, &each = each](const label& l) {
      return l.id == each.id && l.bad && l.at <= known && l.begin <= each.time && each.time <= l.end.value_or(l.at);
    });
    learner.learn(row.data(), bad);
    waiting.erase(waiting.begin());
  };
  for (std::size_t i = 0; i < of.events.size(); ++i) {
    const auto& e = of.events[i];
    const auto before = highest - 3'000;
    highest = std::max(highest, e.time);
    if (e.time >= before) {
      std::vector<learner_cell> row{cell(e.x), cell(e.y)};
      learner.meet(row.data());
      const auto said = rings[e.id].judge(terms, {e.time}, learner.surprise(learner.margin(row.data()), 1), false,
                                          taught.contains(e.id) ? taught.at(e.id) : 0);
      if (said.alarm)
        found[static_cast<std::int64_t>(i)] = {said.score, ""};
      waiting.emplace_back(e, std::move(row));
      if (waiting.size() > hold)
        learn(before);
    }
    while (!waiting.empty() && waiting.front().first.time + wait <= highest - 3'000)
      learn(highest - 3'000);
  }
  return found;
}

/// What people have said by a message of alerts, by entity and time.
using verdicts = std::map<std::pair<std::string, std::int64_t>, bool>;
struct version {
  std::size_t from;
  verdicts said;
};

config::pipeline judged(const char* parameters) {
  auto made = learning(parameters);
  made.enrich[0] = {};
  made.enrich[0].verdicts = true;
  made.enrich[0].on = "id";
  made.enrich[0].add = {"time", "right"};
  made.detectors[0].feedback = config::feedback::off;
  made.rules = {rule("large", R"({"x": {"$gt": 300}})")};
  return made;
}

constexpr const char* by_verdicts = R"({"fields": ["x", "y"], "labels": "verdicts", "begin": "time", "end": "time",
    "bad": "right", "wait": "10s", "late": "60s", "least": 1, "sensitivity": 0.9, "hold": 60})";

std::shared_ptr<const lookup_table> table_of(const verdicts& said) {
  std::string text;
  for (const auto& [alert, right] : said)
    text += fmt::format(R"({{"key": "{}", "since": {}, "row": {{"time": {}, "right": {}}}}})"
                        "\n",
                        alert.first, alert.second, alert.second, right);
  return *lookup_table::parse(lookup_table::format::topic, text, "id", {"time", "right"});
}

/// Some of the events that a rule rings for are judged, a few of them otherwise later.
std::vector<version> draw_versions(const world& of, std::uint64_t seed) {
  std::mt19937_64 bits{seed};
  std::vector<version> made;
  verdicts said;
  for (std::size_t from = 20; from < of.events.size(); from += 10 + bits() % 60) {
    for (std::size_t i = from > 250 ? from - 250 : 0; i < from; ++i)
      if (const auto x = cell(of.events[i].x); x.is == learner_cell::kind::number && x.x > 300 && bits() % 8 == 0)
        said[{of.events[i].id, of.events[i].time}] = bits() % 4 != 0;
    made.push_back({from, said});
  }
  return made;
}

alerts run(const config::pipeline& definition, const world& of, const std::vector<version>& versions,
           std::uint64_t seed) {
  const auto plan = compiled(definition);
  checkpointed kept{[plan] { return make_engine(plan, "readings", 0); }};
  std::mt19937_64 draw{seed};
  alerts found;
  effects ignored;
  kept.checkpoint(ignored);
  std::size_t next = 0;
  for (std::size_t i = 0; i < of.events.size();) {
    if (next < versions.size() && versions[next].from <= i) {
      kept.task->use({table_of(versions[next].said)});
      kept.checkpoint(ignored); // as processors do, before the next message
      ++next;
    }
    effects now;
    if (!kept.task->take(of.events[i].text(static_cast<std::int64_t>(i)).raw(), now))
      throw std::runtime_error("an event was refused");
    for (const auto& each : now.documents)
      if (each.body.at("detector").as_string() == "learnt")
        found[static_cast<std::int64_t>(i)] = {each.body.at("score").as_double(), ""};
    ++i;
    if (seed > 0 && draw() % 40 == 0)
      kept.checkpoint(ignored);
    if (seed > 0 && draw() % 90 == 0) {
      kept.crash();
      i = static_cast<std::size_t>(kept.task->next_offset());
    }
  }
  return found;
}

/// By the definition: as above, and an event that rang is learnt from again when what is said of it changes.
alerts naive(const world& of, const std::vector<version>& versions, std::int64_t late, const alarm_terms& terms,
             std::size_t& corrections) {
  constexpr std::int64_t wait = 10'000;
  constexpr std::size_t hold = 60;
  struct entry {
    seen_event event;
    std::vector<learner_cell> row;
    std::optional<bool> learnt = std::nullopt;
  };
  online_learner learner{2};
  std::map<std::string, incident> rings;
  std::map<std::size_t, entry> waits;
  std::map<std::size_t, entry> rung; // and learnt from, or still waiting
  verdicts said;
  auto highest = INT64_MIN / 2;
  alerts found;
  const auto is_bad = [&](const seen_event& e) {
    const auto verdict = said.find({e.id, e.time});
    return verdict != said.end() && verdict->second;
  };
  const auto learn_first = [&] {
    auto& [number, each] = *waits.begin();
    learner.learn(each.row.data(), is_bad(each.event));
    if (rung.contains(number))
      rung[number].learnt = is_bad(each.event);
    waits.erase(waits.begin());
  };
  for (std::size_t i = 0; i < of.events.size(); ++i) {
    for (const auto& each : versions)
      if (each.from == i) {
        said = each.said;
        for (auto& [number, was] : rung)
          if (was.learnt && *was.learnt != is_bad(was.event)) {
            learner.learn(was.row.data(), is_bad(was.event));
            was.learnt = is_bad(was.event);
            ++corrections;
          }
      }
    const auto& e = of.events[i];
    const auto before = highest - 3'000;
    highest = std::max(highest, e.time);
    if (e.time >= before) {
      std::vector<learner_cell> row{cell(e.x), cell(e.y)};
      learner.meet(row.data());
      const auto told = rings[e.id].judge(terms, {e.time}, learner.surprise(learner.margin(row.data()), 1), false);
      if (told.alarm)
        found[static_cast<std::int64_t>(i)] = {told.score, ""};
      waits[i] = {e, row};
      if (waits.size() > hold)
        learn_first();
      if (late > 0 && (told.alarm || (e.x != "null" && std::stod(e.x) > 300))) {
        rung[i] = {e, row};
        if (rung.size() > hold)
          rung.erase(rung.begin());
      }
    }
    if (highest - 3'000 == before)
      continue; // only the watermark lets go
    while (!waits.empty() && waits.begin()->second.event.time + wait <= highest - 3'000)
      learn_first();
    while (!rung.empty() && rung.begin()->second.event.time + wait + late <= highest - 3'000)
      rung.erase(rung.begin());
  }
  return found;
}

double normal(std::mt19937_64& bits) {
  double sum = -6;
  for (int k = 0; k < 12; ++k)
    sum += static_cast<double>(bits() >> 11U) * 0x1p-53;
  return sum;
}

} // namespace

CAF_TEST(alerts are those of a plain model and the same over checkpoints and crashes at any point) {
  std::size_t all = 0;
  rc::check("naive", [&](std::uint64_t seed) {
    const auto made = draw_world(seed, 1'200);
    const auto definition = learning();
    const auto plan = compiled(definition);
    const auto expected = naive(made, 20'000, 100, plan->compiled().learners[0].terms);
    const auto found = run(definition, made.events, made.labels);
    all += found.size();
    RC_ASSERT(found.size() == expected.size());
    for (const auto& [offset, told] : expected) {
      RC_ASSERT(found.contains(offset));
      RC_ASSERT(found.at(offset).first == told.first);
    }
    RC_ASSERT(run(definition, made.events, made.labels, seed | 1U) == found);
  });
  CAF_CHECK(all > 500);
}

CAF_TEST(verdicts raise the threshold of the entity that they are about) {
  std::size_t fewer = 0;
  const auto thresholds = *lookup_table::parse(lookup_table::format::topic,
                                               R"({"key": "learnt/a", "since": 0, "row": {"threshold": 0.4}})"
                                               "\n",
                                               "key", {"threshold"});
  rc::check("taught", [&](std::uint64_t seed) {
    const auto made = draw_world(seed, 1'200);
    const auto definition = learning();
    const auto terms = compiled(definition)->compiled().learners[0].terms;
    const auto expected = naive(made, 20'000, 100, terms, {{"a", 0.4}});
    const auto found = run(definition, made.events, made.labels, 0, thresholds);
    RC_ASSERT(found.size() == expected.size());
    for (const auto& [offset, told] : expected)
      RC_ASSERT(found.contains(offset) && found.at(offset).first == told.first);
    RC_ASSERT(run(definition, made.events, made.labels, seed | 1U, thresholds) == found);
    fewer += naive(made, 20'000, 100, terms).size() - found.size();
  });
  CAF_CHECK(fewer > 20);
}

CAF_TEST(a label changes no score of an event that lies before it) {
  rc::check("causal", [](std::uint64_t seed) {
    auto made = draw_world(seed, 1'200);
    const auto definition = learning();
    const auto whole = run(definition, made.events, made.labels);
    const auto middle = made.events[made.events.size() / 2].time;
    std::int64_t until = 0; // the first event by which such a label may count: the watermark has reached it
    auto highest = INT64_MIN / 2;
    for (; highest - 3'000 < middle; ++until)
      highest = std::max(highest, made.events[static_cast<std::size_t>(until)].time);
    std::erase_if(made.labels, [&](const label& each) { return each.at > middle; });
    const auto part = run(definition, made.events, made.labels);
    for (std::int64_t i = 0; i < until; ++i)
      RC_ASSERT(whole.contains(i) == part.contains(i) && (!whole.contains(i) || whole.at(i) == part.at(i)));
  });
}

CAF_TEST(a verdict that comes behind the wait is learnt as one more event and the same over crashes) {
  std::size_t corrections = 0;
  std::size_t differing = 0;
  rc::check("late", [&](std::uint64_t seed) {
    const auto made = draw_world(seed, 1'200);
    const auto versions = draw_versions(made, seed + 1);
    const auto definition = judged(by_verdicts);
    const auto terms = compiled(definition)->compiled().learners[0].terms;
    const auto expected = naive(made, versions, 60'000, terms, corrections);
    const auto found = run(definition, made, versions, 0);
    RC_ASSERT(found == expected);
    RC_ASSERT(run(definition, made, versions, seed | 1U) == expected);
    auto without = definition;
    without.detectors[0].parameters["late"] = "0s";
    differing += run(without, made, versions, seed | 1U) == expected ? 0U : 1U;
  });
  CAF_MESSAGE(corrections << " corrections, and " << differing << " of 100 worlds whose alerts differ by them");
  CAF_CHECK(corrections > 500);
  CAF_CHECK(differing > 50);
}

CAF_TEST(no more events wait than it may hold) {
  const auto made = draw_world(7, 2'000);
  auto definition = learning();
  definition.detectors[0].parameters["wait"] = "1d";
  auto task = make_engine(compiled(definition), "readings", 0);
  task->use(table_of(definition, made.labels));
  for (std::size_t i = 0; i < made.events.size(); ++i) {
    effects now;
    CAF_REQUIRE(task->take(made.events[i].text(static_cast<std::int64_t>(i)).raw(), now).has_value());
    if (i % 500 != 499)
      continue;
    std::uint64_t held = 0;
    for (const auto& entry : saved(*task, false))
      if (entry.key.starts_with("l/0/b/")) {
        byte_reader in{*entry.value};
        in.varint();
        held += in.varint();
      }
    CAF_CHECK_EQUAL(held, 100u);
  }
}

CAF_TEST(without a bad event it is quiet) {
  auto made = draw_world(9, 3'000);
  made.labels.clear();
  CAF_CHECK(run(learning(), made.events, made.labels).empty());
}

CAF_TEST(it finds what is like the events that labels called bad and rings for hardly any other) {
  std::mt19937_64 bits{11};
  world made;
  std::set<std::int64_t> bad;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const auto is_bad = bits() % 50 == 0;
    // Many: what is left of an entity's incident keeps the next quiet.
    const auto id = fmt::format("e{}", bits() % 20'000);
    const auto time = 1'000'000 + i * 1'000;
    if (is_bad) {
      bad.insert(i);
      made.labels.push_back({time + 300'000, id, time, time, true});
    }
    // Each of the two alone says little.
    made.events.push_back({time, id, fmt::format("{}", std::exp(normal(bits) + (is_bad ? 4 : 0))),
                           fmt::format("{}", normal(bits) - (is_bad ? 4 : 0))});
  }
  auto definition = learning(R"({"fields": ["x", "y"], "labels": "truth", "begin": "begin", "end": "end", "bad": "bad",
                                 "wait": "10m", "sensitivity": 0.571428})"); // one good event in 1,000
  const auto found = run(definition, made.events, made.labels);
  std::size_t right = 0;
  std::size_t wrong = 0;
  std::size_t all = 0;
  for (std::int64_t i = 5'000; i < 20'000; ++i) {
    all += bad.contains(i) ? 1U : 0U;
    if (found.contains(i))
      ++(bad.contains(i) ? right : wrong);
  }
  CAF_MESSAGE(right << " of " << all << " bad, and " << wrong << " of " << 15'000 - all << " good");
  CAF_CHECK(static_cast<double>(right) > 0.9 * static_cast<double>(all));
  CAF_CHECK(wrong <= 45u); // 15 would be exact; the model moves on while it is measured
}

CAF_TEST(where labels have nothing to do with the fields it keeps to its budget) {
  for (std::uint64_t seed : {1, 2, 3}) {
    std::mt19937_64 bits{seed};
    world made;
    for (std::int64_t i = 0; i < 20'000; ++i) {
      const auto id = fmt::format("e{}", bits() % 500);
      const auto time = 1'000'000 + i * 1'000;
      if (bits() % 50 == 0)
        made.labels.push_back({time + 300'000, id, time, time, true});
      made.events.push_back({time, id, fmt::format("{}", normal(bits)), fmt::format("{}", std::exp(normal(bits)))});
    }
    auto definition =
        learning(R"({"fields": ["x", "y"], "labels": "truth", "begin": "begin", "end": "end", "bad": "bad",
                                   "wait": "10m", "sensitivity": 0.571428})");
    const auto n = run(definition, made.events, made.labels).size();
    CAF_MESSAGE("alarms in 20,000 events of which one in 1,000 may ring: " << n);
    CAF_CHECK(n <= 40u);
  }
}

CAF_TEST(what is wrong with a learner is said with what is allowed) {
  const auto said = [](config::pipeline definition) {
    auto plan = pipeline_plan::compile(std::move(definition));
    return plan ? std::string{} : plan.error().front().path + ": " + plan.error().front().sentence;
  };
  auto made = learning();
  CAF_CHECK_EQUAL(said(made), "");
  made.detectors[0].parameters["labels"] = "truht";
  CAF_CHECK_EQUAL(said(made), "detect[0].labels: \"truht\" is no topic or lookup of this pipeline's `enrich`, which "
                              "has: truth; behind rekey or join there are none");
  made = learning();
  made.detectors[0].parameters["bad"] = "evil";
  CAF_CHECK_EQUAL(said(made),
                  "detect[0].bad: evil is not among the fields that `enrich` adds of truth: begin, end, bad");
  made = learning();
  made.detectors[0].parameters["late"] = "1d";
  CAF_CHECK_EQUAL(said(made),
                  "detect[0].late: belongs to labels that are verdicts, and truth is a table of others: give "
                  "`wait` the time that its rows need");
  made = learning();
  made.detectors[0].parameters.erase("fields");
  CAF_CHECK_EQUAL(said(made), "detect[0].fields: are 0; a learner looks at 1 to 1000");
  made = learning();
  made.detectors[0].field = "x";
  CAF_CHECK_EQUAL(said(made), "detect[0].field: a learner looks at several fields: name them in `fields`");
  CAF_CHECK(
      compiled(learning())
          ->explain()
          .find("Learner learnt scores each event by x, y, and learns from it 20s later, as bad if truth says so") !=
      std::string::npos);
}
