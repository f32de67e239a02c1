// A world that runs: the facade that the program starts, watches and stops. Puts conductor, shards and publishers
// together and knows no more of them than that.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/conductor.hpp"
#include "actors/message_sink.hpp"
#include "actors/shard_place.hpp"

namespace throng::actors {

struct world_options {
  std::uint32_t shards = 4; ///< changes no byte of what comes out; a few a thread keep all threads busy
  /// One publisher for all runs, so that all messages share one order: for a stream or a file.
  bool single_stream = false;
  /// The wall clock, UTC; empty: this machine's as it is at the begin, going on steadily.
  std::function<timestamp()> wall{};
  /// What the world becomes, by time: inputs that are applied again.
  std::vector<planned_successor> planned{};
  /// Where the world goes on; null: it begins. Of a run with as many shards.
  std::shared_ptr<const world_snapshot> snapshot{};
  /// How many messages of each run are left out because they stand in their place already. Empty: none.
  std::vector<std::uint64_t> leave_out{};
  /// Where the seqs of another world ended, which this one goes on from. Keys that are nobody's here are left alone.
  std::vector<simulation::book> books{};
  /// What the world does about alerts; null: nothing.
  std::shared_ptr<reaction_desk> reactions{};
  /// Where its shards are; empty: all in this process.
  shard_placer place{};
};

class world_run {
public:
  /// Spawns everything, entities included. Nothing moves before begin().
  /// @throws simulation::foreign_state: the snapshot is of another world or version
  world_run(caf::actor_system& system, const std::shared_ptr<const simulation::world>& world,
            std::shared_ptr<message_sink> sink, const world_options& options);
  ~world_run();
  world_run(const world_run&) = delete;
  world_run& operator=(const world_run&) = delete;

  void begin();
  /// Ends the world after the step under way. From any thread.
  void halt();
  const world_progress& progress() const;
  // From any thread; they count when they return.
  void change_speed(double speed);
  void pause();
  void resume();

  /// The world stands still between two ticks, until release(). conflict: it has ended; timed_out: it did not come so far
  /// within `limit` (the broker is slow), and does not stand still.
  /// Until then nobody else holds it: other threads wait.
  expected<timestamp> hold(std::chrono::milliseconds limit);
  /// As it stands, with the sink flushed; none where it is about to become another, was not halted between two ticks, a shard that is
  /// elsewhere can't be reached, or the sink can't write. @pre held, or ended
  std::optional<world_snapshot> snapshot() const;
  /// @param successor of world(), where it goes on as another
  void release(std::shared_ptr<const simulation::world> successor = nullptr);
  /// As it is, or was at its end. @pre held, or ended
  std::shared_ptr<const simulation::world> world() const;

  /// The result if the world ends within `limit`. After that, the following may be asked.
  std::optional<world_result> wait(std::chrono::milliseconds limit);

  // Errors: a shard that is elsewhere can't be reached any more.
  /// @pre the world has ended
  expected<std::vector<simulation::book>> books() const;
  /// All money in the world, on its way included: the two sides are equal, or cents were made or lost. @pre the world has ended
  expected<simulation::ledger> money() const;

private:
  void end_with(world_result result);
  void order(const pace_order& what);

  caf::actor_system& system_;
  std::shared_ptr<const simulation::world> world_;
  std::shared_ptr<message_sink> sink_;
  std::vector<std::unique_ptr<shard_place>> shards_;
  std::shared_ptr<world_progress> progress_;
  conductor_actor conductor_;
  std::atomic<bool> begun_{false};
  std::future<world_result> ended_;
  std::optional<world_result> result_;
  std::mutex holding_;    ///< taken from hold() to release()
  standstill standstill_; ///< while held
};

} // namespace throng::actors
