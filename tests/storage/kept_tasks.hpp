// The tasks whose checkpoints lie in kept/, over the streams that they were made of. Nothing here may change once a checkpoint is kept: it
// belongs to its definition and its stream.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../analytics/pipelines.hpp"
#include "analytics/lookup_table.hpp"
#include "analytics/recorder.hpp"
#include "storage/checkpoint_log.hpp"

namespace throng::test {

/// A task with all that it keeps between two messages.
struct kept_task {
  std::string name;
  std::function<std::unique_ptr<partition_task>()> make;
  std::vector<message> messages;
  std::size_t base = 0;       ///< messages that the checkpoint's base holds
  std::size_t taken = 0;      ///< and its delta
  std::string first_entry;    ///< the one that begins with the state's version
  lookup_tables lookups = {}; ///< offered before the first message

  storage::checkpoint_identity identity() const {
    auto task = make();
    return {task->owner(), "readings", 3, task->definition(), "kept:readings", 4};
  }
};

inline config::detect detector(std::string name, const char* parameters = "{}") {
  config::detect made;
  made.detector = made.name = std::move(name);
  made.field = "x";
  made.parameters = object(parameters);
  return made;
}

/// Every stage, and every kind of each that keeps something.
inline config::pipeline every_stage() {
  auto made = readings();
  made.name = "kept";
  made.where = object(R"({"g": {"$ne": "dropped"}})");
  made.enrich = {{"zones.csv", "", "g", "", {"zone"}, object(R"({"zone": "nowhere"})")}};
  made.derive = {{"twice", boost::json::parse(R"({"$multiply": ["$x", 2]})")}};

  auto histogram = aggregate("sum");
  histogram = {config::aggregate_kind::histogram, 0, "histogram", {-2, 0, 5}, {}};
  config::aggregate ewma{config::aggregate_kind::ewma, 0, "ewma_10s", {}, milliseconds{10'000}};
  const std::vector<std::string> all{"count",  "sum",      "mean", "min",   "max",
                                     "stddev", "variance", "p50",  "p99.9", "distinct"};
  auto plain = tumbling("plain", milliseconds{10'000}, {"g"});
  plain.lateness = milliseconds{8'000};
  plain.aggregates = {aggregates("x", all), aggregates("id", {"distinct", "first", "last", "top_10"})};
  plain.aggregates[0].second.push_back(histogram);
  auto hops = hopping("hops", milliseconds{30'000}, milliseconds{8'000}, {"zone"});
  hops.lateness = milliseconds{20'000};
  hops.emit_every = milliseconds{5'000};
  hops.aggregates = {aggregates("twice", all)};
  auto visits = session("visits", milliseconds{4'000}, {"id", "g"});
  visits.lateness = milliseconds{6'000};
  visits.aggregates = {aggregates("x", all)};
  auto minutes = tumbling("minutes", milliseconds{60'000}, {"id"});
  minutes.aggregates = {aggregates("x", {"mean"})};
  minutes.aggregates[0].second.push_back(ewma);
  minutes.aggregates[0].second.push_back({config::aggregate_kind::rate, 0, "rate", {}, {}});
  minutes.aggregates[0].second.push_back({config::aggregate_kind::delta, 0, "delta", {}, {}});
  auto days = calendar_window("days", "1d", "Europe/Vienna", {"g"});
  days.aggregates = {aggregates("x", {"count", "p50"})};
  made.windows = {plain, hops, visits, minutes, days};

  made.features = {
      feature("n", milliseconds{20'000}, "count"),        feature("total", milliseconds{20'000}, "sum", "x"),
      feature("mean", milliseconds{50'000}, "mean", "x"), feature("least", milliseconds{20'000}, "min", "x"),
      feature("most", milliseconds{40'000}, "max", "x"),  feature("kinds", milliseconds{30'000}, "distinct", "x"),
      feature("last", milliseconds{30'000}, "last", "x"), feature("since", milliseconds{10'000}, "since"),
      feature("seen", milliseconds{50'000}, "seen", "g"), feature("speed", milliseconds{25'000}, "speed", "x")};
  made.features.back().lon = "x";
  made.features[0].where = object(R"({"x": {"$gt": 1}})");

  made.detectors = {
      detector("auto"),
      detector("cusum"),
      detector("ensemble"),
      detector("ewma"),
      detector("forest", R"({"trees": 2, "sample": 32, "shingle": 2})"),
      detector("half_space_trees", R"({"trees": 2, "depth": 3, "window": 20})"),
      detector("hampel", R"({"window": 12})"),
      detector("novelty"),
      detector("rate"),
      detector("seasonal"),
      detector("shift", R"({"short": 2, "long": 6, "threshold": 1.5, "refractory": "20s", "forget": "40s"})"),
      detector("silence"),
      detector("spot"),
      detector("stuck"),
      detector("threshold", R"({"above": 12, "margin": 1})")};

  auto until = rule("until", R"({"x": {"$gt": 12}})");
  until.until = object(R"({"x": {"$lt": -3}})");
  config::rule sequence;
  sequence.name = "sequence";
  sequence.sequence = {object(R"({"x": {"$gt": 10}})"), object(R"({"x": {"$lt": 0}})"),
                       object(R"({"x": {"$gt": 10}})")};
  sequence.within = milliseconds{60'000};
  sequence.without = object(R"({"g": "dropped"})");
  config::rule absent;
  absent.name = "absent";
  absent.absent = milliseconds{7'000};
  config::rule over;
  over.name = "over";
  over.window = "minutes";
  over.when = object(R"({"events": {"$gt": 3}})");
  over.windows = 2;
  made.rules = {rule("high", R"({"n": {"$gt": 2}})", milliseconds{15'000}, "{n} of {id}"), until, sequence, absent,
                over};
  return made;
}

inline std::vector<message> kept_readings() {
  std::vector<message> made;
  for (int i = 0; i < 240; ++i) {
    auto time = 1'767'653'900'000 + i * 1'100LL - (i % 7 == 3 ? 9'000 : 0) -
                (i % 11 == 5 ? 2'000 : 0); // over midnight in Vienna
    message next;
    next.offset = i;
    next.key = std::string(1, "abc"[i % 3]);
    next.value = R"({"id": ")" + *next.key + R"(", "t": ")" + to_iso8601({time}) + R"(", "g": ")" +
                 (i % 13 == 2  ? "dropped"
                  : i % 2 == 1 ? "north"
                               : "south") +
                 R"(", "seq": )" + std::to_string(i / 3) + R"(, "x": )" + std::to_string((i * 37) % 19 - 4) + ".25}";
    if (i % 31 == 7)
      next.value = "{"; // a dead letter
    if (i % 43 == 9)
      next.value.reset();
    made.push_back(std::move(next));
  }
  return made;
}

/// Readings by their group, through an internal topic.
inline config::pipeline kept_rekey() {
  auto made = readings();
  made.name = "kept";
  made.rekey = "g";
  made.enrich = {{"zones.csv", "", "g", "", {"zone"}, object(R"({"zone": "nowhere"})")}};
  made.derive = {{"twice", boost::json::parse(R"({"$multiply": ["$x", 2]})")}};
  made.windows = {tumbling("plain", milliseconds{10'000}, {"g"})};
  made.windows[0].lateness = milliseconds{8'000};
  made.windows[0].aggregates = {aggregates("twice", {"sum", "first"})};
  return made;
}

inline lookup_tables kept_lookups() {
  return {lookup_table::parse(lookup_table::format::csv, "g,zone\nnorth,1\nsouth,two\n", "g", {"zone"}).value()};
}

/// What the re-keyers of two partitions have sent: one far behind the other, so that events wait.
inline std::vector<message> kept_rekeyed(const std::shared_ptr<const pipeline_plan>& plan) {
  effects sent;
  std::vector<std::unique_ptr<partition_task>> rekeyers;
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    rekeyers.push_back(make_rekeyer(plan, "readings", partition, 1));
    rekeyers.back()->use(kept_lookups());
  }
  const auto all = kept_readings();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!rekeyers[0]->take(all[i].raw(), sent))
      throw std::logic_error{"a message that is refused"};
    if (i >= 20 && !rekeyers[1]->take(all[i - 20].raw(), sent))
      throw std::logic_error{"a message that is refused"};
  }
  std::vector<message> made;
  for (auto& each : sent.messages)
    if (each.topic == "analytics.rekeyed.kept")
      made.push_back({static_cast<std::int64_t>(made.size()), each.value, each.key, -1});
  return made;
}

/// Two fields tell bad events from good ones, and a table says a while later which were bad.
inline config::pipeline kept_learner() {
  auto made = readings();
  made.name = "kept";
  made.enrich = {{"", "", "id", "", {"begin", "bad"}, {}, "truth", "at", config::timestamp_unit::ms}};
  made.detectors = {detector("learner", R"({"fields": ["x", "g"], "labels": "truth", "begin": "begin", "end": "begin",
                                            "bad": "bad", "wait": "40s", "least": 3, "sensitivity": 0.7})")};
  made.detectors[0].field.clear();
  return made;
}

constexpr int kept_events = 1'500; // it is quiet until it has learnt from 300 good ones
inline bool kept_is_bad(int i) {
  return i % 23 == 4;
}
inline std::int64_t kept_time(int i) {
  return 1'767'653'900'000 + i * 500LL - (i % 7 == 3 ? 2'000 : 0);
}
inline std::string kept_entity(int i) {
  return "e" + std::to_string(i % 97);
}

inline std::vector<message> kept_to_learn() {
  std::vector<message> made;
  for (int i = 0; i < kept_events; ++i) {
    auto id = kept_entity(i);
    auto x = std::to_string((i * 37) % 19 + (kept_is_bad(i) ? 400 : 0));
    made.push_back({i,
                    R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({kept_time(i)}) + R"(", "g": ")" +
                        (kept_is_bad(i) ? "odd"
                         : i % 2 == 1   ? "north"
                                        : "south") +
                        R"(", "x": )" + x + "}",
                    id, -1});
  }
  return made;
}

inline lookup_tables kept_labels() {
  std::string rows; // of a key by time, as kept_events rise
  for (int i = 0; i < kept_events; ++i)
    if (kept_is_bad(i) || i % 50 == 0)
      rows += R"({"key": ")" + kept_entity(i) + R"(", "since": )" + std::to_string(kept_time(i) + 9'000) +
              R"(, "row": {"begin": )" + std::to_string(kept_time(i)) + R"(, "bad": )" +
              (kept_is_bad(i) ? "true" : "false") + "}}\n";
  return {lookup_table::parse(lookup_table::format::topic, rows, "id", {"begin", "bad"}).value()};
}

/// The same taught by verdicts on a rule's alerts, whose events it keeps; and its threshold by those on its own.
inline config::pipeline kept_verdict_learner() {
  auto made = kept_learner();
  made.enrich = {{"", "", "id", "", {"time", "right"}, {}}};
  made.enrich[0].verdicts = true;
  made.detectors[0].parameters = object(R"({"fields": ["x", "g"], "labels": "verdicts", "begin": "time", "end": "time",
                                            "bad": "right", "wait": "40s", "late": "100s", "least": 3, "sensitivity": 0.7})");
  made.rules = {rule("large", R"({"x": {"$gt": 300}})")};
  return made;
}

inline lookup_tables kept_verdicts() {
  std::string rows;
  for (int i = 0; i < kept_events; ++i)
    if (kept_is_bad(i))
      rows += R"({"key": ")" + kept_entity(i) + R"(", "since": )" + std::to_string(kept_time(i)) +
              R"(, "row": {"time": )" + std::to_string(kept_time(i)) + R"(, "right": true}})" + "\n";
  const std::string taught = R"({"key": "learner/e4", "since": 0, "row": {"threshold": 0.9}})"
                             "\n";
  return {lookup_table::parse(lookup_table::format::topic, rows, "id", {"time", "right"}).value(),
          lookup_table::parse(lookup_table::format::topic, taught, "key", {"threshold"}).value()};
}

inline std::vector<kept_task> kept_tasks() {
  auto plan = compiled(every_stage());
  auto rekeyed = compiled(kept_rekey());
  auto learner = compiled(kept_learner());
  auto taught = compiled(kept_verdict_learner());
  std::vector<kept_task> made;
  made.push_back({"engine", [plan] { return make_engine(plan, "readings", 3); }, kept_readings(), 100, 160, "meta",
                  kept_lookups()});
  made.push_back({"learner", [learner] { return make_engine(learner, "readings", 3); }, kept_to_learn(), 700, 900,
                  "meta", kept_labels()});
  made.push_back({"verdict_learner", [taught] { return make_engine(taught, "readings", 3); }, kept_to_learn(), 700, 900,
                  "meta", kept_verdicts()});
  made.push_back({"rekeyer", [rekeyed] { return make_rekeyer(rekeyed, "readings", 3, 2); }, kept_readings(), 100, 160,
                  "meta", kept_lookups()});
  made.push_back({"rekeyed_reader",
                  [rekeyed] {
                    return make_rekeyed_reader(rekeyed, 3, {{"readings", 0}, {"readings", 1}});
                  },
                  kept_rekeyed(rekeyed), 150, 250, "rekeyed"});
  made.push_back({"recorder",
                  [] {
                    return make_recorder({"kept", true}, "readings", 3);
                  },
                  kept_readings(), 100, 160, "meta"});
  return made;
}

/// Takes messages in up to a number, as processors do: the lookups are offered first, and a checkpoint is told of before.
inline void take_up_to(partition_task& task, const kept_task& of, std::size_t end, outcome& into) {
  effects done;
  for (const auto& each : of.messages) {
    if (each.offset < task.next_offset() || each.offset >= of.messages[end - 1].offset + 1)
      continue;
    if (auto taken = task.take(each.raw(), done); !taken)
      throw std::logic_error{taken.error().message};
    into.carry_out(done);
  }
}

inline void before_checkpoint(partition_task& task, outcome& into) {
  effects done;
  task.before_checkpoint(done);
  into.carry_out(done);
}

inline std::vector<storage::checkpoint_entry> entries_of(partition_task& task, bool only_changes) {
  std::vector<storage::checkpoint_entry> made;
  for (auto& each : saved(task, only_changes))
    made.push_back({std::move(each.key), std::move(each.value)});
  return made;
}

} // namespace throng::test
