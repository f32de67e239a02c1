// What the sinks of an analysis have put away, how far each is behind, and how often it failed, for Prometheus.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/analysis_plan.hpp"
#include "actors/analysis_progress.hpp"
#include "service/metrics.hpp"

namespace throng::service {

/// A sink that is counted. Thread-safe as what it counts is.
class counted_sink final : public actors::row_sink {
public:
  struct figures {
    std::uint64_t rows = 0;
    std::uint64_t errors = 0;
    std::uint64_t refused = 0; ///< rows that went to the dead letters
    std::uint64_t claims = 0;  ///< partitions that it has begun with, or begun again
    /// One past the newest offset that is put away, of topics without the prefix; before any is, the first that was to be.
    std::map<transport::topic_partition, std::int64_t> next{};
  };

  /// @param refused rows that `of` gives up, counted by itself; may be null
  counted_sink(std::string pipeline, std::string sink, std::unique_ptr<actors::row_sink> of,
               std::shared_ptr<const std::atomic<std::uint64_t>> refused = nullptr);

  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) override;
  expected<void> take_over(const std::string& topic, std::int32_t partition, const storage::claimed& claim) override;

  const std::string& pipeline() const {
    return pipeline_;
  }
  const std::string& sink() const {
    return sink_;
  }
  figures read() const;

private:
  /// That another process has the partition now is no failure of the sink.
  void count_failure(const expected<void>& done);

  std::string pipeline_;
  std::string sink_;
  std::unique_ptr<actors::row_sink> of_;
  std::shared_ptr<const std::atomic<std::uint64_t>> refused_;
  mutable std::mutex mutex_;
  figures now_; ///< guarded
};

/// By the owner of their checkpoints.
using counted_sinks = std::map<std::string, std::shared_ptr<counted_sink>>;

/// `throng_sink_rows_total`, `throng_sink_errors_total` and `throng_sink_refused_total` by pipeline and sink, and `throng_sink_lag_messages` by topic and partition too.
/// @param progress of the analysis that a sink is in, by the owner of its checkpoints @param prefix of topics in `progress`
void add_sink_metrics(metrics& to, counted_sinks sinks,
                      std::function<actors::progress_snapshot(const std::string& owner)> progress, std::string prefix);

} // namespace throng::service
