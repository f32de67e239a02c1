// The values that go round in a step: what the conductor tells the shards, and what they give back.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/byte_buffer.hpp"
#include "simulation/sky.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

/// A message to an entity, which arrives a tick after it was sent.
struct entity_message {
  /// payment: money; complaint: word of what went wrong; intervention: from outside because of an alert (a block, a ban, a service).
  enum class purpose : std::uint8_t { payment, complaint, intervention };

  entity_ref to;
  entity_ref from;
  timestamp arrives;
  std::uint64_t seq = 0; ///< of the sender; orders its messages of one time
  purpose what = purpose::payment;
  std::int64_t amount = 0; ///< minor units
  /// Of a payment: the incident that it belongs to, as `incident_order::mark`; 0: none. Of a complaint: complaint.hpp.
  std::uint64_t reference = 0;
  /// Of an intervention: how long it lasts.
  milliseconds intervention{0};
};

/// Sums over all shards of what happened in a tick; integers, so that no order of adding matters.
struct tick_totals {
  std::uint64_t web_requests = 0;
  std::uint64_t web_errors = 0;
  std::uint64_t web_work_us = 0;  ///< service that the site's servers were asked for, microseconds
  std::uint64_t transactions = 0; ///< declined ones included
  std::uint64_t declined = 0;

  tick_totals& operator+=(const tick_totals& other);
};

/// How the site's servers do (site_queue.hpp).
struct site_load {
  double utilisation = 0; ///< 0 to 1, over some seconds
  double wait_ms = 0;     ///< before a request is served
  double refused = 0;     ///< share of the requests that are turned away
};

/// What everybody sees alike during one tick. Changes at tick boundaries only.
struct shared_view {
  tick_totals before; ///< of the tick before
  site_load site;
  /// The weather of every moment of the tick, and further ahead: a function of (seed, time).
  std::shared_ptr<const simulation::sky> sky;
};

/// An incident that opens on an entity. It closes by itself at `end`.
struct incident_order {
  entity_ref target;
  std::uint32_t incident = 0;   ///< index in the scenario
  std::uint64_t occurrence = 0; ///< how many times that incident had opened before
  timestamp start;
  timestamp end;
  double subtlety = 0;

  // Where an incident needs several entities (typology.hpp), each has an order of its own.
  std::vector<entity_ref> pays; ///< whom this one sends money
  std::uint8_t stage = 0;       ///< of `stages`: when its turn comes
  std::uint8_t stages = 1;
  std::uint8_t expects = 0; ///< payments from the others

  /// Tells the money of one occurrence from all other money; never 0.
  std::uint64_t mark() const {
    return (std::uint64_t{incident} + 1) << 40 | occurrence;
  }
};

/// A step [begin, end): what `advance` carries. At the first step of a tick, `orders` are that tick's.
struct step_input {
  timestamp begin;
  timestamp end;
  bool opens_tick = false;
  std::shared_ptr<const shared_view> view;
  std::shared_ptr<const std::vector<incident_order>> orders; ///< for all shards: each takes its own entities'
  /// Messages that have been sent to entities of this shard since the last step, in any order.
  std::vector<entity_message> messages;
  /// The world has been succeeded (world::succeeded_by): this is it from this step on, which opens a tick. Null: it goes on.
  std::shared_ptr<const world> successor = nullptr;
};

/// One message to be emitted. Its bytes stand in the output_lane.
struct emission {
  timestamp time; ///< the Kafka timestamp: virtual now
  entity_ref entity;
  std::uint32_t ordinal = 0; ///< of the entity
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t at = 0; ///< in the lane's bytes: the key, then the value
};

/// What some of a shard's wakes, one after another, emit in a step. A lane is written by one thread, so lanes need no lock; bytes
/// are published where they were written.
struct output_lane {
  byte_buffer bytes;
  /// Indexed by topic * partitions + partition; in no particular order (run_order.hpp makes one).
  std::vector<std::vector<emission>> runs;

  std::string_view key(const emission& e) const {
    return bytes.view(e.at, e.key_size);
  }
  std::string_view value(const emission& e) const {
    return bytes.view(e.at + e.key_size, e.value_size);
  }
};

/// What a shard made of a step.
struct step_output {
  std::vector<std::shared_ptr<const output_lane>> lanes;
  std::vector<std::uint64_t> counts; ///< emissions by run
  tick_totals totals;
  std::vector<entity_message> outbound;
  std::uint64_t events = 0; ///< emissions that count as events: all but truth.labels
  std::uint64_t bytes = 0;  ///< what the lanes hold in memory
  std::uint64_t wakes = 0;
  std::uint64_t restarts = 0; ///< entities that failed in this step
};

/// All money of some accounts, in minor units. What was made or lost is the difference of the two.
struct ledger {
  std::int64_t opening = 0; ///< what the accounts opened with
  std::int64_t accounted =
      0; ///< what they have and what is on its way to them, plus what left the world, less what came from outside
  ledger& operator+=(const ledger& other) {
    opening += other.opening;
    accounted += other.accounted;
    return *this;
  }
  bool operator==(const ledger&) const = default;
};

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
