// Arithmetic on numbers as MongoDB does it: integers stay integers while they fit in 64 bits and become doubles where they don't.
// Leaves null, absent and text to the expressions.
#pragma once

#include <cstdint>
#include <optional>

#include "analytics/value.hpp"

namespace throng::analytics {

// @pre of all: is_number()
value add(const value& a, const value& b);
value subtract(const value& a, const value& b);
value multiply(const value& a, const value& b);
/// Always a double. None for a division by 0.
std::optional<value> divide(const value& a, const value& b);
/// With the sign of a. None for a division by 0.
std::optional<value> remainder(const value& a, const value& b);
/// None for the least integer, whose absolute value is no integer.
std::optional<value> absolute(const value& x);
value floored(const value& x);
value ceiled(const value& x);

constexpr std::int64_t least_places = -20;
constexpr std::int64_t greatest_places = 100;
/// To so many decimal places, halves to the even digit: of the double's exact value, so 2.675 to two places is 2.67.
/// @pre least_places <= places <= greatest_places
/// None where an integer becomes one that does not fit.
std::optional<value> rounded(const value& x, std::int64_t places);
/// The same, cut off towards 0: of the shortest decimal that reads back as the double, so 0.3 to one place is 0.3.
std::optional<value> truncated(const value& x, std::int64_t places);

} // namespace throng::analytics
