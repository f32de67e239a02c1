// The browsers that people use and the programs that pretend to be people: user-agent strings by device.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace throng::simulation {

struct agent {
  std::string_view device_type; ///< `desktop`, `mobile` or `tablet`: the `device_type` of web.views
  std::uint32_t weight;         ///< share of the people, of `agent_weights`
  std::string_view user_agent;
};

std::span<const agent> browsers();

/// The sum of all browsers' weights.
inline constexpr std::uint32_t agent_weights = 100;

/// A browser as a number that fits in a row. @pre weight < agent_weights
std::uint8_t browser_by_weight(std::uint32_t weight);

/// What a program calls itself when it does not hide.
std::span<const std::string_view> scripts();

} // namespace throng::simulation
