#include "service/sink_metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace throng::service {

namespace {

using place = std::pair<std::string, std::int32_t>; ///< a topic's partition

struct figures {
  std::uint64_t rows = 0;
  std::uint64_t errors = 0;
  std::map<place, std::int64_t> next; ///< one past the newest offset that is put away
};

struct shared_figures {
  std::string pipeline;
  std::string sink;
  mutable std::mutex mutex;
  figures now; ///< guarded

  figures read() const {
    const std::lock_guard lock{mutex};
    return now;
  }
};

class counted_sink final : public actors::row_sink {
public:
  counted_sink(std::shared_ptr<shared_figures> into, std::shared_ptr<actors::row_sink> of)
      : into_(std::move(into))
      , of_(std::move(of)) {}

  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) override {
    auto done = of_->put(rows, still_ours);
    count(done);
    if (!done || rows.empty())
      return done;
    const std::lock_guard lock{into_->mutex};
    into_->now.rows += rows.size();
    auto& next = into_->now.next[{rows.topic, rows.partition}];
    next = std::max(next, rows.last_offset() + 1);
    return done;
  }

  expected<void> take_over(const std::string& topic, std::int32_t partition, const storage::claimed& claim) override {
    auto done = of_->take_over(topic, partition, claim);
    count(done);
    return done;
  }

private:
  /// That another process has the partition now is no failure of the sink.
  void count(const expected<void>& done) {
    if (done || done.error().kind == error_kind::fenced)
      return;
    const std::lock_guard lock{into_->mutex};
    ++into_->now.errors;
  }

  std::shared_ptr<shared_figures> into_;
  std::shared_ptr<actors::row_sink> of_;
};

} // namespace

struct sink_figures::implementation {
  std::vector<std::shared_ptr<shared_figures>> all;
};

sink_figures::sink_figures()
    : impl_(std::make_shared<implementation>()) {}

sink_figures::~sink_figures() = default;

std::shared_ptr<actors::row_sink> sink_figures::counted(const std::string& pipeline, const std::string& sink,
                                                        std::shared_ptr<actors::row_sink> of) {
  auto into = std::make_shared<shared_figures>();
  into->pipeline = pipeline;
  into->sink = sink;
  impl_->all.push_back(into);
  return std::make_shared<counted_sink>(std::move(into), std::move(of));
}

void add_sink_metrics(metrics& to, const std::shared_ptr<const sink_figures>& of,
                      std::function<actors::progress_snapshot()> progress, std::string prefix) {
  if (of->impl_->all.empty())
    return;
  auto& rows = prometheus::BuildCounter()
                   .Name("throng_sink_rows_total")
                   .Help("Messages that a sink has put away")
                   .Register(to.registry());
  auto& errors = prometheus::BuildCounter()
                     .Name("throng_sink_errors_total")
                     .Help("Times that a sink failed to put messages away, or to begin; the same are tried again")
                     .Register(to.registry());
  auto& lag = prometheus::BuildGauge()
                  .Name("throng_sink_lag_messages")
                  .Help("Messages of a partition behind the newest that a sink has put away")
                  .Register(to.registry());
  to.before_scrape(
      [&rows, &errors, &lag, sinks = of->impl_, progress = std::move(progress), prefix = std::move(prefix)] {
        const auto at = progress();
        for (const auto& sink : sinks->all) {
          const auto now = sink->read();
          const prometheus::Labels whose{{"pipeline", sink->pipeline}, {"sink", sink->sink}};
          raise(rows.Add(whose), now.rows);
          raise(errors.Add(whose), now.errors);
          for (const auto& [where, next] : now.next)
            for (const auto& partition : at.partitions)
              if (partition.which.partition == where.second && partition.which.topic == prefix + where.first) {
                auto labels = whose;
                labels["topic"] = partition.which.topic;
                labels["partition"] = std::to_string(where.second);
                const auto end = std::max(partition.end_offset, partition.next_offset);
                lag.Add(labels).Set(static_cast<double>(std::max<std::int64_t>(0, end - next)));
              }
        }
      });
}

} // namespace throng::service
