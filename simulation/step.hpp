// The values that go round in a step: what the conductor tells the shards, and what they give back.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "simulation/weather.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

/// A message between entities, which arrives a tick after it was sent: money on its way, for one.
struct entity_message {
  entity_ref to;
  entity_ref from;
  timestamp arrives;
  std::uint64_t seq = 0; ///< of the sender; orders its messages of one time
  enum class purpose : std::uint8_t { payment, refund } what = purpose::payment;
  std::int64_t amount = 0; ///< minor units
  std::uint64_t reference = 0;
};

/// Sums over all shards of what happened in a tick; integers, so that no order of adding matters.
struct tick_totals {
  std::uint64_t web_requests = 0;
  std::uint64_t web_errors = 0;
  std::uint64_t transactions = 0;

  tick_totals& operator+=(const tick_totals& other);
};

/// What everybody sees alike during one tick. Changes at tick boundaries only.
struct shared_view {
  tick_totals before;                    ///< of the tick before
  std::vector<district_weather> weather; ///< of each district, as it is at the tick's start
};

/// An incident that opens on an entity. It closes by itself at `end`.
struct incident_order {
  entity_ref target;
  std::uint32_t incident = 0;   ///< index in the scenario
  std::uint64_t occurrence = 0; ///< how many times that incident had opened before
  timestamp start;
  timestamp end;
  double subtlety = 0;
  std::vector<entity_ref> accomplices; ///< other entities that play a part (payees, mules)
};

/// A step [begin, end): what `advance` carries. At the first step of a tick, `orders` are that tick's.
struct step_input {
  timestamp begin;
  timestamp end;
  bool opens_tick = false;
  std::shared_ptr<const shared_view> view;
  std::shared_ptr<const std::vector<incident_order>> orders;
  /// Messages that have been sent to entities of this shard since the last step, in any order.
  std::vector<entity_message> messages;
};

/// One message to be emitted. Its bytes stand in the step_output's arena.
struct emission {
  timestamp time; ///< the Kafka timestamp: virtual now
  entity_ref entity;
  std::uint32_t ordinal = 0; ///< of the entity within the step
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint64_t at = 0; ///< in the arena: the key, then the value
};

/// What a shard made of a step, each (topic, partition) apart and ordered by (time, population, index, ordinal).
class step_output {
public:
  std::string arena;
  /// Indexed by topic * partitions + partition.
  std::vector<std::vector<emission>> runs;
  tick_totals totals;
  std::vector<entity_message> outbound;
  std::uint64_t events = 0; ///< emissions that count as events: all but truth.labels
  std::uint64_t wakes = 0;
  std::uint64_t restarts = 0; ///< entities that failed in this step

  std::string_view key(const emission& e) const {
    return {arena.data() + e.at, e.key_size};
  }
  std::string_view value(const emission& e) const {
    return {arena.data() + e.at + e.key_size, e.value_size};
  }
};

/// Calls `take(const step_output&, const emission&)` for one (topic, partition) of all shards' outputs, in the one
/// defined order (semantics.md 1).
template <class Take>
void merge_run(std::span<const std::shared_ptr<const step_output>> shards, std::size_t run, Take&& take) {
  std::vector<std::size_t> next(shards.size(), 0);
  for (;;) {
    std::size_t best = shards.size();
    for (std::size_t i = 0; i < shards.size(); ++i) {
      const auto& run_i = shards[i]->runs[run];
      if (next[i] == run_i.size())
        continue;
      if (best == shards.size())
        best = i;
      else {
        const auto& a = run_i[next[i]];
        const auto& b = shards[best]->runs[run][next[best]];
        if (std::tie(a.time, a.entity, a.ordinal) < std::tie(b.time, b.entity, b.ordinal))
          best = i;
      }
    }
    if (best == shards.size())
      return;
    take(*shards[best], shards[best]->runs[run][next[best]++]);
  }
}

/// The world's book of one key (semantics.md 8): each seq counted once, whatever trouble befell its message.
struct book {
  topic in = topic::iot_readings;
  std::string key;
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t sum = 0; ///< of xxh64(seq as 8 little-endian bytes, seed 0), modulo 2^64
};

} // namespace throng::simulation
