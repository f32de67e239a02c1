// The path of a visitor through the shop: a Markov chain over what can be done on the site, with the scenario's weights.
// Leaves time to web_client.hpp.
#pragma once

#include <array>

#include "config/scenario.hpp"
#include "simulation/site.hpp"

namespace throng::simulation {

static_assert(config::web_actions.size() == action_count && config::web_actions.back() == "leave");

class session_chain {
public:
  /// @pre every row has a positive weight, and from each action `leave` can be reached (config checks it)
  explicit session_chain(const config::session_weights& weights);

  /// Where a session begins. @param unit uniform in [0, 1)
  action first(double unit) const {
    return pick(start_, unit);
  }
  /// What follows. @param unit uniform in [0, 1)  @pre `after` is not leave
  action next(action after, double unit) const {
    return pick(after_[static_cast<std::size_t>(after)], unit);
  }

  /// Whether the site lets anyone do `next` straight after `after` (nobody pays without a cart).
  bool can_follow(action after, action next) const;
  bool can_begin_with(action first) const;

  /// How often a session comes to each action on average: the visits of the chain before it leaves, start · (I - T)^-1
  /// (Kemeny and Snell, "Finite Markov chains", section 3.2).
  std::array<double, action_count - 1> mean_visits() const;
  /// Their sum: requests of a session.
  double mean_requests() const;

private:
  using row = std::array<double, action_count>; ///< shares, added up from the first
  static row added_up(const config::action_weights& weights);
  static action pick(const row& of, double unit);
  static double share(const row& of, std::size_t which);

  row start_;
  std::array<row, action_count - 1> after_;
};

} // namespace throng::simulation
