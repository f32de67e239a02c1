// Runs a world from start to end on one thread, as the conductor and its shards would, and keeps all that it emits.
#pragma once

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <map>
#include <tuple>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/director.hpp"
#include "simulation/run_order.hpp"
#include "simulation/shard_core.hpp"
#include "simulation/step.hpp"
#include "simulation/step_bytes.hpp"
#include "simulation/world.hpp"

namespace throng::simulation::testing {

struct sent_message {
  timestamp time;
  entity_ref entity;
  std::string key;
  std::string value;
  friend bool operator==(const sent_message&, const sent_message&) = default;
};

struct run_result {
  std::vector<std::vector<sent_message>> runs; ///< by topic * partitions + partition, in the defined order
  std::vector<book> books;                     ///< by (topic, key)
  std::vector<std::int64_t> money;             ///< of the whole world, at the start and after each tick
  std::vector<std::int64_t> opening;           ///< what accounts opened with; likewise
  tick_totals totals;
  std::uint64_t events = 0;
  std::uint64_t wakes = 0;
  std::uint64_t restarts = 0;

  /// All messages of a topic, partition after partition.
  std::vector<sent_message> in(topic which) const {
    std::vector<sent_message> all;
    const auto partitions = runs.size() / topic_count;
    for (std::size_t i = 0; i < partitions; ++i) {
      const auto& run = runs[static_cast<std::size_t>(which) * partitions + i];
      all.insert(all.end(), run.begin(), run.end());
    }
    return all;
  }
};

struct run_options {
  std::uint32_t shards = 1;
  bool keep_messages = true;
  /// Whether a slot that threw is woken again in the same step, as often as it takes.
  bool restart = true;
  /// Whether the far-sighted live `lookahead` at once, as at full speed, or step by step like the others.
  bool ahead = false;
  /// What the scenario becomes, and when after the start; by time.
  std::vector<std::pair<milliseconds, config::scenario>> changes{};
  /// When the whole world is put into bytes and made anew from them; by time.
  std::vector<milliseconds> revivals{};
  /// Whether every step goes to its shard as bytes, and what the shard makes of it comes back as bytes: as from another process.
  bool as_bytes = false;
  /// When the world is stopped, after its start: at the first tick from then on.
  milliseconds stopped{std::numeric_limits<std::int64_t>::max()};
};

inline run_result run_world(const std::shared_ptr<const world>& first, run_options options = {}) {
  auto in = first;
  run_result result;
  result.runs.resize(topic_count * static_cast<std::size_t>(in->partitions()));
  std::vector<std::unique_ptr<shard_core>> shards;
  std::vector<std::unique_ptr<shard_core>> ahead;
  const auto make_shards = [&] {
    shards.clear();
    ahead.clear();
    for (std::uint32_t i = 0; i < options.shards; ++i) {
      shards.push_back(std::make_unique<shard_core>(in, i, options.shards, options.ahead ? pace::tick : pace::both));
      if (options.ahead)
        ahead.push_back(std::make_unique<shard_core>(in, i, options.shards, pace::ahead));
    }
  };
  make_shards();
  std::map<const shard_core*, step_reader> readers;
  auto directs = std::make_unique<director>(in);
  const auto revive = [&] {
    std::string directing;
    state_writer to{directing};
    directs->save(to);
    std::vector<std::string> states;
    for (const auto* group : {&shards, &ahead})
      for (const auto& shard : *group)
        states.push_back(shard->save());
    make_shards();
    directs = std::make_unique<director>(in);
    state_reader from{directing};
    directs->load(from);
    std::size_t next = 0;
    for (const auto* group : {&shards, &ahead})
      for (const auto& shard : *group)
        shard->load(states[next++]);
  };
  std::vector<std::vector<entity_message>> mail(options.shards);
  std::vector<std::shared_ptr<const step_output>> outputs; // since the last that were kept
  run_order order;
  const auto live = [&](shard_core& shard, step_input input) {
    if (options.as_bytes) {
      // A world is made of its own bytes: what the first knows besides stays where it is.
      const auto known = readers.find(&shard);
      auto& reader = known != readers.end() ? known->second : readers.emplace(&shard, first).first->second;
      input = reader.read(to_bytes(input));
    }
    const auto slots = shard.begin_step(std::move(input));
    for (auto slot = slots; slot-- > 0;) { // backwards: the order must not matter
      for (bool again = true; again;) {
        try {
          shard.wake(slot);
          break;
        } catch (const std::exception&) {
          shard.restart(slot);
          again = options.restart;
        }
      }
    }
    outputs.push_back(shard.finish_step());
    if (options.as_bytes)
      outputs.back() = output_from(to_bytes(*outputs.back()), result.runs.size());
    const auto& output = *outputs.back();
    result.events += output.events;
    result.wakes += output.wakes;
    result.restarts += output.restarts;
    for (const auto& message : output.outbound)
      mail[shard_of(*in, message.to, options.shards)].push_back(message);
    return output.totals;
  };
  const auto count_money = [&] {
    ledger sum;
    for (const auto& shard : shards)
      sum += shard->money();
    for (const auto& to_shard : mail)
      for (const auto& message : to_shard)
        sum.accounted += message.amount;
    result.money.push_back(sum.accounted);
    result.opening.push_back(sum.opening);
  };
  count_money();

  tick_totals before;
  auto stretch_end = in->start();
  auto change = options.changes.begin();
  auto revival = options.revivals.begin();
  for (auto tick = in->start(); tick < in->end() && tick - in->start() < options.stopped; tick = tick + in->tick()) {
    const auto since = tick - in->start();
    std::shared_ptr<const world> successor;
    if (revival != options.revivals.end() && *revival == since) {
      ++revival;
      revive();
    }
    if (change != options.changes.end() && change->first == since) {
      successor = in = in->succeeded_by(change++->second, tick).value();
      directs->adopt(in, tick);
    }
    const auto opens_stretch = options.ahead && tick == stretch_end;
    if (opens_stretch) {
      stretch_end = std::min(tick + (in->lookahead() - since % in->lookahead()), in->end());
      if (change != options.changes.end())
        stretch_end = std::min(stretch_end, in->start() + change->first);
      if (revival != options.revivals.end())
        stretch_end = std::min(stretch_end, in->start() + *revival);
    }
    const auto plan = directs->begin_tick(tick, before, opens_stretch ? stretch_end : tick);
    before = {};
    for (const auto& message : plan.messages)
      mail[shard_of(*in, message.to, options.shards)].push_back(message);
    if (opens_stretch)
      for (auto& shard : ahead)
        live(*shard, {tick, stretch_end, true, plan.view, plan.orders, {}, successor});
    for (auto begin = tick; begin < tick + in->tick() && begin < in->end(); begin = begin + in->scenario().step) {
      for (std::uint32_t i = 0; i < options.shards; ++i) {
        step_input input;
        input.begin = begin;
        input.end = std::min({begin + in->scenario().step, tick + in->tick(), in->end()});
        input.opens_tick = begin == tick;
        input.view = plan.view;
        if (input.opens_tick) {
          input.orders = plan.orders;
          input.successor = successor;
        }
        input.messages.swap(mail[i]);
        before += live(*shards[i], std::move(input));
      }
    }
    const auto next = tick + in->tick();
    if (!options.ahead || next >= in->end() || next == stretch_end) {
      for (std::size_t run = 0; options.keep_messages && run < result.runs.size(); ++run)
        for (const auto& each : order.of(outputs, std::array{run}))
          result.runs[run].push_back(
              {each.what->time, each.what->entity, std::string{each.key()}, std::string{each.value()}});
      outputs.clear();
    }
    result.totals += before;
    count_money();
  }
  for (const auto* group : {&shards, &ahead})
    for (const auto& shard : *group)
      for (auto& each : shard->books())
        result.books.push_back(std::move(each));
  std::sort(result.books.begin(), result.books.end(),
            [](const book& a, const book& b) { return std::tie(a.in, a.key) < std::tie(b.in, b.key); });
  return result;
}

} // namespace throng::simulation::testing
