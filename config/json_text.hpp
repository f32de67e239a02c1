// Reads JSON as people write it into files of configuration: with comments and trailing commas, every value's place
// remembered, numbers exact. Leaves to others what the values mean.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "config/problem.hpp"
#include "config/source_map.hpp"

namespace throng::config {

/// Bounds of a text; one that exceeds them is refused.
inline constexpr std::size_t greatest_text = 4U << 20U;
inline constexpr std::size_t greatest_string = 4'096; ///< also bounds what std::regex must match, which recurses
inline constexpr std::size_t greatest_depth = 64;

struct json_text {
  boost::json::value root;
  source_map source;
};

/// Reads one value. `//` and `/* */` comments, a trailing comma and a byte order mark are allowed; a repeated key is a
/// problem. A whole number that is written with a fraction or an exponent (1e3) becomes an integer.
/// @param name stands for the file in problems
checked<json_text> read_json(std::string_view text, const std::string& name);

} // namespace throng::config
