// How far an analysis has come: written by its actors as they work, read by anyone at any time.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "analytics/results.hpp"
#include "config/time.hpp"
#include "transport/message.hpp"

namespace throng::actors {

/// One partition's counts since the analysis began, in this process. Written by its processor, of which there is one at a time;
/// restarts go on counting where the one before stood, so a message that is fed again counts once.
struct partition_counts {
  std::atomic<std::uint64_t> consumed{0};     ///< messages taken in, once whatever the number of tasks
  std::atomic<std::uint64_t> skipped{0};      ///< those of `consumed` without a value (tombstones)
  std::atomic<std::uint64_t> resumed{0};      ///< messages that the checkpoint spared
  std::atomic<std::uint64_t> windows{0};      ///< final windows handed to the store
  std::atomic<std::uint64_t> open_windows{0}; ///< windows handed over as they stood at the end
  std::atomic<std::uint64_t> alerts{0};
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> late_by_window{0}; ///< left out of a window that was final, once for each
  std::atomic<std::uint64_t> dead_letters{0};
  std::atomic<std::uint64_t> not_fed{0};     ///< older than the watermark: kept from features, detectors and rules
  std::atomic<std::uint64_t> written{0};     ///< messages to topics that pipelines name
  std::atomic<bool> internal{false};         ///< its messages are counted where they came from
  std::atomic<std::int64_t> next_offset{-1}; ///< -1: not started
  std::atomic<std::int64_t> end_offset{-1};  ///< as last heard; written by the consumer
  std::atomic<std::int64_t> watermark_ms{INT64_MIN}; ///< the least of its tasks; INT64_MIN: none yet

  // The processors' own, handed from one to the next by the supervisor's messages.
  std::int64_t counted_to = -1; ///< offsets before are in `consumed` or were never ours; -1: never assigned
  std::map<std::string, analytics::task_counters> before; ///< by owner: the counters found when it was assigned
  analytics::task_counters carried;                       ///< of earlier assignments
  analytics::task_counters told;                          ///< carried, and what came since
};

struct partition_progress {
  transport::topic_partition which;
  std::uint64_t consumed = 0;
  std::int64_t next_offset = -1;
  std::int64_t end_offset = -1;
  std::int64_t watermark_ms = INT64_MIN;

  /// Messages that stand in the partition and are not taken in; 0 where that is not known.
  std::uint64_t lag() const {
    return next_offset >= 0 && end_offset > next_offset ? static_cast<std::uint64_t>(end_offset - next_offset) : 0;
  }
};

/// All partitions in sum, and each.
struct progress_snapshot {
  std::uint64_t consumed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t resumed_messages = 0;
  std::uint64_t windows = 0; ///< final ones, and at the end the open ones: each once
  std::uint64_t alerts = 0;
  std::uint64_t late = 0;
  std::uint64_t late_by_window = 0; ///< left out of a window that was final, once for each
  std::uint64_t dead_letters = 0;
  std::uint64_t not_fed = 0;
  std::uint64_t written = 0;  ///< messages to topics that pipelines name
  std::uint64_t restarts = 0; ///< of processors and writers
  std::uint64_t lag = 0;
  std::vector<partition_progress> partitions; ///< in order
};

class analysis_progress {
public:
  /// Made at the first call; stays where it is.
  partition_counts& of(const transport::topic_partition& which);
  void count_restart();
  progress_snapshot snapshot() const;

private:
  mutable std::mutex mutex_; ///< guards the map, not what stands in it
  std::map<transport::topic_partition, std::unique_ptr<partition_counts>> partitions_;
  std::atomic<std::uint64_t> restarts_{0};
};

} // namespace throng::actors
