// The figures of this process for Prometheus: one registry, which server, watchers and worlds fill, and its text. Names follow Prometheus'
// conventions: `throng_…_total`, base units, and labels whose values are few and known.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

namespace throng::service {

/// Thread-safe.
class metrics {
public:
  metrics();

  /// Where counters, gauges and histograms are made. Keep the reference that `Add` gives: finding it again costs more than counting.
  prometheus::Registry& registry() {
    return registry_;
  }

  /// Called before every scrape: for figures that others keep, which become gauges only then.
  void before_scrape(std::function<void()> refresh);

  /// Prometheus' text format, version 0.0.4. Calls of before_scrape come one after the other.
  std::string text();

  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
  prometheus::Registry registry_;
  std::mutex mutex_;
  std::vector<std::function<void()>> refreshers_;
};

/// A counter of what others count: up to what they have. It never falls.
void raise(prometheus::Counter& counter, std::uint64_t to);

} // namespace throng::service
