#include "actors/analysis_progress.hpp"

namespace throng::actors {

partition_counts& analysis_progress::of(const transport::topic_partition& which) {
  std::lock_guard guard{mutex_};
  auto& found = partitions_[which];
  if (!found)
    found = std::make_unique<partition_counts>();
  return *found;
}

void analysis_progress::count_restart() {
  ++restarts_;
}

progress_snapshot analysis_progress::snapshot() const {
  progress_snapshot all;
  all.restarts = restarts_;
  std::lock_guard guard{mutex_};
  for (const auto& [which, counts] : partitions_) {
    partition_progress one{which, counts->consumed, counts->next_offset, counts->end_offset, counts->watermark_ms};
    if (!counts->internal) {
      all.consumed += one.consumed;
      all.skipped += counts->skipped;
      all.resumed_messages += counts->resumed;
    }
    all.windows += counts->windows + counts->open_windows;
    all.alerts += counts->alerts;
    all.late += counts->late;
    all.late_by_window += counts->late_by_window;
    all.dead_letters += counts->dead_letters;
    all.not_fed += counts->not_fed;
    all.written += counts->written;
    all.lag += one.lag();
    all.partitions.push_back(std::move(one));
  }
  return all;
}

} // namespace throng::actors
