// Sources that run: one actor each, on a thread of its own since it waits for a server, under a supervisor that restarts one that fails. What a
// source does is sources/'s; where it goes on after a restart is remembered.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "actors/supervision.hpp"
#include "config/error.hpp"
#include "sources/page_walk.hpp"

namespace throng::actors {

/// Ends waits when all is to stop. From any thread.
class stop_signal {
public:
  void stop();
  bool stopping() const;
  /// False: it is to stop, or is stopped while it waits.
  bool pause(wall_duration how_long) const;

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ = false;
};

/// What one life of a source's actor works with.
class source_work {
public:
  virtual ~source_work() = default;
  /// As source_run::round.
  virtual expected<sources::walk_end> round() = 0;
};

struct ingestion_source {
  std::string name;
  std::function<std::unique_ptr<source_work>()> make; ///< called in the actor's thread, again after each failure
};

struct ingestion_options {
  std::vector<ingestion_source> sources;
  std::optional<milliseconds> every; ///< none: one round each
  restart_limit restarts;
  restart_backoff backoff;
  /// Told of an error that a later round may get over. From any of the sources' threads.
  std::function<void(const std::string& source, const error& why)> lasting;
};

/// How a source ended.
struct source_result {
  sources::walk_end end = sources::walk_end::none;
  std::optional<error> failure;
};

class ingestion {
public:
  /// Starts all sources.
  static std::unique_ptr<ingestion> start(caf::actor_system& system, ingestion_options options);
  /// Stops what still runs, and waits for it.
  ~ingestion();

  void stop();
  /// Whether all have ended, within that time.
  bool wait(std::chrono::milliseconds limit) const;
  /// In the order of the sources. @pre all have ended
  std::vector<source_result> results() const;
  std::uint64_t restarts() const;

  struct shared;

private:
  ingestion() = default;
  std::shared_ptr<shared> shared_;
  caf::actor supervisor_; ///< nobody else holds it: without this it would be gone as soon as it has no mail
  std::shared_future<void> ended_;
};

} // namespace throng::actors
