// Who is restarted when it fails, how soon, and when a supervisor gives up: child specs as data, one-for-one restarts
// (after OTP's supervisors). What a child needs to go on from (a checkpoint, a table row) is its start function's affair.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor.hpp>
#include <caf/error.hpp>
#include <caf/scheduled_actor.hpp>

namespace throng::actors {

using wall_time = std::chrono::steady_clock::time_point;
using wall_duration = std::chrono::steady_clock::duration;

/// OTP's intensity and period: at most `restarts` within `within`; the next failure is the supervisor's own.
struct restart_limit {
  std::size_t restarts = 10;
  wall_duration within = std::chrono::seconds{60};
};

/// Counts restarts against a limit. Pure: time is an argument and must not go back.
class restart_intensity {
public:
  explicit restart_intensity(restart_limit limit);

  /// A child failed at `now`. True: it may be restarted, and that is counted. False: fewer than `within` ago the limit was used up.
  bool may_restart(wall_time now);

private:
  restart_limit limit_;
  std::deque<wall_time> recent_; ///< restarts in (now - within, now]
};

/// How long to wait before the nth restart in a row (n from 1): `first`, doubled each time, at most `greatest`.
struct restart_backoff {
  wall_duration first = std::chrono::milliseconds{20};
  wall_duration greatest = std::chrono::seconds{5};

  wall_duration before(std::size_t nth) const;
};

enum class restart_kind : std::uint8_t {
  permanent, ///< whatever it ended with
  transient, ///< only when it failed: an exit reason other than none, normal and user_shutdown
  temporary, ///< never
};

struct child_spec {
  std::string name; ///< unique under its supervisor; appears in errors
  std::function<caf::actor()> start;
  restart_kind restart = restart_kind::transient;
  restart_limit limit;
  restart_backoff backoff;
};

/// Whether an actor that ended with this reason has failed.
bool is_failure(const caf::error& reason);

/// What an exit reason says: an exception's own sentence where keep_exception_text kept it.
std::string text_of(const caf::error& reason);

/// Makes an exception that leaves a handler of `self` the actor's exit reason with its sentence, so that the supervisor can tell it.
void keep_exception_text(caf::scheduled_actor& self);

/// The children of one actor, restarted one for one. Owns `self`'s down handler. Lives in the actor's state, so all calls
/// are made from its handlers.
class one_for_one {
public:
  struct callbacks {
    /// After `wait`, call restart(name): the actor sends itself a message.
    std::function<void(const std::string& name, wall_duration wait)> restart_later;
    /// A child has ended and will not be restarted by its kind. Optional.
    std::function<void(const std::string& name, const caf::error& reason)> ended;
    /// A child has failed more often than its limit allows: it is given up, and the actor decides what falls with it.
    std::function<void(const std::string& name, const caf::error& reason)> escalate;
  };

  one_for_one(caf::scheduled_actor& self, callbacks on);
  one_for_one(const one_for_one&) = delete;
  one_for_one& operator=(const one_for_one&) = delete;

  /// Starts and watches a child. @pre no child has that name
  void start(child_spec spec);
  /// The wait after a failure is over. Nothing happens if the child was forgotten meanwhile.
  void restart(const std::string& name);
  /// From now on it may end without being restarted or reported.
  void forget(const std::string& name);
  /// Sends exit messages ahead of other mail, last started first, and forgets all.
  void stop_all(caf::exit_reason reason);

  /// The child that has this name now; invalid while it waits for its restart.
  caf::actor find(std::string_view name) const;
  std::uint64_t restarts() const;

private:
  struct child {
    child_spec spec;
    restart_intensity intensity;
    std::size_t in_a_row = 0; ///< failures, each less than the limit's period after the one before
    wall_time last_failure;
    caf::actor handle;
  };
  void launch(child& which);
  void down(const caf::down_msg& message);
  std::vector<child>::iterator position(std::string_view name);

  caf::scheduled_actor& self_;
  callbacks on_;
  std::vector<child> children_; ///< in the order of their start
  std::uint64_t restarts_ = 0;
};

} // namespace throng::actors
