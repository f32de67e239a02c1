#include "analytics/expression.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "analytics/arithmetic.hpp"
#include "analytics/expression_node.hpp"
#include "analytics/json_element.hpp"

namespace throng::analytics {

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

namespace {

/// The order over all types, in which an absent value is below null.
int compare_all(const value& a, const value& b) {
  auto absent_a = a.kind() == value_kind::missing;
  auto absent_b = b.kind() == value_kind::missing;
  if (absent_a || absent_b)
    return static_cast<int>(absent_b) - static_cast<int>(absent_a);
  return compare(a, b);
}

/// One evaluation: what it makes text in, and whether a type was wrong on the way.
class evaluation {
public:
  explicit evaluation(const event& e)
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

  /// Null if either is nothing, whatever the other is.
  value of_two(const expression_node& x) {
    auto a = of(*x.arguments[0]);
    auto b = of(*x.arguments[1]);
    if (!a.is_number() || !b.is_number())
      return a.is_nothing() || b.is_nothing() ? value::null() : wrong();
    if (x.what == operation::subtract)
      return subtract(a, b);
    auto result = x.what == operation::divide ? divide(a, b) : remainder(a, b);
    return result ? *result : wrong();
  }

  value of_one(const expression_node& x) {
    auto a = operand(*x.arguments[0]);
    if (!a.is_number())
      return a;
    if (x.what != operation::abs)
      return x.what == operation::floor ? floored(a) : ceiled(a);
    auto made = absolute(a);
    return made ? *made : wrong();
  }

  /// The arguments' values, on the event's stack for as long as this lives.
  class values_of {
  public:
    values_of(evaluation& in, const expression_node& x)
        : stack_(in.event_.stack)
        , begin_(stack_.size()) {
      for (const auto& argument : x.arguments) {
        auto next = in.of(*argument); // may move the stack
        stack_.push_back(next);
      }
    }
    values_of(const values_of&) = delete;
    values_of& operator=(const values_of&) = delete;
    ~values_of() {
      stack_.resize(begin_);
    }
    std::span<const value> all() const {
      return std::span{stack_}.subspan(begin_);
    }

  private:
    std::vector<value>& stack_;
    std::size_t begin_;
  };

  value called(const expression_node& x) {
    values_of given{*this, x};
    call in{given.all(), x.present, x.ready.get(), event_.arena, event_.scratch};
    auto result = x.body(in);
    type_error_ = type_error_ || in.wrong();
    return result;
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

  value made(const expression_node& x) {
    bool array = x.what == operation::make_array;
    values_of given{*this, x};
    auto& json = event_.scratch;
    json.assign(1, array ? '[' : '{');
    for (std::size_t i = 0; i < x.arguments.size(); ++i) {
      const auto& next = given.all()[i];
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

  const event& event_;
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

value expression::evaluate(const event& e, bool& type_error) const {
  evaluation run{e};
  auto result = run.of(*root_);
  if (!run.type_error())
    return result;
  type_error = true;
  return value::null();
}

bool expression::holds(const event& e) const {
  bool type_error = false;
  return is_true(evaluate(e, type_error));
}

} // namespace throng::analytics
