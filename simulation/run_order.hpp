// The one defined order of a step's messages (semantics.md 1): by emission time, population, index, ordinal, whatever shards,
// lanes and steps they come from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "simulation/step.hpp"

namespace throng::simulation {

/// A message in its place.
struct ordered_message {
  const emission* what;
  const output_lane* from;
  std::uint32_t ms;  ///< since the earliest of the step
  std::uint32_t run; ///< topic * partitions + partition

  std::string_view key() const {
    return from->key(*what);
  }
  std::string_view value() const {
    return from->value(*what);
  }
};

/// Keeps its room from step to step.
class run_order {
public:
  /// Brings all messages of some runs into one order. Valid until the next call, and as long as the outputs are.
  /// @param outputs of shards that have lived the same time, in any order and in any number of steps
  std::span<const ordered_message> of(std::span<const std::shared_ptr<const step_output>> outputs,
                                      std::span<const std::size_t> runs);

private:
  void gather(std::span<const std::shared_ptr<const step_output>> outputs, std::span<const std::size_t> runs);
  void order_by_time();
  void order_ties();

  std::vector<ordered_message> messages_;
  std::vector<ordered_message> other_;
};

} // namespace throng::simulation
