// How a world begins or goes on: --resume, --append, --replay-inputs, and what they need from the store and the destination. Leaves
// to the commands where messages go, and to world_control.hpp what happens while it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "actors/world_run.hpp"
#include "service/run_log.hpp"
#include "service/serving.hpp"
#include "service/tuned_scenario.hpp"
#include "service/world_control.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

struct session_options {
  bool resume = false;
  bool append = false;
  std::string replay;
  std::string snapshot_every = "1m";
  serve_option serve;

  void add_to(CLI::App& command);
  /// How often a snapshot is taken. invalid: two options that exclude each other, or no duration
  expected<std::chrono::milliseconds> check() const;
  bool goes_on() const {
    return resume || append;
  }
};

/// Where each run (topic * partitions + partition) ends; 0 where it has no message.
using run_ends = std::vector<std::int64_t>;

/// A run as it is about to begin or go on.
struct world_session {
  explicit world_session(tuned_scenario of)
      : scenario(std::move(of)) {}

  tuned_scenario scenario;                        ///< as it is once all known inputs have taken effect
  std::shared_ptr<const simulation::world> first; ///< as the run began
  std::vector<actors::planned_successor> inputs;  ///< all that are known, by time
  std::vector<run_input> to_log;                  ///< of another run, that this one repeats
  std::optional<kept_run> kept;                   ///< the run that is gone on with
  std::string run;
  boost::json::object begin_parts;
};

/// Loads the scenario, and what is kept of the run that is resumed or repeated.
/// @param store null: none @param to `kafka` or `file:DIR` @param adjust what the destination changes in the scenario
unless_refused<world_session> open_session(const session_options& options, const std::string& scenario,
                                           const config::load_options& load, storage::result_store* store,
                                           const std::string& to, const std::function<void(config::scenario&)>& adjust);

/// The world, at the newest of its snapshots that the destination has come past, or else at its begin.
/// @param ends where the destination ends now
expected<std::unique_ptr<actors::world_run>> make_world(const session_options& how, const world_session& session,
                                                        caf::actor_system& system,
                                                        const std::shared_ptr<actors::message_sink>& sink,
                                                        actors::world_options options, storage::result_store* store,
                                                        const run_ends& ends);

/// Enters the session into its log. @param world not begun yet @param ends as for make_world
expected<void> log_session(run_log& log, const world_session& session, const actors::world_run& world,
                           const std::string& command, const std::string& to, const run_ends& ends);

/// What a running world needs now and then from the thread that waits for it: its file watched, snapshots taken.
class world_keeper {
public:
  world_keeper(actors::world_run& world, world_control& control, run_log& log,
               std::chrono::milliseconds snapshot_every);
  void look_after();
  /// After the world's end: where it was stopped, the last snapshot; and what `runs` is to hold besides the report.
  boost::json::object conclude(const actors::world_result& result);

private:
  actors::world_run& world_;
  world_control& control_;
  run_log& log_;
  std::chrono::milliseconds snapshot_every_;
  std::chrono::steady_clock::time_point next_snapshot_;
  std::chrono::steady_clock::time_point next_look_;
};

/// conflict: the destination does not end where this run's messages do; somebody else has written to it, or the cluster has lost some.
expected<void> check_only_writer(const world_session& session, const run_ends& began_at,
                                 const actors::world_result& result, const run_ends& ends);

/// Says it; gives the exit status that goes with it.
int say_refusal(const refusal& why);

} // namespace throng::service
