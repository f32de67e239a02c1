// What a run of a world leaves in the store while it lives: its record in `runs`, its inputs, and its snapshots; so that it can be
// looked up, resumed and repeated. Leaves to world_control.hpp what is an input, and to resume.hpp what is made of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "actors/world_snapshot.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

/// Something from outside that changed a world, and when (semantics.md 1, "Inputs"). As it is stored:
/// `{"id","run","n","at","what","request","populations","incidents","trouble"}`: the scenario's parts as they were from `at` on.
struct run_input {
  timestamp at;
  std::string what; ///< begin, set, incident, file
  boost::json::value request;
  boost::json::object parts;
};

/// Where a run began: what has to be the same for it to be gone on with.
struct run_begin {
  std::string run;
  boost::json::object identity;   ///< name, seed, start and the like
  std::string to;                 ///< kafka, file:DIR
  std::vector<std::int64_t> ends; ///< of each run (topic * partitions + partition) before its first message
  boost::json::object parts;
};

class run_log {
public:
  /// @param store borrowed; null: nothing is kept
  run_log(storage::result_store* store, std::string run);

  const std::string& run() const {
    return run_;
  }
  bool keeps() const {
    return store_ != nullptr;
  }

  /// The run begins: its record and its begin.
  expected<void> begin(const std::string& command, const run_begin& begin);
  /// The run goes on in this process: what is kept of it is gone on with.
  /// @param from virtual time
  expected<void> go_on(timestamp from);
  /// Before it takes effect.
  expected<void> add(const run_input& input);
  /// What changes no message: the speed, a pause.
  expected<void> note(timestamp at, const std::string& what, const boost::json::value& request);
  /// Keeps the last `kept_snapshots`.
  expected<void> add(const actors::world_snapshot& snapshot);
  /// What the record of the run is to hold besides its report.
  boost::json::object facts() const;

  static constexpr std::size_t kept_snapshots = 3;

private:
  expected<void> put_record() const;

  storage::result_store* store_;
  std::string run_;
  boost::json::object record_;
  std::uint64_t inputs_ = 0;
  std::uint64_t snapshots_ = 0;
};

/// A new one, which rises with time.
std::string new_run_id();

/// The last run of that scenario into that place; none: there is no such run. corrupt: what is kept of it can't be read.
struct kept_run {
  run_begin begin;
  bool complete = false;         ///< it came to its scenario's end
  std::vector<run_input> inputs; ///< without the begin, by time
};
expected<std::optional<kept_run>> last_run(storage::result_store& store, const std::string& scenario,
                                           const std::string& to);
/// not_found: the sentence names those that are there.
expected<kept_run> run_named(storage::result_store& store, const std::string& run);

/// Newest first; those that are not whole are left out.
expected<std::vector<actors::world_snapshot>> snapshots_of(storage::result_store& store, const std::string& run);

} // namespace throng::service
