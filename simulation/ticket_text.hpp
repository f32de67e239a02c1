// What people write to the support desk: types of request with their usual priority, and sentences for each. Leaves to
// ticket_life.hpp what becomes of a ticket.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "simulation/complaint.hpp"
#include "simulation/short_text.hpp"

namespace throng::simulation {

enum class ticket_priority : std::uint8_t { low, normal, high, urgent };
std::string_view name(ticket_priority priority);

struct request_type {
  std::string_view name;
  std::uint32_t weight; ///< share of the tickets, of `request_weights`
  /// Of a hundred such tickets, how many have a priority up to low, normal, high; the rest are urgent.
  std::uint8_t up_to_low, up_to_normal, up_to_high;
  /// A `#` stands for an order's number, a `@` for an item's id.
  std::span<const std::string_view> sentences;

  /// @param percent uniform in 0 to 99
  ticket_priority usual_priority(std::uint32_t percent) const;
};

std::span<const request_type> request_types();

/// The sum of all types' weights.
inline constexpr std::uint32_t request_weights = 100;

/// @pre weight < request_weights
std::uint8_t request_type_by_weight(std::uint32_t weight);

/// The type of which an outage makes many at once.
std::uint8_t outage_request_type();

/// How people write about what went wrong for them elsewhere.
struct complaint_type {
  std::uint8_t request; ///< of request_types()
  /// As in `request_type`.
  std::uint8_t up_to_low, up_to_normal, up_to_high;
  double written_after_ms; ///< median
  /// A `$` stands for what it concerns.
  std::span<const std::string_view> sentences;

  ticket_priority usual_priority(std::uint32_t percent) const;
};
const complaint_type& type_of(grievance what);

/// The sentence with its `#`, `@` and `$` filled in.
short_text ticket_text(std::string_view sentence, std::uint32_t order, std::uint32_t item,
                       std::string_view concerns = {});

} // namespace throng::simulation
