// The output lanes of a shard, used again once they have been published.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "simulation/step.hpp"

namespace throng::simulation {

/// Lanes that have been published, to be used again: so that a step's bytes go where another's have been, and the memory need not be
/// asked for and cleared anew.
class lane_store : public std::enable_shared_from_this<lane_store> {
public:
  explicit lane_store(std::size_t runs)
      : runs_(runs) {}

  /// An empty one. It comes back by itself, from any thread.
  std::shared_ptr<output_lane> take() {
    std::unique_ptr<output_lane> lane;
    {
      const std::scoped_lock lock{mutex_};
      if (!idle_.empty()) {
        lane = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (lane == nullptr) {
      lane = std::make_unique<output_lane>();
      lane->runs.resize(runs_);
    }
    return {lane.release(), [back_to = shared_from_this()](output_lane* used) { back_to->put({used, {}}); }};
  }

private:
  void put(std::unique_ptr<output_lane> used) {
    used->bytes.clear();
    for (auto& run : used->runs)
      run.clear();
    const std::scoped_lock lock{mutex_};
    idle_.push_back(std::move(used));
  }

  std::size_t runs_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<output_lane>> idle_;
};

} // namespace throng::simulation
