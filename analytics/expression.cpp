#include "analytics/expression.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/arithmetic.hpp"
#include "analytics/expression_node.hpp"
#include "analytics/json_element.hpp"

namespace throng::analytics {

namespace {

/// The order over all types, in which an absent value is below null.
int compare_all(const value& a, const value& b) {
  auto absent_a = a.kind() == value_kind::missing;
  auto absent_b = b.kind() == value_kind::missing;
  if (absent_a || absent_b)
    return static_cast<int>(absent_b) - static_cast<int>(absent_a);
  return compare(a, b);
}

bool is_true(const value& x) {
  switch (x.kind()) {
  case value_kind::missing:
  case value_kind::null:
    return false;
  case value_kind::boolean:
    return x.boolean();
  case value_kind::integer:
    return x.integer() != 0;
  case value_kind::real:
    return x.number() != 0;
  default:
    return true;
  }
}

/// One evaluation: what it makes text in, and whether a type was wrong on the way.
class evaluation {
public:
  explicit evaluation(event& e)
      : event_(e) {}

  bool type_error() const {
    return type_error_;
  }

  value of(const expression_node& x) {
    switch (x.what) {
    case operation::constant:
      return x.constant.view();
    case operation::field:
      return event_.slots[x.field];
    case operation::make_array:
    case operation::make_object:
      return made(x);
    case operation::add:
    case operation::multiply:
      return folded(x);
    case operation::subtract:
    case operation::divide:
    case operation::mod:
      return of_two(x);
    case operation::abs:
    case operation::floor:
    case operation::ceil:
      return of_one(x);
    case operation::round:
      return round(x);
    case operation::min:
    case operation::max:
      return extreme(x);
    case operation::eq:
      return value::of(compared(x) == 0);
    case operation::ne:
      return value::of(compared(x) != 0);
    case operation::gt:
      return value::of(compared(x) > 0);
    case operation::gte:
      return value::of(compared(x) >= 0);
    case operation::lt:
      return value::of(compared(x) < 0);
    case operation::lte:
      return value::of(compared(x) <= 0);
    case operation::cmp:
      return value::of(std::int64_t{compared(x)});
    case operation::logical_and:
      return value::of(
          std::all_of(x.arguments.begin(), x.arguments.end(), [this](const auto& a) { return is_true(of(*a)); }));
    case operation::logical_or:
      return value::of(
          std::any_of(x.arguments.begin(), x.arguments.end(), [this](const auto& a) { return is_true(of(*a)); }));
    case operation::logical_not:
      return value::of(!is_true(of(*x.arguments[0])));
    case operation::cond:
      return of(*x.arguments[is_true(of(*x.arguments[0])) ? 1 : 2]);
    case operation::if_null:
      return first_there(x);
    case operation::choose:
      return choose(x);
    case operation::in:
      return is_in(x);
    case operation::concat:
      return concat(x);
    case operation::to_lower:
    case operation::to_upper:
      return recased(x);
    case operation::call:
      return called(x);
    }
    return {};
  }

private:
  value wrong() {
    type_error_ = true;
    return value::null();
  }

  /// A number as it is; null for nothing; else null and a type error.
  value operand(const expression_node& x) {
    auto result = of(x);
    if (result.is_number())
      return result;
    return result.is_nothing() ? value::null() : wrong();
  }

  value folded(const expression_node& x) {
    bool sum = x.what == operation::add;
    auto result = value::of(std::int64_t{sum ? 0 : 1});
    for (const auto& argument : x.arguments) {
      auto next = operand(*argument);
      if (!next.is_number())
        return next;
      result = sum ? add(result, next) : multiply(result, next);
    }
    return result;
  }

  value of_two(const expression_node& x) {
    auto a = operand(*x.arguments[0]);
    auto b = operand(*x.arguments[1]);
    if (!a.is_number() || !b.is_number())
      return value::null();
    if (x.what == operation::subtract)
      return subtract(a, b);
    auto result = x.what == operation::divide ? divide(a, b) : remainder(a, b);
    return result ? *result : wrong();
  }

  value of_one(const expression_node& x) {
    auto a = operand(*x.arguments[0]);
    if (!a.is_number())
      return a;
    return x.what == operation::abs ? absolute(a) : (x.what == operation::floor ? floored(a) : ceiled(a));
  }

  value round(const expression_node& x) {
    auto a = operand(*x.arguments[0]);
    auto places = x.arguments.size() < 2 ? value::of(std::int64_t{0}) : operand(*x.arguments[1]);
    if (!a.is_number() || !places.is_number())
      return value::null();
    auto n = places.number();
    if (n != std::trunc(n) || n < least_places || n > greatest_places)
      return wrong();
    return rounded(a, static_cast<std::int64_t>(n));
  }

  value extreme(const expression_node& x) {
    value best = value::null();
    bool least = x.what == operation::min;
    auto offer = [&](const value& candidate) {
      if (candidate.is_nothing())
        return false;
      auto order = best.is_nothing() ? -1 : compare(candidate, best);
      bool better = best.is_nothing() || (least ? order < 0 : order > 0);
      if (better)
        best = candidate;
      return better;
    };
    if (x.arguments.size() == 1) {
      auto only = of(*x.arguments[0]);
      if (only.kind() == value_kind::array) {
        for (element_walk walk{only}; walk.next();) {
          // What the walk made of escapes lasts until its next step.
          if (offer(walk.element()) && best.kind() == value_kind::text)
            best = value::of(event_.arena.keep(best.text()));
        }
        return best;
      }
      offer(only);
      return best;
    }
    for (const auto& argument : x.arguments)
      offer(of(*argument));
    return best;
  }

  value called(const expression_node& x) {
    std::array<value, most_arguments> given;
    std::transform(x.arguments.begin(), x.arguments.end(), given.begin(), [this](const auto& a) { return of(*a); });
    return x.body({given.data(), x.arguments.size()}, event_.arena, type_error_);
  }

  int compared(const expression_node& x) {
    auto a = of(*x.arguments[0]);
    auto b = of(*x.arguments[1]);
    return compare_all(a, b);
  }

  value first_there(const expression_node& x) {
    value result;
    for (const auto& argument : x.arguments) {
      result = of(*argument);
      if (!result.is_nothing())
        break;
    }
    return result;
  }

  value choose(const expression_node& x) {
    std::size_t i = 0;
    for (; i + 1 < x.arguments.size(); i += 2) {
      if (is_true(of(*x.arguments[i])))
        return of(*x.arguments[i + 1]);
    }
    return i < x.arguments.size() ? of(*x.arguments[i]) : wrong();
  }

  value is_in(const expression_node& x) {
    auto sought = of(*x.arguments[0]);
    const auto& list = *x.arguments[1];
    if (list.what == operation::make_array)
      return value::of(std::any_of(list.arguments.begin(), list.arguments.end(),
                                   [&](const auto& a) { return compare_all(sought, of(*a)) == 0; }));
    auto array = of(list);
    if (array.kind() != value_kind::array)
      return wrong();
    for (element_walk walk{array}; walk.next();) {
      if (compare_all(sought, walk.element()) == 0)
        return value::of(true);
    }
    return value::of(false);
  }

  value concat(const expression_node& x) {
    std::string text;
    for (const auto& argument : x.arguments) {
      auto next = of(*argument);
      if (next.is_nothing())
        return value::null();
      if (next.kind() != value_kind::text)
        return wrong();
      text.append(next.text());
    }
    return value::of(event_.arena.keep(text));
  }

  value recased(const expression_node& x) {
    auto a = of(*x.arguments[0]);
    if (a.is_nothing())
      return value::of(std::string_view{});
    if (a.is_number())
      return value::of(event_.arena.keep(canonical_text{a}.view()));
    if (a.kind() != value_kind::text)
      return wrong();
    auto from = a.text();
    auto* to = event_.arena.take(from.size());
    char first = x.what == operation::to_lower ? 'A' : 'a';
    std::transform(from.begin(), from.end(), to,
                   [first](char c) { return c >= first && c < first + 26 ? static_cast<char>(c ^ 0x20) : c; });
    return value::of(std::string_view{to, from.size()});
  }

  value made(const expression_node& x) {
    bool array = x.what == operation::make_array;
    std::string json(1, array ? '[' : '{');
    for (std::size_t i = 0; i < x.arguments.size(); ++i) {
      auto next = of(*x.arguments[i]);
      if (!array && next.kind() == value_kind::missing)
        continue;
      if (json.size() > 1)
        json.push_back(',');
      if (!array) {
        append_json_string(json, x.names[i]);
        json.push_back(':');
      }
      append_json(json, next);
    }
    json.push_back(array ? ']' : '}');
    // Around a field that is nested as deep as may be, one level more is too much.
    if (!valid_json(json))
      return wrong();
    auto kept = event_.arena.keep(json);
    return array ? value::array(kept) : value::object(kept);
  }

  event& event_;
  bool type_error_ = false;
};

} // namespace

expression::expression(std::unique_ptr<expression_node> root)
    : root_(std::move(root)) {}
expression::expression(expression&&) noexcept = default;
expression& expression::operator=(expression&&) noexcept = default;
expression::~expression() = default;

tl::expected<expression, findings> expression::compile(const boost::json::value& definition, const std::string& path,
                                                       field_table& fields, name_scope scope) {
  findings wrong;
  auto root = compile_expression(definition, path, fields, scope, wrong);
  if (!wrong.empty())
    return tl::unexpected(std::move(wrong));
  return expression{std::move(root)};
}

value expression::evaluate(event& e, bool& type_error) const {
  evaluation run{e};
  auto result = run.of(*root_);
  if (!run.type_error())
    return result;
  type_error = true;
  return value::null();
}

} // namespace throng::analytics
