#include "service/work_metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace throng::service {

namespace {

prometheus::Counter& counter(metrics& of, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(of.registry()).Add({});
}

prometheus::Gauge& gauge(metrics& of, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(of.registry()).Add({});
}

void raise_seconds(prometheus::Counter& counter, std::uint64_t nanoseconds) {
  counter.Increment(std::max(0.0, static_cast<double>(nanoseconds) / 1e9 - counter.Value()));
}

/// What an analysis' store takes, and what waits for it.
void add_store_writer_metrics(metrics& to, const std::function<actors::progress_snapshot()>& progress) {
  auto& waiting = gauge(to, "throng_store_queue_requests", "Writes and checkpoints that wait for the store");
  auto& writes = counter(to, "throng_store_writes_total", "Calls that wrote results into the store");
  auto& write_seconds = counter(to, "throng_store_write_seconds_total", "Time that these calls took");
  auto& checkpoints = counter(to, "throng_checkpoints_total", "Checkpoints of partitions that were saved");
  auto& checkpoint_seconds = counter(to, "throng_checkpoint_seconds_total", "Time that saving them took");
  auto& bytes = counter(to, "throng_checkpoint_bytes_total", "Bytes of them, as they are stored");
  to.before_scrape([&, progress] {
    const auto store = progress().store;
    if (!store)
      return;
    waiting.Set(static_cast<double>(store->waiting));
    raise(writes, store->writes);
    raise_seconds(write_seconds, store->write_ns);
    raise(checkpoints, store->checkpoints);
    raise_seconds(checkpoint_seconds, store->checkpoint_ns);
    raise(bytes, store->checkpoint_bytes);
  });
}

} // namespace

void add_world_metrics(metrics& to, const actors::world_progress& progress) {
  auto& events = counter(to, "throng_world_events_total", "Events that the world's entities sent");
  auto& restarts = counter(to, "throng_world_restarts_total", "Entities that failed and were restarted");
  auto& steps = counter(to, "throng_world_steps_total", "Steps that the world has lived");
  auto& step_seconds = counter(to, "throng_world_step_seconds_total", "Wall time that its steps took to be lived");
  auto& actors = gauge(to, "throng_world_actors", "The world's entities, an actor each");
  auto& behind = gauge(to, "throng_world_behind_seconds", "By how much the world is behind its schedule");
  auto& now = gauge(to, "throng_world_timestamp_seconds", "The world's own time, in seconds since 1970");
  to.before_scrape([&] {
    raise(events, progress.events);
    raise(restarts, progress.restarts);
    raise(steps, progress.steps);
    raise_seconds(step_seconds, progress.step_ns);
    actors.Set(static_cast<double>(progress.actors));
    behind.Set(static_cast<double>(progress.behind_ms) / 1000);
    now.Set(static_cast<double>(progress.virtual_ms) / 1000);
  });
}

void add_analysis_metrics(metrics& to, std::function<actors::progress_snapshot()> progress) {
  using snapshot = actors::progress_snapshot;
  const std::vector<std::pair<prometheus::Counter*, std::uint64_t snapshot::*>> counters{
      {&counter(to, "throng_analysis_messages_total", "Messages taken in, once each whatever the number of pipelines"),
       &snapshot::consumed},
      {&counter(to, "throng_analysis_windows_total", "Windows that became final"), &snapshot::windows},
      {&counter(to, "throng_analysis_alerts_total", "Alerts raised"), &snapshot::alerts},
      {&counter(to, "throng_analysis_late_total", "Events that came after every window for them was final"),
       &snapshot::late},
      {&counter(to, "throng_analysis_late_by_window_total",
                "Events left out of a window that was final, once for each such window"),
       &snapshot::late_by_window},
      {&counter(to, "throng_analysis_dead_letters_total", "Messages that could not be used"), &snapshot::dead_letters},
      {&counter(to, "throng_analysis_not_fed_total",
                "Events older than the watermark, kept from features, detectors and rules"),
       &snapshot::not_fed},
      {&counter(to, "throng_analysis_written_total", "Messages to topics that pipelines name"), &snapshot::written},
      {&counter(to, "throng_analysis_restarts_total", "Processors and writers that failed and were restarted"),
       &snapshot::restarts}};
  auto& lag = prometheus::BuildGauge()
                  .Name("throng_consumer_lag_messages")
                  .Help("Messages that stand in a partition and are not taken in")
                  .Register(to.registry());
  auto& watermark =
      prometheus::BuildGauge()
          .Name("throng_watermark_timestamp_seconds")
          .Help("The watermark of a topic's partition, in seconds since 1970: the least of its pipelines'")
          .Register(to.registry());
  add_store_writer_metrics(to, progress);
  to.before_scrape([counters, &lag, &watermark, progress = std::move(progress)] {
    const auto at = progress();
    for (const auto& [each, of] : counters)
      raise(*each, at.*of);
    for (const auto& partition : at.partitions) {
      const prometheus::Labels labels{{"topic", partition.which.topic},
                                      {"partition", std::to_string(partition.which.partition)}};
      if (const auto behind = partition.lag()) // its end has been heard
        lag.Add(labels).Set(static_cast<double>(*behind));
      if (partition.watermark_ms != INT64_MIN) // none yet
        watermark.Add(labels).Set(static_cast<double>(partition.watermark_ms) / 1000);
    }
  });
}

boost::json::object live_figures(const actors::world_progress* world, const actors::progress_snapshot& analysis) {
  auto restarts = analysis.restarts;
  boost::json::object made{{"lag", analysis.lag ? boost::json::value(*analysis.lag) : boost::json::value{}}};
  if (world != nullptr) {
    made["events"] = world->events.load();
    restarts += world->restarts.load();
  }
  made["restarts"] = restarts;
  return made;
}

} // namespace throng::service
