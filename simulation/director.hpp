// What happens to the world as a whole: which incidents open in a tick and on whom, and what everybody sees. The conductor
// asks it once a tick.
#pragma once

#include <memory>
#include <vector>

#include "simulation/state_bytes.hpp"
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

  /// The world goes on as its successor (world::succeeded_by) from the tick at `from`, which is to be asked for next.
  void adopt(std::shared_ptr<const world> successor, timestamp from);

  /// @param start the tick's first moment; ticks are asked for in order, none left out
  /// @param before totals of the tick before (zeros for the first)
  /// @param ahead until when the far-sighted will be woken now; the view's weather reaches at least so far
  tick_plan begin_tick(timestamp start, const tick_totals& before, timestamp ahead = {});

  /// All that the ticks so far have made of it. Between two ticks.
  void save(state_writer& to) const;
  /// Goes on from what was saved. @pre it is of the same world @throws foreign_state
  void load(state_reader& from);

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::simulation
