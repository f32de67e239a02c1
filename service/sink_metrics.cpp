#include "service/sink_metrics.hpp"

#include <algorithm>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace throng::service {

counted_sink::counted_sink(std::string pipeline, std::string sink, std::unique_ptr<actors::row_sink> of,
                           std::shared_ptr<const std::atomic<std::uint64_t>> refused)
    : pipeline_(std::move(pipeline))
    , sink_(std::move(sink))
    , of_(std::move(of))
    , refused_(std::move(refused)) {}

expected<void> counted_sink::put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) {
  if (!rows.empty()) {
    const std::lock_guard lock{mutex_};
    now_.next.try_emplace({rows.topic, rows.partition}, rows.first_offset());
  }
  auto done = of_->put(rows, still_ours);
  count_failure(done);
  if (!done || rows.empty())
    return done;
  const std::lock_guard lock{mutex_};
  now_.rows += rows.size();
  auto& next = now_.next[{rows.topic, rows.partition}];
  next = std::max(next, rows.last_offset() + 1);
  return done;
}

expected<void> counted_sink::take_over(const std::string& topic, std::int32_t partition,
                                       const storage::claimed& claim) {
  auto done = of_->take_over(topic, partition, claim);
  count_failure(done);
  if (done) {
    const std::lock_guard lock{mutex_};
    ++now_.claims;
    if (!claim.fresh)
      now_.next.try_emplace({topic, partition}, claim.next_offset);
  }
  return done;
}

counted_sink::figures counted_sink::read() const {
  const std::lock_guard lock{mutex_};
  auto now = now_;
  now.refused = refused_ ? refused_->load() : 0;
  return now;
}

void counted_sink::count_failure(const expected<void>& done) {
  if (done || done.error().kind == error_kind::fenced)
    return;
  const std::lock_guard lock{mutex_};
  ++now_.errors;
}

void add_sink_metrics(metrics& to, counted_sinks sinks,
                      std::function<actors::progress_snapshot(const std::string&)> progress, std::string prefix) {
  if (sinks.empty())
    return;
  auto& rows = prometheus::BuildCounter()
                   .Name("throng_sink_rows_total")
                   .Help("Messages that a sink has put away")
                   .Register(to.registry());
  auto& errors = prometheus::BuildCounter()
                     .Name("throng_sink_errors_total")
                     .Help("Times that a sink failed to put messages away, or to begin; the same are tried again")
                     .Register(to.registry());
  auto& refused = prometheus::BuildCounter()
                      .Name("throng_sink_refused_total")
                      .Help("Rows that a sink's server refused, and that went to the dead letters")
                      .Register(to.registry());
  auto& lag = prometheus::BuildGauge()
                  .Name("throng_sink_lag_messages")
                  .Help("Messages of a partition behind the newest that a sink has put away")
                  .Register(to.registry());
  to.before_scrape([&rows, &errors, &refused, &lag, sinks = std::move(sinks), progress = std::move(progress),
                    prefix = std::move(prefix)] {
    for (const auto& [owner, sink] : sinks) {
      const auto at = progress(owner);
      const auto now = sink->read();
      const prometheus::Labels whose{{"pipeline", sink->pipeline()}, {"sink", sink->sink()}};
      raise(rows.Add(whose), now.rows);
      raise(errors.Add(whose), now.errors);
      raise(refused.Add(whose), now.refused);
      for (const auto& partition : at.partitions) {
        auto where = partition.which;
        where.topic.erase(0, where.topic.starts_with(prefix) ? prefix.size() : 0);
        const auto next = now.next.find(where);
        if (next == now.next.end())
          continue;
        auto labels = whose;
        labels["topic"] = partition.which.topic;
        labels["partition"] = std::to_string(where.partition);
        const auto end = std::max(partition.end_offset, partition.next_offset);
        lag.Add(labels).Set(static_cast<double>(std::max<std::int64_t>(0, end - next->second)));
      }
    }
  });
}

} // namespace throng::service
