// A compiled match as a tree: what match.cpp evaluates and match_compiler.cpp makes. Nobody else includes it.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/event.hpp"
#include "analytics/expression.hpp"
#include "analytics/pattern.hpp"

namespace throng::analytics {

enum class test : std::uint8_t {
  all,
  any,
  none,
  negate,
  eq,
  gt,
  gte,
  lt,
  lte,
  in,
  exists,
  regex,
  type,
  mod,
  size,
  element,
  expression
};

/// How many fields of an element `$elemMatch` looks at, at most: they are kept without allocating.
constexpr std::size_t most_element_fields = 16;

/// Types that JSON has, as bits.
constexpr unsigned int_bit = 1, long_bit = 2, double_bit = 4, text_bit = 8, object_bit = 16, array_bit = 32,
                   bool_bit = 64, null_bit = 128;
/// Cut off towards 0, as $mod takes numbers; none where it does not fit.
inline std::optional<std::int64_t> cut_to_whole(const value& x) {
  if (x.kind() == value_kind::integer)
    return x.integer();
  if (x.kind() != value_kind::real || !(std::abs(x.number()) < 0x1p63))
    return std::nullopt;
  return static_cast<std::int64_t>(x.number());
}

/// What conditions look at: an event's fields, or those of an array's element.
struct view_of_fields {
  const event& e;
  std::span<const value> slots;
  bool whole = false; ///< only the values themselves, not what is in them: the elements of $elemMatch
};

struct match::node {
  test what = test::all;
  slot field = 0;
  owned_value operand;
  std::vector<owned_value> list; ///< of $in, sorted
  std::optional<analytics::pattern> pattern;
  bool wanted = true;                            ///< of $exists
  unsigned types = 0;                            ///< of $type, as bits
  std::int64_t divisor = 1;                      ///< of $mod
  std::int64_t number = 0;                       ///< remainder of $mod, $size
  bool of_element = false;                       ///< of $elemMatch: its conditions are on the element itself
  std::vector<std::string> of;                   ///< of $elemMatch else: the paths within an element that they look at
  std::optional<analytics::expression> computed; ///< of $expr
  std::vector<std::unique_ptr<node>> children;

  bool holds(const view_of_fields& in) const;

private:
  /// Whether this one value passes; an array's elements are the caller's matter.
  bool passes(const value& x) const;
  bool in_order(const value& x) const;
  bool has_elements(const value& array) const;
  bool some_element_matches(const event& e, const value& array) const;
  bool fields_match(const event& e, std::string_view element) const;
};

} // namespace throng::analytics
