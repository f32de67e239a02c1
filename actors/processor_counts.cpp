#include "actors/processor_counts.hpp"

#include <algorithm>

namespace throng::actors {

namespace {

std::uint64_t final_windows_in(const result_batch& results) {
  return static_cast<std::uint64_t>(
      std::count_if(results.documents.begin(), results.documents.end(), [](const analytics::document& x) {
        const auto* final = x.body.if_contains("final");
        return x.into == analytics::collection::windows && !x.superseded && final && final->is_bool() &&
               final->get_bool();
      }));
}

} // namespace

processor_counts::processor_counts(partition_counts& into, bool internal_topic)
    : into_(&into) {
  into_->internal = internal_topic;
}

void processor_counts::begin(const partition_core& core, std::int64_t offset) {
  std::uint64_t spared = UINT64_MAX;
  for (std::size_t i = 0; i < core.size(); ++i) {
    const auto& found = core.task(i).counters();
    spared = std::min(spared, found.consumed);
    into_->before[core.task(i).owner()] = found;
  }
  if (into_->counted_to >= 0) // had before and lost: others may have gone on with it meanwhile
    spared = static_cast<std::uint64_t>(std::max<std::int64_t>(0, offset - into_->counted_to));
  into_->resumed += spared;
  into_->counted_to = std::max(into_->counted_to, offset);
  into_->carried = into_->told;
}

void processor_counts::taken(const transport::batch& batch, std::int64_t end) {
  // What an earlier life had taken in, and handed over, is counted.
  news_ = batch.next_offset() > into_->counted_to;
  auto news = partition_core::count(batch, into_->counted_to, end);
  into_->consumed += news.messages;
  into_->skipped += news.tombstones;
  into_->counted_to = std::max(into_->counted_to, std::min(batch.next_offset(), end));
}

void processor_counts::handed_over(const result_batch& results) {
  if (news_)
    into_->windows += final_windows_in(results);
}

void processor_counts::at_end(const partition_core& core) {
  std::uint64_t open = 0;
  for (std::size_t i = 0; i < core.size(); ++i)
    open += core.task(i).open_results();
  into_->open_windows = open;
}

void processor_counts::publish(const partition_core& core, std::int64_t position) {
  auto& told = into_->told = into_->carried;
  for (std::size_t i = 0; i < core.size(); ++i) {
    told += core.task(i).counters();
    told -= into_->before[core.task(i).owner()];
  }
  into_->alerts = told.alerts;
  into_->late = told.late;
  into_->late_by_window = told.late_by_window;
  into_->dead_letters = told.dead_letters;
  into_->not_fed = told.not_fed;
  into_->written = told.written;
  into_->next_offset = position;
  into_->watermark_ms = core.watermark().ms;
}

} // namespace throng::actors
