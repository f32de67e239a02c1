// A pipeline with all that the engine can do.
#pragma once

#include "pipelines.hpp"

namespace throng::test {

/// All that a pipeline of issue size can have, with short times, so that a short stream meets every rule.
inline config::pipeline everything() {
  auto made = readings();
  made.where = object(R"({"g": {"$ne": "dropped"}})");
  made.derive.emplace_back("twice", boost::json::parse(R"({"$multiply": ["$x", 2]})"));
  const std::vector<std::string> all{"count", "sum", "mean", "min", "max", "stddev", "p50", "distinct"};

  auto plain = tumbling("plain", milliseconds{10'000}, {"g"});
  plain.aggregates = {aggregates("x", all), aggregates("id", {"distinct", "first", "last"})};
  // Three that share their panes, each with edges, lateness and emission of its own.
  auto even = tumbling("even", milliseconds{8'000}, {"id"});
  even.aggregates = {aggregates("x", all)};
  auto wide = hopping("wide", milliseconds{24'000}, milliseconds{8'000}, {"id"});
  wide.lateness = milliseconds{15'000};
  wide.emit_every = milliseconds{6'000};
  wide.aggregates = even.aggregates;
  auto wider = hopping("wider", milliseconds{40'000}, milliseconds{8'000}, {"id"});
  wider.offset = milliseconds{16'000};
  wider.lateness = milliseconds{2'000};
  wider.aggregates = even.aggregates;
  auto shifted = tumbling("shifted", milliseconds{7'000}, {"id"});
  shifted.offset = milliseconds{1'500};
  shifted.lateness = milliseconds{4'000};
  shifted.emit_every = milliseconds{5'000};
  shifted.aggregates = {aggregates("twice", {"sum", "max"})};
  auto hops = hopping("hops", milliseconds{30'000}, milliseconds{8'000});
  hops.lateness = milliseconds{20'000};
  hops.aggregates = {aggregates("x", all)};
  auto visits = session("visits", milliseconds{4'000}, {"g", "id"});
  visits.lateness = milliseconds{6'000};
  visits.emit_every = milliseconds{9'000};
  visits.aggregates = {aggregates("x", all)};
  auto strict = session("strict", milliseconds{11'000}, {"id"});
  strict.aggregates = {aggregates("x", all)};
  auto days = calendar_window("days", "1d", "America/Chicago", {"g"});
  days.lateness = milliseconds{10'000};
  days.aggregates = {aggregates("x", all)};
  shifted.to = visits.to = "finals";
  made.windows = {plain, even, wide, wider, shifted, hops, visits, strict, days};
  made.to = "onward";
  for (const auto* name : {"id", "g", "x", "twice", "n", "total", "absent"})
    made.project.emplace_back(name, 1);
  made.project.emplace_back("tall", boost::json::parse(R"({"$gt": ["$x", 50]})"));

  made.features = {feature("n", milliseconds{20'000}, "count"),
                   feature("n_long", milliseconds{90'000}, "count"),
                   feature("total", milliseconds{20'000}, "sum", "x"),
                   feature("mean", milliseconds{5'000}, "mean", "x"),
                   feature("least", milliseconds{20'000}, "min", "x"),
                   feature("most", milliseconds{40'000}, "max", "x"),
                   feature("kinds", milliseconds{30'000}, "distinct", "x"),
                   feature("last", milliseconds{30'000}, "last", "x"),
                   feature("since", milliseconds{10'000}, "since"),
                   feature("like_it", milliseconds{50'000}, "seen", "g"),
                   feature("speed", milliseconds{25'000}, "speed", "x")};
  made.features.back().lon = "x";
  auto high = feature("high", milliseconds{60'000}, "count");
  high.where = object(R"({"x": {"$gt": 20}})");
  made.features.push_back(high);
  auto like_high = feature("like_high", milliseconds{60'000}, "seen", "g"); // also of events that are not high
  like_high.where = high.where;
  made.features.push_back(like_high);
  made.features.push_back(feature("usual", milliseconds{30'000}, "habit", "x"));
  auto usual_here = feature("usual_here", milliseconds{70'000}, "habit", "x");
  usual_here.group = "g";
  made.features.push_back(usual_here);
  auto usual_high = usual_here; // also of events that are not high
  usual_high.name = "usual_high";
  usual_high.where = high.where;
  made.features.push_back(usual_high);

  config::detect shift;
  shift.name = "jump";
  shift.detector = "shift";
  shift.field = "x";
  shift.parameters = object(R"({"short": 2, "long": 6, "threshold": 1.5, "refractory": "20s", "forget": "40s"})");
  config::detect limit;
  limit.name = limit.detector = "threshold";
  limit.field = "x";
  limit.parameters = object(R"({"above": 70, "margin": 40, "forget": "60s"})");
  made.detectors = {shift, limit};
  made.rules = {rule("seen", "{}", milliseconds{0},
                     "{n} {n_long} {total} {mean} {least} {most} {kinds} {last} {since} {like_it} {speed} {high} "
                     "{like_high} {usual} {usual_here} {usual_high}"),
                rule("high", R"({"x": {"$gt": 50}})", milliseconds{15'000})};
  return made;
}

} // namespace throng::test
