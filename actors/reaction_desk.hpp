// The loop's other half: alerts that the analysis raises, until the world acts on them. Each takes effect at the first tick that
// begins a `delay` after the end of the tick whose messages released it, in the order of (its tick, id), once (semantics.md 1,
// "Closed loop"). Leaves to the conductor that all alerts of a time are there before it asks for them, and to the entities what they do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "analytics/results.hpp"
#include "simulation/step.hpp"
#include "simulation/world.hpp"

namespace throng::actors {

/// Thread-safe.
class reaction_desk {
public:
  /// @param caught_up whether all messages that were handed over have been received, and what they raise is known here
  /// @pre the world's scenario reacts
  reaction_desk(const std::shared_ptr<const simulation::world>& world, std::function<bool()> caught_up);

  /// An alert came of a message that was emitted then. Of one that is told again nothing comes again. Alerts on what is no
  /// entity of this world, and those that `share` leaves out, are nobody's business.
  void raised(const analytics::side_message& alert, timestamp emitted);

  bool caught_up() const {
    return caught_up_();
  }
  milliseconds delay() const {
    return delay_;
  }
  /// The world goes on as another.
  void adopt(std::shared_ptr<const simulation::world> successor);
  /// What is done at the begin of this tick: messages that arrive then. Those to the far-sighted come only with `to_far_sighted`, later ones
  /// keep. @pre all alerts of messages emitted before tick - delay() are known
  std::vector<simulation::entity_message> due(timestamp tick, bool to_far_sighted);

private:
  const std::function<bool()> caught_up_;
  const milliseconds delay_;
  std::mutex mutex_;
  std::shared_ptr<const simulation::world> world_;
  std::set<std::string> seen_; ///< ids
  /// By when it takes effect at the earliest.
  std::map<std::tuple<timestamp, std::string>, simulation::entity_ref> waiting_;
  std::uint64_t done_ = 0;
};

} // namespace throng::actors
