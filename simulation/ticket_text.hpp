// What people write to the support desk: types of request with their usual priority, and sentences for each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

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
};

std::span<const request_type> request_types();

/// The sum of all types' weights.
inline constexpr std::uint32_t request_weights = 100;

/// @pre weight < request_weights
std::uint8_t request_type_by_weight(std::uint32_t weight);

/// The type of which an outage makes many at once.
std::uint8_t outage_request_type();

/// The sentence with its `#` and `@` filled in.
short_text ticket_text(std::string_view sentence, std::uint32_t order, std::uint32_t item);

} // namespace throng::simulation
