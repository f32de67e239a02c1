#include "service/metrics.hpp"

#include <utility>

#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

namespace throng::service {

metrics::metrics() {
  prometheus::BuildGauge()
      .Name("throng_build_info")
      .Help("1; the version stands in the label")
      .Register(registry_)
      .Add({{"version", THRONG_VERSION}})
      .Set(1);
}

void metrics::before_scrape(std::function<void()> refresh) {
  std::scoped_lock lock{mutex_};
  refreshers_.push_back(std::move(refresh));
}

std::string metrics::text() {
  std::scoped_lock lock{mutex_};
  for (const auto& refresh : refreshers_)
    refresh();
  return prometheus::TextSerializer{}.Serialize(registry_.Collect());
}

void raise(prometheus::Counter& counter, std::uint64_t to) {
  counter.Increment(static_cast<double>(to) - counter.Value());
}

} // namespace throng::service
