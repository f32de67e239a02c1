// What an entity core is, and what it sees and does in a wake. The shard (shard_core.hpp) owns everything around it.
//
// HOW AN ENTITY CORE IS WRITTEN (sensor.hpp is the example)
//
//   class sensor {                                  // trivially copyable: all of its state is its row in a table
//   public:
//     struct common {                               // what a whole population shares; built once a shard, then constant:
//       common(const world&, std::uint32_t population); // parameters, catalogues, tables. Here vectors are welcome.
//     };
//     static constexpr std::array channels{channel{topic::iot_readings, 0}};  // topics it writes, each with a key number
//     static constexpr std::size_t keys = 1;        // key 0 is the entity's id, as alerts and truth.labels name it
//     static constexpr bool far_sighted = true;     // only where all it reads is a function of (seed, time): no view().before,
//                                                   // no message() but an intervention, which comes at multiples of the
//                                                   // lookahead. It is woken up to `lookahead` ahead.
//     static entity_key key(const world&, entity_ref self, std::size_t which);
//     static constexpr std::array<std::string_view, 4> incident_kinds{"sensor.spike", ...};  // config's names
//     sensor(const birth&, const common&);          // draws its traits and its first due time
//     timestamp due() const;                        // of its next own doing; never_due: only others wake it
//     void wake(wake_context&, const common&);
//     std::int64_t money() const;                   // accounts only; see below
//   };
//
//   void sensor::wake(wake_context& in, const common& all) {
//     for (;;) {
//       switch (in.next(due_)) {                    // what comes next in time: sets in.now()
//       case moment::over:
//         return;                                   // nothing more before the step's end; due_ is the next wake
//       case moment::due:
//         read(in, all);                            // in.emit(topic, [&](event_writer& e) { e.decimal<2>("temperature", t); });
//         due_ = due_ + interval;                   // must move on
//         break;
//       case moment::message:                       // in.message()
//       case moment::opened:                        // in.incident(); its opening label is out
//       case moment::closed:                        // in.incident(), for the last time; its closing label is out
//         break;
//       case moment::retuned:                       // `all` has other parameters from now on: what was drawn by the old
//         break;                                    // ones and is yet to come is drawn again
//       }
//     }
//   }
//
// Rules, all for the sake of the same bytes whatever the steps, shards and threads:
// - ONE wake does everything that is due before the step's end, in the order that next() gives. Never ask for the
//   step's own begin and end: they are no part of the world.
// - Draw from in.random() only where a moment calls for it, never once a wake. What must not depend on what was drawn
//   before comes from `draw(seed, ...)` (random.hpp).
// - No clock, no global state, no unordered container that reaches output, arithmetic.hpp instead of libm.
// - An event's time is in.now(). To write later (a response after its request), remember it and be due then; or emit_at.
// - emit writes `timestamp`, `seq` and the key's field; `fill` writes the rest. It returns the seq.
// - Throwing is allowed: nothing of the wake is kept, and the core goes on from its row as it was before.
// - Money that a core sends must leave its balance in the same moment; it counts as on its way until it is received.
//   money() is the balance, plus all that it paid out of this world (a shop abroad), less all that came in from outside
//   (a salary): so the sum over the world never changes, and one cent too many shows.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "simulation/entity_key.hpp"
#include "simulation/event_writer.hpp"
#include "simulation/incident_state.hpp"
#include "simulation/random.hpp"
#include "simulation/step.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

inline constexpr timestamp never_due{INT64_MAX};

/// A topic that a kind of entity writes to, and under which of its keys.
struct channel {
  topic in = topic::iot_readings;
  std::uint8_t key = 0;
};

/// What the constructor of a core is given.
struct birth {
  const simulation::world& world;
  entity_ref self;
  timestamp at; ///< the world's start, or when its population grew
  /// The entity's own stream; it goes on in the wakes.
  random_stream& random;
};

enum class moment : std::uint8_t { over, due, message, opened, closed, retuned };

struct wake_frame;

/// The world as one entity meets it in one wake.
class wake_context {
public:
  explicit wake_context(wake_frame& frame) noexcept
      : frame_(frame) {
    // the shard's, and shorter-lived than the shard's step
  }
  wake_context(const wake_context&) = delete;
  wake_context& operator=(const wake_context&) = delete;

  /// What happens to this entity next, before the step's end: at one time the retuning first, then closings, openings,
  /// messages, and its own doings, of which one that has left its population has none. Writes the labels of incidents.
  /// @param own_due when the core has something of its own to do, or never_due; after `due`, later than now, or the
  ///        same for one more doing at the same time
  moment next(timestamp own_due);

  /// The time of the moment.
  timestamp now() const noexcept;
  /// After moment::message.
  const entity_message& message() const noexcept;
  /// After moment::opened or closed; valid until the next call of next().
  active_incident& incident() noexcept;
  /// What was wrong has been mended: every incident that is open closes now.
  void end_incidents() noexcept;
  /// Every incident that is open now, in the order of (incident, occurrence); most often none. Valid until the next
  /// call of next().
  std::span<active_incident> incidents() noexcept;

  const simulation::world& world() const noexcept;
  entity_ref self() const noexcept;
  /// The entity's own key.
  std::string_view key(std::size_t which = 0) const noexcept;
  random_stream& random() noexcept;
  /// What everybody sees alike in this tick. Of it, the far-sighted may read the sky only.
  const shared_view& view() const noexcept;
  /// What this entity adds to the tick's totals.
  tick_totals& totals() noexcept;

  /// Writes one event at now(). @param fill void(event_writer&): the fields besides timestamp, seq and key
  /// @param where one of the core's channels
  template <std::invocable<event_writer&> Fill>
  std::uint64_t emit(topic where, Fill&& fill) {
    return emit_at(where, now(), now(), fill);
  }
  /// @param device_time what the message's `timestamp` says
  /// @param emission not before now(); may lie beyond the step
  template <std::invocable<event_writer&> Fill>
  std::uint64_t emit_at(topic where, timestamp device_time, timestamp emission, Fill&& fill) {
    fill(open_event(where, device_time));
    return close_event(emission);
  }
  /// The seq that the next event in `where` will have.
  std::uint64_t next_seq(topic where) const noexcept;

  /// Money, which arrives a `message_delay` from now().
  void send(entity_ref to, std::int64_t amount, std::uint64_t reference);
  /// Word to a support client, which arrives as late. @param reference complaint.hpp
  void complain(entity_ref to, std::uint64_t reference);

private:
  event_writer& open_event(topic where, timestamp device_time);
  std::uint64_t close_event(timestamp emission);
  entity_message& new_message(entity_ref to, entity_message::purpose what, std::uint64_t reference);

  wake_frame& frame_;
};

template <class Core>
concept entity_core = std::is_trivially_copyable_v<Core> &&
    std::constructible_from<typename Core::common, const world&, std::uint32_t> &&
    std::constructible_from<Core, const birth&, const typename Core::common&> &&
    requires(Core core, const Core& constant, const typename Core::common& common, wake_context& context,
             const world& in, entity_ref self) {
  requires std::same_as<decltype(Core::key(in, self, std::size_t{})), entity_key>;
  requires std::same_as<decltype(constant.due()), timestamp>;
  core.wake(context, common);
  Core::channels.size();
  Core::incident_kinds.size();
  Core::keys;
};

/// Whether a core depends on nothing but the seed and the time, so that it may be woken up to `lookahead` ahead.
template <class Core>
constexpr bool is_far_sighted() {
  if constexpr (requires { Core::far_sighted; })
    return Core::far_sighted;
  else
    return false;
}

} // namespace throng::simulation
