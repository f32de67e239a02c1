// What happens to the world as a whole: which incidents open in a tick and on whom, and what everybody sees. The conductor
// asks it once a tick.
#pragma once

#include <memory>
#include <vector>

#include "simulation/step.hpp"

namespace throng::simulation {

struct tick_plan {
  std::shared_ptr<const shared_view> view;
  std::shared_ptr<const std::vector<incident_order>> orders; ///< in a defined order; never null
  /// To the owners of what those incidents put out of order; arrive a tick after it. Whoever asked for the plan delivers them.
  std::vector<entity_message> messages;
};

/// A function of the scenario, its seed, and the totals it is told: nothing else.
class director {
public:
  explicit director(std::shared_ptr<const world> world);
  ~director();

  /// @param start the tick's first moment; ticks are asked for in order, none left out
  /// @param before totals of the tick before (zeros for the first)
  /// @param ahead until when the far-sighted will be woken now; the view's weather reaches at least so far
  tick_plan begin_tick(timestamp start, const tick_totals& before, timestamp ahead = {});

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::simulation
