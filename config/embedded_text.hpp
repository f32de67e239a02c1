// The files that are compiled into the program: presets and schemas. embed.cmake writes the table.
#pragma once

#include <string_view>
#include <vector>

namespace throng::config {

struct embedded_text {
  std::string_view path; ///< within config/: `scenarios/bank.json`
  std::string_view text;
};

/// Sorted by path.
const std::vector<embedded_text>& embedded_texts();

} // namespace throng::config
