// What the shard lends a wake: the entity's row (a copy), its slot, its lane, and the step. Only the shard and wake_context see it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "simulation/entity.hpp"
#include "simulation/held_messages.hpp"
#include "simulation/trouble.hpp"

namespace throng::simulation {

/// A topic and key that an entity writes: where its seq stands.
struct channel_state {
  std::uint64_t next_seq = 0;
  std::uint64_t sum = 0; ///< of xxh64(seq), modulo 2^64
};

/// What every row has besides its core.
struct row_head {
  random_stream random;
  std::uint64_t messages_sent = 0;
  std::uint32_t ordinal = 0; ///< emissions so far, which orders those of one time
};

struct row_key {
  entity_key text;
  std::uint32_t partition = 0; ///< of every topic: they all have as many
};

/// What the shard knows of each incident of the scenario.
struct incident_facts {
  std::uint8_t kind = 0; ///< in its core's incident_kinds
  bool malicious = false;
};

/// What a whole step has in common.
struct step_frame {
  const world* in = nullptr;
  const trouble_odds* odds = nullptr;
  std::span<const incident_facts> incidents;
  timestamp begin;
  timestamp end;
  timestamp last_emission; ///< nothing is emitted after it: the world's last millisecond
  const shared_view* view = nullptr;
  iso_clock clock; ///< its text is that of the step's begin
};

struct pending_emission {
  timestamp time;
  std::uint64_t seq = 0;
  std::uint32_t at = 0; ///< in the lane's bytes: the key, then the value
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t run = 0;
  std::uint32_t ordinal = 0;
  std::uint16_t channel = 0;
  bool counts = true; ///< false: a second copy
};

/// One entity's place in a step.
struct slot {
  std::uint32_t local = 0;
  std::uint16_t restarts = 0;
  bool done = false;    ///< its wake has returned
  bool retuned = false; ///< its population has other parameters from this step on
  std::span<const entity_message> inbox;
  std::vector<active_incident>* ordered = nullptr; ///< as they stood before the step; null: none
  timestamp due;                                   ///< of the next wake, once it is done
};

/// Where the wakes of a stretch of slots leave what they do. One thread at a time; reused, so that its vectors keep their room.
struct wake_lane {
  // Of the wake under way.
  std::vector<pending_emission> emissions;
  std::vector<entity_message> sent;
  std::vector<active_incident> incidents;
  tick_totals totals;

  // Of all wakes that returned; `bytes` also of the one under way.
  byte_buffer bytes;
  std::shared_ptr<output_lane> out; ///< gets the bytes at the step's end
  std::vector<held_message> held;
  std::vector<entity_message> outbound;
  tick_totals all_totals;
};

struct wake_frame {
  wake_frame(const step_frame& step, slot& place, wake_lane& lane, entity_ref self)
      : step(step)
      , place(place)
      , lane(lane)
      , self(self)
      , clock(step.clock)
      , writer(lane.bytes, clock) {
    // everything else is filled in by the table that holds the row
  }

  const step_frame& step;
  slot& place;
  wake_lane& lane;
  entity_ref self;
  row_head* head = nullptr;
  std::span<const channel> channels;
  std::span<channel_state> states; ///< of the channels, then of truth.labels for each key
  std::span<const row_key> keys;

  timestamp now;
  std::size_t next_message = 0;
  std::size_t incident = 0; ///< the one of the last opened or closed
  bool closed = false;      ///< it goes with the next moment
  bool over = false;
  bool resting = false; ///< it has left its population: it does nothing of its own any more
  bool told_of_retuning = false;
  std::uint32_t moments = 0;

  iso_clock clock;
  event_writer writer;
  // The event that is being written.
  std::uint32_t open_channel = 0;
  topic open_topic = topic::iot_readings;
  timestamp open_time;
  std::uint32_t open_at = 0;
};

} // namespace throng::simulation
