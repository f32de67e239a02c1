#include <algorithm>
#include <array>

#include "analytics/json_element.hpp"
#include "analytics/match_node.hpp"
#include "analytics/path_tree.hpp"

namespace throng::analytics {

namespace {

unsigned type_bit(const value& x) {
  switch (x.kind()) {
  case value_kind::missing:
    return 0;
  case value_kind::null:
    return null_bit;
  case value_kind::boolean:
    return bool_bit;
  case value_kind::integer:
    return x.integer() < INT32_MIN || x.integer() > INT32_MAX ? long_bit : int_bit;
  case value_kind::real:
    return double_bit;
  case value_kind::text:
    return text_bit;
  case value_kind::array:
    return array_bit;
  case value_kind::object:
    return object_bit;
  }
  return 0;
}

/// The value that stands in a JSON text. Borrows from it, or from `made`.
value value_in(std::string_view json, std::string& made) {
  json_scanner in{json};
  return take_element(in, made);
}

} // namespace

bool match::node::passes(const value& x) const {
  switch (what) {
  case test::eq:
    return compare(x, operand.view()) == 0;
  case test::in: {
    auto at = std::lower_bound(list.begin(), list.end(), x,
                               [](const owned_value& a, const value& b) { return compare(a.view(), b) < 0; });
    return at != list.end() && compare(at->view(), x) == 0;
  }
  case test::regex:
    return x.kind() == value_kind::text && pattern->found_in(x.text());
  case test::type:
    return (type_bit(x) & types) != 0;
  case test::mod: {
    auto whole = cut_to_whole(x);
    return whole && (divisor == -1 ? 0 : *whole % divisor) == number;
  }
  case test::size:
    return x.kind() == value_kind::array && has_elements(x);
  default:
    return in_order(x);
  }
}

bool match::node::in_order(const value& x) const {
  auto other = operand.view();
  if (type_bracket(x.kind()) != type_bracket(other.kind()))
    return false;
  auto order = compare(x, other);
  switch (what) {
  case test::gt:
    return order > 0;
  case test::gte:
    return order >= 0;
  case test::lt:
    return order < 0;
  default:
    return order <= 0;
  }
}

bool match::node::has_elements(const value& array) const {
  std::int64_t n = 0;
  for (element_text_walk walk{array}; n <= number && walk.next();)
    ++n;
  return n == number;
}

bool match::node::holds(const view_of_fields& in) const {
  auto child_holds = [&in](const auto& child) { return child->holds(in); };
  switch (what) {
  case test::all:
    return std::all_of(children.begin(), children.end(), child_holds);
  case test::any:
    return std::any_of(children.begin(), children.end(), child_holds);
  case test::none:
    return std::none_of(children.begin(), children.end(), child_holds);
  case test::negate:
    return !children.front()->holds(in);
  case test::exists:
    return (in.slots[field].kind() != value_kind::missing) == wanted;
  case test::expression:
    return computed->holds(in.e);
  case test::element:
    return in.slots[field].kind() == value_kind::array && some_element_matches(in.e, in.slots[field]);
  default:
    break;
  }
  const auto& x = in.slots[field];
  if (passes(x))
    return true;
  if (x.kind() != value_kind::array || what == test::size || in.whole)
    return false;
  for (element_walk walk{x}; walk.next();) {
    if (passes(walk.element()))
      return true;
  }
  return false;
}

bool match::node::some_element_matches(const event& e, const value& array) const {
  for (element_walk walk{array}; walk.next();) {
    const auto& x = walk.element();
    if (of_element ? children.front()->holds({e, std::span{&x, 1}, true})
                   : (x.kind() == value_kind::object || x.kind() == value_kind::array) && fields_match(e, x.text()))
      return true;
  }
  return false;
}

bool match::node::fields_match(const event& e, std::string_view element) const {
  std::array<value, most_element_fields> values;
  std::array<std::string, most_element_fields> collected; // texts that values may point to
  std::array<std::string, most_element_fields> unescaped;
  for (std::size_t i = 0; i < of.size(); ++i)
    if (auto found = find_path(element, of[i], collected[i]))
      values[i] = value_in(*found, unescaped[i]);
  return children.front()->holds({e, std::span{values}.first(of.size())});
}

match::match(std::unique_ptr<node> root)
    : root_(std::move(root)) {}
match::match(match&&) noexcept = default;
match& match::operator=(match&&) noexcept = default;
match::~match() = default;

bool match::matches(const event& e) const {
  return root_->holds({e, e.slots});
}

} // namespace throng::analytics
