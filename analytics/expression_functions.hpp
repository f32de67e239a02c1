// The expression operators that are plain functions of their values: numbers, text, types, arrays, parts of dates. expression.cpp evaluates
// the values and calls; what decides whether a value is looked at at all ($cond, $and, ...) is there.
//
// JSON has no dates, so the parts of dates are taken of ISO 8601 text and of milliseconds since 1970, in UTC, where MongoDB takes a date.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "analytics/text_arena.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

/// @param wrong set where MongoDB would stop with an error; the result is then null
using function_body = value (*)(std::span<const value> of, text_arena& arena, bool& wrong);

struct function {
  std::string_view name;
  std::size_t least;
  std::size_t most; ///< at most most_arguments
  function_body body;
};

constexpr std::size_t most_arguments = 16;

/// Null where there is none of that name.
const function* find_function(std::string_view name);

} // namespace throng::analytics
