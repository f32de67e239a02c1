// The controls of a running world: what `throng control`, the HTTP API and an edited scenario file ask for. Everything is checked
// first, takes effect between two ticks, wholly or not at all, and is in the run's log before it does. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "actors/world_run.hpp"
#include "service/http/router.hpp"
#include "service/run_log.hpp"
#include "service/tuned_scenario.hpp"

namespace throng::service {

class world_control {
public:
  /// @param world, log borrowed
  world_control(actors::world_run& world, tuned_scenario scenario, run_log& log);

  boost::json::object state() const;

  // Each gives the state afterwards, or why nothing has changed.
  unless_refused<boost::json::object> set(const std::vector<std::pair<std::string, std::string>>& sets);
  unless_refused<boost::json::object> incident(boost::json::object incident);
  /// @param speed 0: as fast as it goes
  unless_refused<boost::json::object> speed(double speed);
  unless_refused<boost::json::object> pause(bool paused);

  /// Takes up the scenario's file where it has been edited, and says what came of it. Called now and then.
  void watch_file();

private:
  using make_change = std::function<unless_refused<tuned_scenario::change>(timestamp at)>;
  /// @param make called first with the time where the world is, then with the one where it stands still
  unless_refused<boost::json::object> apply(const std::string& what, const boost::json::value& request,
                                            const make_change& make);
  boost::json::object state_locked() const;

  struct file_mark {
    std::filesystem::file_time_type written;
    std::uintmax_t size = 0;
    friend bool operator==(const file_mark&, const file_mark&) = default;
  };
  std::optional<file_mark> mark() const;

  actors::world_run& world_;
  run_log& log_;
  mutable std::mutex mutex_; ///< one change at a time
  tuned_scenario scenario_;
  std::uint64_t changes_ = 0;
  std::optional<timestamp> last_change_;
  std::optional<file_mark> seen_;
};

/// `--set PATH=VALUE` as JSON has it: texts as they are, everything else as JSON.
std::string set_value(const boost::json::value& value);

/// Adds GET /api/world, and POST /api/world/pause, resume, speed, incident and set. @param control borrowed
void add_world_routes(http::router& to, world_control& control);

} // namespace throng::service
