// The sinks of an analysis, each an analysis of its own: own source, own consumer group, own store writer. So what one can't put away holds back
// that one alone. A sink that has failed begins again, from its checkpoint.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/analysis.hpp"
#include "actors/supervision.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "service/sink_metrics.hpp"

namespace throng::service {

struct sink_run_options {
  /// Of each sink; topics and sinks are filled in. With `until_end` a sink that has failed does not begin again.
  actors::analysis_options each;
  std::string prefix; ///< of topics at the brokers
  /// The source topic of a pipeline, for one reader more. @param group what is behind the name of the analysis' own consumer group
  std::function<expected<std::unique_ptr<transport::consumer>>(const config::pipeline&, const std::string& group)> open;
  actors::restart_backoff between{std::chrono::seconds{1}, std::chrono::seconds{60}};
};

class sink_runs {
public:
  using plan_ptr = std::shared_ptr<const analytics::pipeline_plan>;

  /// None of its own: all is at its end.
  sink_runs() = default;
  /// `system` and `store` must outlive it. Errors are those of a source that does not open.
  static expected<std::unique_ptr<sink_runs>> start(caf::actor_system& system, storage::result_store& store,
                                                    const std::vector<plan_ptr>& plans, const counted_sinks& sinks,
                                                    sink_run_options options);

  /// As of the facade `analysis`, of all of them.
  void finish_at(const std::map<transport::topic_partition, std::int64_t>& ends);
  void stop();

  /// Begins again what has failed and waited long enough. To be called every now and then, by one thread.
  void look_after();
  /// A sink that has never begun, or whose place is somebody else's, while nothing told them to end: a wrong setting, which no waiting mends.
  std::optional<error> hopeless() const;
  /// None: not all have ended yet. Else the first failure.
  std::optional<actors::analysis_result> ended() const;

  /// Messages that stand in the partitions and are not taken in, of all sinks.
  std::uint64_t lag() const;
  /// By any thread. @param owner of a sink's checkpoints. None: it has no analysis of its own
  std::optional<actors::progress_snapshot> progress(const std::string& owner) const;

private:
  struct one {
    std::string name; ///< for people
    std::shared_ptr<counted_sink> counted;
    std::function<expected<std::unique_ptr<actors::analysis>>()> start;
    std::unique_ptr<actors::analysis> running;
    std::optional<actors::analysis_result> ended; ///< for good
    std::optional<error> why;                     ///< it has failed, and waits
    std::size_t failures = 0;                     ///< in a row
    std::uint64_t rows = 0;                       ///< put away when it failed last
    std::chrono::steady_clock::time_point again;
  };

  void failed(one& which, const error& why);
  void begin_again(one& which);

  actors::restart_backoff between_;
  bool ending_ = false; ///< nothing begins again
  std::optional<std::map<transport::topic_partition, std::int64_t>> ends_;
  mutable std::mutex mutex_; ///< guards `running` of each
  std::map<std::string, one> all_;
};

/// `  sinks behind 12`, or nothing: the end of a progress line.
std::string describe_sinks(const sink_runs& sinks);

/// Of the analysis that a sink is in, by its owner: one of its own, or that which all others share.
std::function<actors::progress_snapshot(const std::string&)>
progress_by_sink(const sink_runs& sinks, std::function<actors::progress_snapshot()> shared);

} // namespace throng::service
