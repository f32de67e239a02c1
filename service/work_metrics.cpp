#include "service/work_metrics.hpp"

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

} // namespace

void add_world_metrics(metrics& to, const actors::world_progress& progress) {
  auto& events = counter(to, "throng_world_events_total", "Events that the world's entities sent");
  auto& restarts = counter(to, "throng_world_restarts_total", "Entities that failed and were restarted");
  auto& now = prometheus::BuildGauge()
                  .Name("throng_world_timestamp_seconds")
                  .Help("The world's own time, in seconds since 1970")
                  .Register(to.registry())
                  .Add({});
  to.before_scrape([&] {
    raise(events, progress.events);
    raise(restarts, progress.restarts);
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
  to.before_scrape([counters, &lag, &watermark, progress = std::move(progress)] {
    const auto at = progress();
    for (const auto& [each, of] : counters)
      raise(*each, at.*of);
    for (const auto& partition : at.partitions) {
      const prometheus::Labels labels{{"topic", partition.which.topic},
                                      {"partition", std::to_string(partition.which.partition)}};
      lag.Add(labels).Set(static_cast<double>(partition.lag()));
      if (partition.watermark_ms != INT64_MIN) // none yet
        watermark.Add(labels).Set(static_cast<double>(partition.watermark_ms) / 1000);
    }
  });
}

boost::json::object live_figures(const actors::world_progress* world, const actors::progress_snapshot& analysis) {
  auto restarts = analysis.restarts;
  boost::json::object made{{"lag", analysis.lag}};
  if (world != nullptr) {
    made["events"] = world->events.load();
    restarts += world->restarts.load();
  }
  made["restarts"] = restarts;
  return made;
}

} // namespace throng::service
