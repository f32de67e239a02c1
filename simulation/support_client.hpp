// Somebody who writes to the support desk: of their own accord, in office hours; after something went wrong for them in the shop,
// at the bank or at home; and what a bad day at the shop does to them. Leaves the words to ticket_text.hpp, what becomes of
// a ticket to ticket_life.hpp, and whose word of what went wrong comes here to complaint.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "simulation/arrivals.hpp"
#include "simulation/complaint.hpp"
#include "simulation/entity.hpp"
#include "simulation/identity.hpp"
#include "simulation/ticket_life.hpp"

namespace throng::simulation {

/// Writes support.tickets: an event for each `status` of a ticket. `request`, the text, stands in the first; `concerns` is the
/// id of the session, user, transaction or sensor that a complaint is about, else null. Who complains again about the same kind
/// of thing while such a ticket is open does so in vain; and of more than eight tickets of one client at a time,
/// the desk closes the last as it comes.
///
/// With s the subtlety, and gaps from blatant to hidden (s = 0 to 1) as geometric means:
/// - support.ticket_flood: one ticket after the other, of all kinds. A gap of 15 s to 10 minutes.
/// - support.urgent_wave: tickets that say the shop is broken; urgent with probability 1 - 0.6 s, else of high priority. A
///   gap of 90 s to 30 minutes.
/// Their labels cover the openings of these tickets, not what the desk does with them.
class support_client {
public:
  struct common {
    common(const simulation::world& world, std::uint32_t population);

    std::uint64_t seed;
    config::support_client_population population;
    arrivals tickets;
  };

  static constexpr std::array channels{channel{topic::support_tickets, 0}};
  static constexpr std::size_t keys = 1;
  static entity_key key(const simulation::world& world, entity_ref self, std::size_t which);

  static constexpr std::array<std::string_view, 2> incident_kinds{"support.ticket_flood", "support.urgent_wave"};

  support_client(const birth& born, const common& all);

  timestamp due() const noexcept {
    return due_;
  }
  void wake(wake_context& in, const common& all);

private:
  enum class incident : std::uint8_t { ticket_flood, urgent_wave };

  /// A ticket that is not closed, or a complaint that has not been written yet.
  struct matter {
    timestamp due = never_due; ///< of its next status; never_due: this place is free
    std::uint32_t number = 0;  ///< counts the client's tickets; as long as it is not `written`, what it concerns only
    complaint about;
    std::uint8_t request = 0;
    ticket_priority priority = ticket_priority::normal;
    ticket_status status = ticket_status::opened;
    bool written = false;
    bool complains = false; ///< `about` counts
    bool has_escalated = false;
  };

  static void prepare(active_incident& opened, timestamp now);
  void step(wake_context& in, const common& all, active_incident& doing);
  void hear(wake_context& in, const common& all);
  /// The matter that is due now, if any.
  matter* due_matter(timestamp now);
  void go_on(wake_context& in, const common& all, matter& with);
  timestamp soonest() const;

  // Each writes one ticket. @returns the seq of its opening
  std::uint64_t open_any(wake_context& in, const common& all, random_stream& random);
  std::uint64_t open(wake_context& in, const common& all, random_stream& random, std::uint8_t request,
                     ticket_priority priority);
  void follow(wake_context& in, const common& all, matter& ticket);

  timestamp ticket_due_;
  timestamp due_;
  std::uint32_t tickets_ = 0;
  std::array<matter, 8> matters_;
};

} // namespace throng::simulation
