// `record.keep`: raw events leave the store when they are older than that, by event time. What has left when a run ends depends on its messages alone.
#pragma once

#include <chrono>
#include <string>

#include "actors/analysis_progress.hpp"
#include "config/error.hpp"
#include "config/scenario.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

class event_retention {
public:
  /// @param store outlives it @param prefix of topics in the progress
  event_retention(storage::result_store& store, config::record_settings what, std::string prefix);

  /// Deletes what is older than `keep` behind the watermark of its topic: that of the partition that is furthest behind. Nothing of a topic that no message has
  /// come of.
  expected<void> apply(const actors::progress_snapshot& at);
  /// The same, at most every 10 s.
  expected<void> look_after(const actors::progress_snapshot& at);

private:
  storage::result_store& store_;
  config::record_settings what_;
  std::string prefix_;
  std::chrono::steady_clock::time_point next_;
};

} // namespace throng::service
