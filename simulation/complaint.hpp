// What goes wrong for a person in one world and makes them write to the support desk. Leaves to support_client.hpp when they
// write, and to ticket_text.hpp what.
#pragma once

#include <cstdint>
#include <optional>

#include "simulation/entity.hpp"
#include "simulation/identity.hpp"
#include "simulation/short_text.hpp"
#include "simulation/step.hpp"

namespace throng::simulation {

enum class grievance : std::uint8_t {
  web_error,    ///< the shop answered with a status of the 500s
  stolen_login, ///< somebody else got into the shop with their password
  declined,     ///< a payment of theirs was declined
  fraud,        ///< money left their account that they did not send
  outage,       ///< a sensor of theirs is silent
};
inline constexpr std::size_t grievance_count = 5;

/// What a complaint is about: the session, user, transaction or sensor whose id ends with a number.
struct complaint {
  grievance what = grievance::web_error;
  std::uint32_t number = 0;
  friend bool operator==(const complaint&, const complaint&) = default;
};

/// As in `session-000017-00003`: what the other topics call it. @param person whose complaint it is
short_text concerned_id(std::uint32_t person, const complaint& of);

/// Which complaints of which people come to the desk: some do, by the share of the desk's population, and always the same ones:
/// it is a function of (seed, person, complaint), so that telling twice makes no difference.
class complaints {
public:
  explicit complaints(const world& in);

  /// The support client whom it moves; nobody where the person is no client of the desk, or does not care.
  std::optional<entity_ref> moved_by(std::uint32_t person, const complaint& of) const;
  /// Sends whom it moves word of it.
  void tell(wake_context& in, std::uint32_t person, const complaint& of) const;

private:
  const world& in_;
  std::uint32_t people_;
};

/// How a complaint travels in `entity_message::reference`.
std::uint64_t reference_of(const complaint& of);
complaint complaint_of(std::uint64_t reference);

} // namespace throng::simulation
