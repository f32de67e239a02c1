#include "service/event_retention.hpp"

#include <algorithm>
#include <utility>

namespace throng::service {

event_retention::event_retention(storage::result_store& store, config::record_settings what, std::string prefix)
    : store_(store)
    , what_(std::move(what))
    , prefix_(std::move(prefix)) {}

expected<void> event_retention::apply(const actors::progress_snapshot& at) {
  if (what_.keep.count() == 0)
    return {};
  for (const auto& topic : what_.topics) {
    std::int64_t least = INT64_MAX;
    for (const auto& partition : at.partitions)
      if (partition.which.topic == prefix_ + topic && partition.watermark_ms != INT64_MIN)
        least = std::min(least, partition.watermark_ms);
    if (least == INT64_MAX)
      continue;
    using comparison = storage::condition::comparison;
    storage::find_query old;
    old.from = analytics::collection::events;
    old.conditions.push_back({"topic", comparison::eq, boost::json::value(topic)});
    old.conditions.push_back({"time", comparison::lt, least - what_.keep.count()});
    if (auto removed = store_.remove(old); !removed)
      return tl::unexpected{removed.error()};
  }
  return {};
}

expected<void> event_retention::look_after(const actors::progress_snapshot& at) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_)
    return {};
  next_ = now + std::chrono::seconds{10};
  return apply(at);
}

} // namespace throng::service
