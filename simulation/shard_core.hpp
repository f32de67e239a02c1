// A shard of the world without its actors: the table of its entities, their timing wheel, their inboxes, and the order
// of what they emit. The actor around it (actors/shard) sends the wakes and counts the answers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/step.hpp"

namespace throng::simulation {

/// Which kinds live in a shard: those that must see each tick before the next, those that may live `lookahead` at once
/// (entity.hpp), or both, at the pace of the former.
enum class pace : std::uint8_t { tick, ahead, both };

/// Owns every entity of its pace whose global number modulo `shards` is `shard`.
///
/// A step is: begin_step, then wake once for each slot, then finish_step. Slots of different lanes may be woken by different
/// threads at once; those of one lane one after another, in any order.
class shard_core {
public:
  /// Slots s with the same s / lane_slots share a lane: enough that handing a lane out costs nothing, and few enough that what
  /// they emit stays in a core's cache.
  static constexpr std::size_t lane_slots = 128;

  shard_core(std::shared_ptr<const world> world, std::uint32_t shard, std::uint32_t shards, pace kinds = pace::both);
  ~shard_core();
  shard_core(const shard_core&) = delete;
  shard_core& operator=(const shard_core&) = delete;

  /// Entities of this shard, numbered 0 to entity_count() - 1. A step with a successor may add some behind the others.
  std::size_t entity_count() const;
  entity_ref entity(std::size_t local) const;

  /// Takes in messages and orders and finds who is due before input.end: slots 0 to the result - 1.
  std::size_t begin_step(step_input input);

  /// The local number of the entity in a slot of this step.
  std::size_t entity_in(std::size_t slot) const;

  /// Asks for the memory of a slot that will be woken soon.
  void prefetch(std::size_t slot) const;

  /// Runs the slot's entity to the step's end on a copy of its row, and replaces the row when it returns. Throws what the entity threw; then its row, and what it would have emitted, are untouched.
  void wake(std::size_t slot);

  /// After a wake that threw: the entity goes on from its row with a stream from (seed, population, index, restarts),
  /// and the slot may be woken again.
  void restart(std::size_t slot);

  /// After all wakes: what this shard emits in the step. A slot that was not woken successfully emits nothing, and its
  /// messages come again in the next step.
  std::shared_ptr<const step_output> finish_step();

  /// All that the steps so far have made of this shard. Between two steps.
  std::string save() const;
  /// Goes on from what save() gave. @pre no step has begun @throws foreign_state: it is of another shard or world, or the program's
  /// rows have changed since
  void load(std::string_view state);

  /// Seqs of these keys count on from where the books end. @pre no step has begun
  void go_on_from(const std::vector<book>& books);

  /// The money of all accounts of this shard (entity.hpp), with what has been handed to it and not received yet. Summed over all shards, and
  /// with the messages between finish_step and begin_step, what is accounted for is what accounts opened with.
  ledger money() const;
  /// The books of every key of this shard.
  std::vector<book> books() const;

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

/// Which shard owns an entity.
std::uint32_t shard_of(const world& world, entity_ref entity, std::uint32_t shards);

} // namespace throng::simulation
