// The engine held against the plain model of oracle.hpp, and against itself over crashes, on random streams.
#define CAF_SUITE analytics.engine_oracle

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/json_scanner.hpp"
#include "everything.hpp"
#include "oracle.hpp"

using namespace throng;
using namespace throng::test;

namespace {

outcome uninterrupted(const std::shared_ptr<const pipeline_plan>& plan, const std::vector<message>& messages,
                      task_counters* counters = nullptr) {
  auto task = make_engine(plan, "readings", 3);
  outcome result;
  effects done;
  RC_ASSERT(!take_all(*task, messages, result).has_value());
  task->before_checkpoint(done);
  task->emit_open(done);
  result.carry_out(done);
  if (counters != nullptr)
    *counters = task->counters();
  return result;
}

double number(const boost::json::value& x) {
  RC_ASSERT(x.is_number());
  return x.to_number<double>();
}

void check_numbers(const oracle& model, const std::vector<std::size_t>& events, const boost::json::object& shown) {
  auto xs = model.numbers(events);
  RC_ASSERT(shown.at("count").as_int64() == static_cast<std::int64_t>(xs.size()));
  RC_ASSERT(shown.at("missing").as_int64() == static_cast<std::int64_t>(events.size() - xs.size()));
  RC_ASSERT(shown.at("distinct").as_int64() == static_cast<std::int64_t>(model.distinct(events)));
  RC_ASSERT(near(number(shown.at("sum")), sum_of(xs)));
  if (xs.empty()) {
    for (const char* name : {"mean", "min", "max", "stddev", "p50"})
      RC_ASSERT(shown.at(name).is_null());
    return;
  }
  std::sort(xs.begin(), xs.end());
  auto n = static_cast<double>(xs.size());
  auto mean = sum_of(xs) / n;
  RC_ASSERT(near(number(shown.at("mean")), mean));
  RC_ASSERT(number(shown.at("min")) == xs.front());
  RC_ASSERT(number(shown.at("max")) == xs.back());
  auto middle = xs[(xs.size() + 1) / 2 - 1];
  RC_ASSERT(std::fabs(number(shown.at("p50")) - middle) <= 0.01 * std::fabs(middle) + 1e-12);
  if (xs.size() < 2) {
    RC_ASSERT(shown.at("stddev").is_null());
    return;
  }
  long double squares = 0;
  for (auto x : xs)
    squares += (x - mean) * (x - mean);
  RC_ASSERT(near(number(shown.at("stddev")), std::sqrt(static_cast<double>(squares) / (n - 1)), 1e-6));
}

void check_ends(const oracle& model, const std::vector<std::size_t>& events, const boost::json::object& shown) {
  auto place = [&](std::size_t i) { return std::pair{model.samples[i].time, i}; };
  auto earlier = [&](std::size_t a, std::size_t b) { return place(a) < place(b); };
  RC_ASSERT(shown.at("first").as_string() ==
            model.samples[*std::min_element(events.begin(), events.end(), earlier)].id);
  RC_ASSERT(shown.at("last").as_string() == model.samples[*std::max_element(events.begin(), events.end(), earlier)].id);
}

std::vector<std::string> late_offsets(const outcome& of, const std::string& topic) {
  std::vector<std::string> found;
  for (const auto& [id, each] : of.messages)
    if (each.topic == topic)
      found.push_back(outcome::header(each, "source_offset"));
  std::sort(found.begin(), found.end());
  return found;
}

bool same_or_null(const boost::json::value& shown, std::optional<double> expected) {
  return expected ? number(shown) == *expected : shown.is_null();
}

/// By the law of cosines, between two places each of which has its latitude as its longitude too.
double great_circle_km(double a, double b) {
  constexpr double radians = 3.14159265358979 / 180;
  const auto cosine = std::sin(a * radians) * std::sin(b * radians) +
                      std::cos(a * radians) * std::cos(b * radians) * std::cos((b - a) * radians);
  return 6'371.0088 * std::acos(std::clamp(cosine, -1.0, 1.0));
}

} // namespace

CAF_TEST(windows late events and counters are those of the plain model) {
  auto definition = everything();
  auto plan = compiled(definition);
  auto holds = rc::check("windows", [&](std::uint64_t seed) {
    auto events = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 250));
    oracle model{definition, events};
    task_counters counters;
    auto result = uninterrupted(plan, events.messages(), &counters);

    RC_ASSERT(result.of(collection::windows).size() == model.windows.size());
    for (const auto& [key, expected] : model.windows) {
      const auto& [w, start, group] = key;
      const auto& window = definition.windows[w];
      const auto* shown = result.window(window.name, start, group);
      RC_ASSERT(shown != nullptr);
      RC_ASSERT(shown->at("end").as_int64() == expected.end);
      RC_ASSERT(shown->at("events").as_int64() == static_cast<std::int64_t>(expected.events.size()));
      RC_ASSERT(shown->at("late").as_int64() == static_cast<std::int64_t>(expected.late));
      RC_ASSERT(shown->at("final").as_bool() == expected.final);
      RC_ASSERT(shown->at("partition").as_int64() == 3);
      if (window.name == "shifted") {
        const auto& twice = shown->at("twice").as_object();
        auto xs = model.numbers(expected.events);
        RC_ASSERT(near(number(twice.at("sum")), 2 * sum_of(xs)));
        if (xs.empty())
          RC_ASSERT(twice.at("max").is_null());
        else
          RC_ASSERT(number(twice.at("max")) == 2 * *std::max_element(xs.begin(), xs.end()));
        continue;
      }
      check_numbers(model, expected.events, shown->at("x").as_object());
      if (window.name == "plain")
        check_ends(model, expected.events, shown->at("id").as_object());
    }

    std::vector<std::string> late;
    std::size_t not_fed = 0;
    auto messages = events.messages();
    for (auto i : model.late)
      late.push_back(std::to_string(messages[i].offset));
    std::sort(late.begin(), late.end());
    RC_ASSERT(late_offsets(result, "analytics.late") == late);
    for (std::size_t i = 0; i < events.samples.size(); ++i)
      if (events.samples[i].what == sample::kind::event && oracle::kept(events.samples[i]) && !model.fed(i))
        ++not_fed;
    RC_ASSERT(counters.consumed == model.counters.consumed);
    RC_ASSERT(counters.dropped == model.counters.dropped);
    RC_ASSERT(counters.tombstones == model.counters.tombstones);
    RC_ASSERT(counters.dead_letters == model.counters.dead_letters);
    RC_ASSERT(counters.dead_letters == late_offsets(result, "analytics.dead_letter").size());
    RC_ASSERT(counters.late == model.counters.late);
    RC_ASSERT(counters.late_by_window == model.counters.late_by_window);
    RC_ASSERT(counters.not_fed == not_fed);
    RC_ASSERT(counters.alerts == result.of(collection::alerts).size());
  });
  CAF_CHECK(holds);
}

CAF_TEST(features are those of the plain model and cooldowns keep an entity quiet) {
  auto definition = everything();
  auto plan = compiled(definition);
  auto holds = rc::check("features", [&](std::uint64_t seed) {
    auto events = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 400));
    oracle model{definition, events};
    auto messages = events.messages();
    auto result = uninterrupted(plan, messages);

    std::map<std::int64_t, const boost::json::object*> seen; // the alert of the rule that always alerts, by offset
    std::set<std::int64_t> high;
    for (const auto* each : result.of(collection::alerts)) {
      auto offset = each->body.at("source").at("offset").as_int64();
      RC_ASSERT(each->body.contains("end") || each->offset == offset); // of those that last, that of their end
      if (each->body.at("detector").as_string() == "seen")
        seen[offset] = &each->body;
      else if (each->body.at("detector").as_string() == "high")
        high.insert(offset);
    }
    std::map<std::string, std::int64_t> quiet_until;
    for (std::size_t i = 0; i < events.samples.size(); ++i) {
      const auto& now = events.samples[i];
      RC_ASSERT(seen.contains(messages[i].offset) == model.fed(i));
      if (!model.fed(i)) {
        RC_ASSERT(!high.contains(messages[i].offset));
        continue;
      }
      auto alarms = now.x && *now.x > 50 && (!quiet_until.contains(now.id) || now.time >= quiet_until[now.id]);
      RC_ASSERT(high.contains(messages[i].offset) == alarms);
      if (alarms)
        quiet_until[now.id] = now.time + 15'000;

      const auto& shown = *seen[messages[i].offset];
      RC_ASSERT(shown.at("time").as_int64() == now.time);
      RC_ASSERT(shown.at("entity").as_string() == now.id);
      const auto& features = shown.at("evidence").as_object();
      for (const auto& each : definition.features) {
        auto held = model.look_back(i, each.over);
        if (each.where)
          std::erase_if(held, [&](std::size_t j) { return !events.samples[j].x || *events.samples[j].x <= 20; });
        auto xs = model.numbers(held);
        auto before = held; // without the event itself
        std::erase(before, i);
        const auto& value = features.at(each.name);
        switch (each.kind) {
        case config::feature_kind::last:
          RC_ASSERT(same_or_null(value, model.latest_of(before, [&](std::size_t j) { return events.samples[j].x; })));
          break;
        case config::feature_kind::since:
          RC_ASSERT(same_or_null(value, model.latest_of(before, [&](std::size_t j) {
            return std::optional{static_cast<double>(now.time - events.samples[j].time) / 1'000};
          })));
          break;
        case config::feature_kind::seen:
          if (now.group)
            RC_ASSERT(value.as_int64() == std::count_if(before.begin(), before.end(), [&](std::size_t j) {
                        return events.samples[j].group == now.group;
                      }));
          else
            RC_ASSERT(value.is_null());
          break;
        case config::feature_kind::speed: {
          const auto is_place = [&](std::size_t j) {
            return events.samples[j].x && std::fabs(*events.samples[j].x) <= 90;
          };
          const auto from = model.latest_of(before, [&](std::size_t j) {
            return is_place(j) ? std::optional{static_cast<double>(j)} : std::nullopt;
          });
          RC_ASSERT(value.is_null() == (!from || !is_place(i)));
          if (value.is_null())
            break;
          const auto& there = events.samples[static_cast<std::size_t>(*from)];
          const auto seconds = std::max(300.0, static_cast<double>(now.time - there.time) / 1'000);
          RC_ASSERT(std::fabs(number(value) - great_circle_km(*there.x, *now.x) / seconds * 3'600) <= 0.1);
          break;
        }
        case config::feature_kind::habit: {
          if (!each.group.empty())
            std::erase_if(before, [&](std::size_t j) { return events.samples[j].group != now.group; });
          const auto usual = model.numbers(before);
          const auto sum = sum_of(usual);
          RC_ASSERT(value.is_null() == (!now.x || usual.empty() || sum == 0));
          if (!value.is_null())
            RC_ASSERT(number(value) == *now.x / (sum / static_cast<double>(usual.size())));
          break;
        }
        case config::feature_kind::count:
          RC_ASSERT(value.as_int64() == static_cast<std::int64_t>(held.size()));
          break;
        case config::feature_kind::distinct:
          RC_ASSERT(value.as_int64() == static_cast<std::int64_t>(model.distinct(held)));
          break;
        case config::feature_kind::sum:
          RC_ASSERT(number(value) == sum_of(xs)); // to the last bit: long double is enough for these numbers
          break;
        default:
          if (xs.empty()) {
            RC_ASSERT(value.is_null());
            break;
          }
          RC_ASSERT(number(value) ==
                    (each.kind == config::feature_kind::mean  ? sum_of(xs) / static_cast<double>(xs.size())
                     : each.kind == config::feature_kind::min ? *std::min_element(xs.begin(), xs.end())
                                                              : *std::max_element(xs.begin(), xs.end())));
        }
      }
    }
  });
  CAF_CHECK(holds);
}

CAF_TEST(what goes on to topics is what the plain model says) {
  auto definition = everything();
  auto plan = compiled(definition);
  auto holds = rc::check("onward", [&](std::uint64_t seed) {
    auto events = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 200));
    oracle model{definition, events};
    auto messages = events.messages();
    task_counters counters;
    auto result = uninterrupted(plan, messages, &counters);
    std::map<std::string, const side_message*> onward; // by offset
    std::map<std::string, const side_message*> finals; // by id
    for (const auto& [id, each] : result.messages)
      if (each.topic == "onward")
        RC_ASSERT(onward.emplace(outcome::header(each, "source_offset"), &each).second);
      else if (each.topic == "finals")
        finals.emplace(outcome::header(each, "id"), &each);
    RC_ASSERT(counters.written == onward.size() + finals.size());

    for (std::size_t i = 0; i < events.samples.size(); ++i) {
      const auto& now = events.samples[i];
      auto offset = std::to_string(messages[i].offset);
      RC_ASSERT(onward.contains(offset) == (now.what == sample::kind::event && oracle::kept(now)));
      if (!onward.contains(offset))
        continue;
      const auto& sent = *onward[offset];
      RC_ASSERT(sent.key == now.id);
      RC_ASSERT(sent.time.ms == now.time);
      boost::json::object expected{{"id", now.id}};
      if (now.group)
        expected["g"] = *now.group;
      if (now.x)
        expected["x"] = *now.x;
      else if (now.text_x)
        expected["x"] = *now.text_x;
      expected["twice"] = now.x ? boost::json::value(2 * *now.x) : boost::json::value(nullptr);
      if (model.fed(i)) {
        auto held = model.look_back(i, milliseconds{20'000});
        expected["n"] = held.size();
        expected["total"] = sum_of(model.numbers(held));
      }
      expected["tall"] = now.text_x || (now.x && *now.x > 50); // texts are above all numbers
      auto shown = parse_json(sent.value).as_object();         // Boost.JSON's parser does not round correctly
      RC_ASSERT(shown.size() == expected.size());
      for (const auto& [name, x] : expected) {
        RC_ASSERT(shown.contains(name));
        const auto& y = shown.at(name);
        RC_ASSERT((x.is_number() ? y.is_number() && number(y) == number(x) : y == x));
      }
    }
    std::size_t final = 0;
    for (const auto* each : result.of(collection::windows)) {
      const auto& name = each->body.at("window").as_string();
      if (!each->body.at("final").as_bool() || (name != "shifted" && name != "visits"))
        continue;
      ++final;
      RC_ASSERT(finals.contains(each->id));
      const auto& sent = *finals[each->id];
      auto shown = boost::json::parse(sent.value).as_object();
      RC_ASSERT(sent.key == each->body.at("group").at("id").as_string());
      RC_ASSERT(shown.at("end").as_string() == to_iso8601({each->body.at("end").as_int64()}));
      RC_ASSERT(shown.at("events") == each->body.at("events"));
      RC_ASSERT(shown.at("group") == each->body.at("group"));
      RC_ASSERT(!shown.contains("partition") && !shown.contains("group_key"));
    }
    RC_ASSERT(final == finals.size());
  });
  CAF_CHECK(holds);
}

CAF_TEST(after any crash documents alerts and what went on are those of an uninterrupted run) {
  auto plan = compiled(everything());
  auto holds = rc::check("crashes", [&](std::uint64_t seed) {
    auto messages = stream::random(seed, *rc::gen::inRange<std::size_t>(1, 200)).messages();
    auto expected = uninterrupted(plan, messages);

    std::mt19937_64 bits{seed + 1};
    outcome stored;
    std::vector<state_entry> checkpoint;
    std::int64_t from = 0;
    auto crashes = bits() % 5;
    auto task = make_engine(plan, "readings", 3);
    bool first_save = true;
    effects done;
    std::size_t at = 0;
    while (at < messages.size()) {
      RC_ASSERT(task->take(messages[at].raw(), done).has_value());
      stored.carry_out(done);
      ++at;
      auto dice = bits() % 40;
      if (dice < 3) { // an idle moment, at which the wall clock writes
        task->emit_open(done);
        stored.carry_out(done);
      } else if (dice < 10) {
        task->before_checkpoint(done);
        stored.carry_out(done);
        auto whole = first_save || bits() % 4 == 0;
        auto entries = saved(*task, !whole);
        if (whole)
          checkpoint.clear();
        for (auto& each : entries) {
          RC_ASSERT(!whole || each.value);
          checkpoint.push_back(std::move(each));
        }
        first_save = false;
        from = task->next_offset();
      } else if (dice == 10 && crashes > 0) {
        --crashes;
        task = make_engine(plan, "readings", 3);
        task->restore(checkpoint);
        RC_ASSERT(task->next_offset() == from);
        // What was written behind the checkpoint is removed by the claim or, where that has not come to it, written over.
        if (bits() % 2 == 0)
          stored.remove_from(from);
        first_save = bits() % 2 == 0;
        at = 0;
        while (at < messages.size() && messages[at].offset < from)
          ++at;
      }
    }
    task->before_checkpoint(done);
    task->emit_open(done);
    stored.carry_out(done);
    auto difference = stored.differs_from(expected);
    if (!difference.empty())
      RC_FAIL(difference);
  });
  CAF_CHECK(holds);
}

CAF_TEST(a checkpoint of base and deltas holds what a base alone would hold) {
  auto plan = compiled(everything());
  auto holds = rc::check("deltas", [&](std::uint64_t seed) {
    auto messages = stream::random(seed, 150).messages();
    auto task = make_engine(plan, "readings", 0);
    std::map<std::string, std::string> chain;
    std::mt19937_64 bits{seed};
    effects done;
    bool first = true;
    for (const auto& each : messages) {
      RC_ASSERT(task->take(each.raw(), done).has_value());
      if (bits() % 10 != 0)
        continue;
      for (auto& entry : saved(*task, !first)) {
        if (entry.value)
          chain[entry.key] = *entry.value;
        else
          RC_ASSERT(chain.erase(entry.key) == 1);
      }
      first = false;
    }
    for (auto& entry : saved(*task, !first)) {
      if (entry.value)
        chain[entry.key] = *entry.value;
      else
        chain.erase(entry.key);
    }
    std::map<std::string, std::string> base;
    for (auto& entry : saved(*task, false))
      base[entry.key] = *entry.value;
    RC_ASSERT(chain == base);
    // Nothing has changed since.
    RC_ASSERT(saved(*task, true).size() == 1);
    // And a task that takes it in says the same.
    std::vector<state_entry> entries;
    for (const auto& [key, value] : base)
      entries.push_back({key, value});
    auto restored = make_engine(plan, "readings", 0);
    restored->restore(entries);
    std::map<std::string, std::string> again;
    for (auto& entry : saved(*restored, false))
      again[entry.key] = *entry.value;
    RC_ASSERT(again == base);
  });
  CAF_CHECK(holds);
}
