// How bad an alert is: the three grades, and their names as files, messages and people have them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace throng::config {

enum class severity { info, warning, critical }; // rising

inline constexpr std::array<std::string_view, 3> severity_names{"info", "warning", "critical"};

constexpr std::string_view to_string(severity of) {
  return severity_names.at(static_cast<std::size_t>(of));
}

/// None: there is no such grade.
constexpr std::optional<severity> severity_named(std::string_view name) {
  const auto* const found = std::find(severity_names.begin(), severity_names.end(), name);
  return found == severity_names.end() ? std::nullopt
                                       : std::optional{static_cast<severity>(found - severity_names.begin())};
}

} // namespace throng::config
