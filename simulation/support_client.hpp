// Somebody who writes to the support desk: tickets in office hours, and what a bad day at the shop does to them. Leaves the
// words to ticket_text.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "simulation/arrivals.hpp"
#include "simulation/entity.hpp"
#include "simulation/identity.hpp"

namespace throng::simulation {

/// Writes support.tickets. With s the subtlety, and gaps from blatant to hidden (s = 0 to 1) as geometric means:
/// - support.ticket_flood: one ticket after the other, of all kinds. A gap of 15 s to 10 minutes.
/// - support.urgent_wave: tickets that say the shop is broken; urgent with probability 1 - 0.6 s, else of high priority. A
///   gap of 90 s to 30 minutes.
class support_client {
public:
  struct common {
    common(const simulation::world& world, std::uint32_t population);
    explicit common(const config::support_client_population& population);

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

  static void prepare(active_incident& opened, timestamp now);
  static void step(wake_context& in, active_incident& doing);

  timestamp ticket_due_;
  timestamp due_;
};

} // namespace throng::simulation
