// The meaning of semantics.md 2 to 4, computed the plain way: all messages in a list, every rule by its definition, nothing shared with
// the engine but the types of its results. What the engine is held against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "config/pipeline.hpp"
#include "config/time.hpp"
#include "pipelines.hpp"

namespace throng::test {

/// A message of a random stream, by what it says.
struct sample {
  enum class kind { event, broken, tombstone } what = kind::event;
  std::int64_t time = 0;
  std::string id;
  std::optional<std::string> group;
  std::optional<double> x;
  std::optional<std::string> text_x; ///< a text in the number's place

  std::string text() const {
    if (what == kind::broken)
      return R"({"id": "a", "t": )";
    auto made = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({time}) + '"';
    if (group)
      made += R"(, "g": ")" + *group + '"';
    if (x)
      made += ", \"x\": " + boost::json::serialize(boost::json::value(*x));
    else if (text_x)
      made += R"(, "x": ")" + *text_x + '"';
    return made + "}";
  }
};

struct stream {
  static constexpr std::int64_t begin = 1'767'592'800'000; ///< 2026-01-05T06:00:00Z, midnight in Chicago
  std::vector<sample> samples;

  /// Disorder within and beyond that of the pipeline, duplicates, broken messages, tombstones, missing and odd values, gaps.
  static stream random(std::uint64_t seed, std::size_t n) {
    std::mt19937_64 bits{seed};
    auto below = [&](std::uint64_t most) { return static_cast<std::int64_t>(bits() % most); };
    static const std::vector<std::string> ids{"a", "b", "c"};
    static const std::vector<std::string> groups{"north", "south", "dropped"};
    stream made;
    std::int64_t now = begin + below(100'000);
    const auto pace = below(3) == 0 ? 4 : 1; // and now and then many events of an entity in a short time
    while (made.samples.size() < n) {
      sample next;
      auto dice = below(100);
      now += (dice < 2 ? below(120'000) : below(2'500)) / pace;
      next.time = now;
      if (auto late = below(100); late < 25)
        next.time -= below(3'000); // within the disorder
      else if (late < 35)
        next.time -= below(late < 31 ? 20'000 : 120'000); // beyond it
      next.id = ids[static_cast<std::size_t>(below(3))];
      if (below(10) > 0)
        next.group = groups[static_cast<std::size_t>(below(3))];
      if (auto kind = below(20); kind == 0)
        next.text_x = "none";
      else if (kind > 1)
        next.x = static_cast<double>(below(2'000) - 1'000) / 10 + (below(40) == 0 ? 1e6 : 0);
      if (dice == 3)
        next.what = sample::kind::broken;
      else if (dice == 4)
        next.what = sample::kind::tombstone;
      else if (dice == 5 && !made.samples.empty())
        next = made.samples.back(); // a duplicate
      made.samples.push_back(next);
    }
    return made;
  }

  std::vector<message> messages() const {
    std::vector<message> made;
    for (const auto& each : samples) {
      message next;
      next.offset = static_cast<std::int64_t>(made.size()) * 2; // offsets have gaps, as in compacted topics
      if (each.what != sample::kind::tombstone)
        next.value = each.text();
      next.key = each.id;
      made.push_back(std::move(next));
    }
    return made;
  }
};

struct oracle {
  /// What a window of a group holds.
  struct window_result {
    std::vector<std::size_t> events; ///< numbers of samples
    std::uint64_t late = 0;
    bool final = false;
    std::int64_t end = 0;
  };
  using window_key =
      std::tuple<std::size_t, std::int64_t, std::string>; ///< entry of `windows`, start, group as canonical text

  const config::pipeline& pipeline;
  const std::vector<sample>& samples;
  std::vector<std::optional<std::int64_t>> before; ///< the watermark before each sample
  std::optional<std::int64_t> watermark;           ///< at the end
  std::map<window_key, window_result> windows;
  std::map<std::pair<std::size_t, std::string>, std::vector<std::size_t>>
      in_sessions; ///< (entry of `windows`, group) to events
  std::set<std::size_t> late;
  task_counters counters;

  /// `where` is `{"g": {"$ne": "dropped"}}`.
  static bool kept(const sample& x) {
    return x.group != std::optional<std::string>{"dropped"};
  }

  oracle(const config::pipeline& definition, const stream& of)
      : pipeline(definition)
      , samples(of.samples) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
      before.push_back(watermark);
      ++counters.consumed;
      if (samples[i].what == sample::kind::tombstone) {
        ++counters.tombstones;
      } else if (samples[i].what == sample::kind::broken) {
        ++counters.dead_letters;
      } else {
        if (kept(samples[i]))
          place(i);
        else
          ++counters.dropped;
        auto time = samples[i].time - pipeline.disorder.count();
        watermark = std::max(watermark.value_or(time), time);
      }
    }
    for (auto& [key, result] : windows) {
      const auto& window = pipeline.windows[std::get<0>(key)];
      result.final = *watermark >= result.end + window.lateness.count();
    }
    for (const auto& [which, events] : in_sessions)
      cut_into_sessions(which.first, which.second, events);
  }

  /// Fed to features, detectors and rules.
  bool fed(std::size_t i) const {
    return samples[i].what == sample::kind::event && kept(samples[i]) && (!before[i] || samples[i].time >= *before[i]);
  }

  std::string group_of(std::size_t i, const config::window& window) const {
    std::string key = "[";
    for (const auto& name : window.group_by) {
      if (key.size() > 1)
        key += ",";
      if (name == "id")
        key += '"' + samples[i].id + '"';
      else
        key += samples[i].group ? '"' + *samples[i].group + '"' : std::string{"null"};
    }
    return key + "]";
  }

  /// All windows with known edges that contain a time, as (start, end).
  static std::vector<std::pair<std::int64_t, std::int64_t>> containing(const config::window& window,
                                                                       std::int64_t time) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    auto offer = [&](std::int64_t start, std::int64_t end) {
      if (start <= time && time < end)
        found.emplace_back(start, end);
    };
    if (window.kind == config::window::shape::calendar) {
      // Days of Chicago, where streams begin at midnight, in a winter without a clock change.
      for (auto day = -3; day <= 3; ++day)
        offer(stream::begin + day * 86'400'000LL, stream::begin + (day + 1) * 86'400'000LL);
      return found;
    }
    // Every n whose window could contain it, and some more.
    auto n = (time - window.offset.count()) / window.every.count();
    for (auto k = n - window.size.count() / window.every.count() - 2; k <= n + 2; ++k) {
      auto start = window.offset.count() + k * window.every.count();
      offer(start, start + window.size.count());
    }
    return found;
  }

  /// All events of a group that were not late, by time: a session goes on as long as they follow each other within the gap.
  void cut_into_sessions(std::size_t w, const std::string& group, std::vector<std::size_t> events) {
    const auto& window = pipeline.windows[w];
    const auto gap = window.size.count();
    std::sort(events.begin(), events.end(), [&](std::size_t a, std::size_t b) {
      return std::pair{samples[a].time, a} < std::pair{samples[b].time, b};
    });
    for (std::size_t i = 0; i < events.size();) {
      window_result session;
      auto start = samples[events[i]].time;
      do {
        session.events.push_back(events[i]);
        session.end = samples[events[i]].time + gap;
        session.late += before[events[i]] && *before[events[i]] >= session.end ? 1 : 0;
        ++i;
      } while (i < events.size() && samples[events[i]].time < session.end);
      session.final = *watermark >= session.end + gap + window.lateness.count();
      windows[{w, start, group}] = session;
    }
  }

  void place(std::size_t i) {
    auto time = samples[i].time;
    std::size_t taken = 0;
    std::size_t left_out = 0;
    for (std::size_t w = 0; w < pipeline.windows.size(); ++w) {
      const auto& window = pipeline.windows[w];
      if (window.kind == config::window::shape::session) {
        if (before[i] && *before[i] >= time + window.size.count() + window.lateness.count()) {
          ++left_out;
        } else {
          ++taken;
          in_sessions[{w, group_of(i, window)}].push_back(i);
        }
        continue;
      }
      for (const auto& [start, end] : containing(window, time)) {
        if (before[i] && *before[i] >= end + window.lateness.count()) {
          ++left_out;
          continue;
        }
        ++taken;
        auto& into = windows[{w, start, group_of(i, window)}];
        into.events.push_back(i);
        into.end = end;
        if (before[i] && *before[i] >= end)
          ++into.late;
      }
    }
    counters.late_by_window += left_out;
    if (taken == 0 && left_out > 0) {
      ++counters.late;
      late.insert(i);
    }
  }

  /// The events that a look-back of event i holds.
  std::vector<std::size_t> look_back(std::size_t i, milliseconds over) const {
    std::vector<std::size_t> held;
    for (std::size_t j = 0; j <= i; ++j)
      if (fed(j) && samples[j].id == samples[i].id && samples[j].time <= samples[i].time &&
          samples[j].time > samples[i].time - over.count())
        held.push_back(j);
    return held;
  }

  /// What the latest of some events says that says anything; of equal times, the one that arrived last.
  template <class Says>
  std::optional<double> latest_of(std::vector<std::size_t> held, Says says) const {
    std::stable_sort(held.begin(), held.end(),
                     [this](std::size_t a, std::size_t b) { return samples[a].time < samples[b].time; });
    for (auto i = held.rbegin(); i != held.rend(); ++i)
      if (std::optional<double> said = says(*i))
        return said;
    return std::nullopt;
  }

  std::vector<double> numbers(const std::vector<std::size_t>& of) const {
    std::vector<double> found;
    for (auto i : of)
      if (samples[i].x)
        found.push_back(*samples[i].x);
    return found;
  }

  /// How many different values, text among them.
  std::size_t distinct(const std::vector<std::size_t>& of) const {
    std::set<std::pair<double, std::string>> found;
    for (auto i : of)
      if (samples[i].x || samples[i].text_x)
        found.insert({samples[i].x.value_or(0), samples[i].text_x.value_or("")});
    return found.size();
  }
};

/// Equal but for rounding.
inline bool near(double a, double b, double relative = 1e-9) {
  return std::fabs(a - b) <= relative * std::max({std::fabs(a), std::fabs(b), 1e-3});
}

__extension__ using wide = __int128;

/// Rounded once. @pre each is a multiple of 2^-60 and below 2^60
inline double sum_of(const std::vector<double>& xs) {
  wide sum = 0;
  for (auto x : xs)
    sum += static_cast<wide>(std::ldexp(x, 60));
  return std::ldexp(static_cast<double>(sum), -60);
}

} // namespace throng::test
