#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "analytics/expression.hpp"
#include "analytics/json_element.hpp"
#include "analytics/operators.hpp"
#include "analytics/path_tree.hpp"
#include "analytics/pattern.hpp"

namespace throng::analytics {

namespace {

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

/// MongoDB's names and numbers of the types that JSON has.
struct json_type {
  std::string_view name;
  int number;
  unsigned bit;
};
constexpr unsigned int_bit = 1, long_bit = 2, double_bit = 4, text_bit = 8, object_bit = 16, array_bit = 32,
                   bool_bit = 64, null_bit = 128;
constexpr json_type json_types[] = {
    {"double", 1, double_bit}, {"string", 2, text_bit}, {"object", 3, object_bit},
    {"array", 4, array_bit},   {"bool", 8, bool_bit},   {"null", 10, null_bit},
    {"int", 16, int_bit},      {"long", 18, long_bit},  {"number", 0, int_bit | long_bit | double_bit},
};

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

/// Cut off towards 0, as $mod takes numbers; none where it does not fit.
std::optional<std::int64_t> cut_to_whole(const value& x) {
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

/// The value that stands in a JSON text. Borrows from it, or from `made`.
value value_in(std::string_view json, std::string& made) {
  json_scanner in{json};
  return take_element(in, made);
}

bool less(const owned_value& a, const owned_value& b) {
  return compare(a.view(), b.view()) < 0;
}

std::string_view view(const boost::json::string& x) {
  return {x.data(), x.size()};
}

bool names_operator(boost::json::string_view name) {
  return !name.empty() && name.front() == '$';
}

} // namespace

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

  /// Whether this one value passes; an array's elements are the caller's matter.
  bool passes(const value& x) const {
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

  bool in_order(const value& x) const {
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

  bool has_elements(const value& array) const {
    std::int64_t n = 0;
    for (element_text_walk walk{array}; n <= number && walk.next();)
      ++n;
    return n == number;
  }

  bool holds(const view_of_fields& in) const {
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

  bool some_element_matches(const event& e, const value& array) const {
    for (element_walk walk{array}; walk.next();) {
      const auto& x = walk.element();
      if (of_element ? children.front()->holds({e, std::span{&x, 1}, true})
                     : (x.kind() == value_kind::object || x.kind() == value_kind::array) && fields_match(e, x.text()))
        return true;
    }
    return false;
  }

  bool fields_match(const event& e, std::string_view element) const {
    std::array<value, most_element_fields> values;
    std::array<std::string, most_element_fields> collected; // texts that values may point to
    std::array<std::string, most_element_fields> unescaped;
    for (std::size_t i = 0; i < of.size(); ++i)
      if (auto found = find_path(element, of[i], collected[i]))
        values[i] = value_in(*found, unescaped[i]);
    return children.front()->holds({e, std::span{values}.first(of.size())});
  }
};

/// Reads a definition; collects what is wrong with it.
struct match::compiler {
  field_table& fields;
  name_scope scope;
  bool in_element = false; ///< within $elemMatch
  findings wrong = {};

  using node_ptr = std::unique_ptr<node>;

  void complain(const std::string& path, std::string sentence) {
    wrong.push_back({path, std::move(sentence)});
  }

  static node_ptr make(test what, std::vector<node_ptr> children = {}) {
    auto result = std::make_unique<node>();
    result->what = what;
    result->children = std::move(children);
    return result;
  }

  static node_ptr negated(node_ptr x) {
    auto result = make(test::negate);
    result->children.push_back(std::move(x));
    return result;
  }

  node_ptr conditions(const boost::json::object& definition, const std::string& path) {
    auto all = make(test::all);
    for (const auto& member : definition) {
      std::string name{member.key()};
      auto here = fmt::format("{}.{}", path, name);
      if (name == "$expr") {
        if (auto x = computed(member.value(), here))
          all->children.push_back(std::move(x));
      } else if (names_operator(name)) {
        if (auto x = logical(name, member.value(), here))
          all->children.push_back(std::move(x));
      } else {
        auto field = scope == name_scope::message ? fields.message_field(name) : fields.lookup(name);
        on_field(field, member.value(), here, all->children);
      }
    }
    return all->children.size() == 1 ? std::move(all->children.front()) : std::move(all);
  }

  node_ptr computed(const boost::json::value& operand, const std::string& path) {
    if (in_element) {
      complain(path, "`$expr` is about a whole message, not about an array's element.");
      return nullptr;
    }
    auto made = expression::compile(operand, path, fields, scope);
    if (!made) {
      wrong.insert(wrong.end(), made.error().begin(), made.error().end());
      return nullptr;
    }
    auto result = make(test::expression);
    result->computed = std::move(*made);
    return result;
  }

  node_ptr logical(const std::string& name, const boost::json::value& operand, const std::string& path) {
    auto result = make(name == "$or" ? test::any : (name == "$nor" ? test::none : test::all));
    if (name != "$and" && name != "$or" && name != "$nor") {
      const auto& known = supported_operators();
      bool on_fields =
          std::any_of(known.begin(), known.end(), [&](const auto& x) { return x.for_match && x.name == name; });
      complain(path, on_fields
                         ? fmt::format("`{}` stands below a field, as in {{\"field\": {{\"{}\": …}}}}.", name, name)
                         : unknown_operator(name, true));
      return nullptr;
    }
    const auto* list = operand.if_array();
    if (list == nullptr || list->empty()) {
      complain(path, fmt::format("`{}` takes an array of at least one condition, not {}.", name,
                                 boost::json::serialize(operand)));
      return nullptr;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto here = fmt::format("{}[{}]", path, i);
      if (const auto* condition = (*list)[i].if_object())
        result->children.push_back(conditions(*condition, here));
      else
        complain(here, fmt::format("A condition is an object, not {}.", boost::json::serialize((*list)[i])));
    }
    return result;
  }

  node_ptr leaf(test what, slot field, const boost::json::value& operand) {
    auto result = make(what);
    result->field = field;
    result->operand = owned_value{operand};
    return result;
  }

  void on_field(slot field, const boost::json::value& definition, const std::string& path, std::vector<node_ptr>& out) {
    const auto* operators = definition.if_object();
    bool any_operator = operators != nullptr && std::any_of(operators->begin(), operators->end(),
                                                            [](const auto& x) { return names_operator(x.key()); });
    if (!any_operator) {
      out.push_back(leaf(test::eq, field, definition));
      return;
    }
    for (const auto& member : *operators) {
      std::string name{member.key()};
      auto here = fmt::format("{}.{}", path, name);
      if (!names_operator(name))
        complain(here,
                 fmt::format("`{}` stands among operators: a condition holds either operators or a value.", name));
      else if (auto x = on_operator(field, name, member.value(), *operators, here))
        out.push_back(std::move(x));
    }
  }

  node_ptr on_operator(slot field, const std::string& name, const boost::json::value& operand,
                       const boost::json::object& siblings, const std::string& path) {
    if (name == "$eq")
      return leaf(test::eq, field, operand);
    if (name == "$ne")
      return negated(leaf(test::eq, field, operand));
    if (name == "$gt")
      return leaf(test::gt, field, operand);
    if (name == "$gte")
      return leaf(test::gte, field, operand);
    if (name == "$lt")
      return leaf(test::lt, field, operand);
    if (name == "$lte")
      return leaf(test::lte, field, operand);
    if (name == "$in" || name == "$nin")
      return one_of(field, name, operand, path);
    if (name == "$exists")
      return existence(field, operand, path);
    if (name == "$not")
      return inverse(field, operand, path);
    if (name == "$regex")
      return expression_pattern(field, operand, siblings, path);
    if (name == "$type")
      return of_type(field, operand, path);
    if (name == "$mod")
      return remainder(field, operand, path);
    if (name == "$size")
      return of_size(field, operand, path);
    if (name == "$all")
      return all_of(field, operand, path);
    if (name == "$elemMatch")
      return element(field, operand, path);
    if (name == "$options") {
      if (!siblings.contains("$regex"))
        complain(path, "`$options` stands beside `$regex`.");
      return nullptr;
    }
    if (name == "$and" || name == "$or" || name == "$nor" || name == "$expr")
      complain(path, fmt::format("`{}` stands above fields, as in {{\"{}\": [{{\"field\": …}}, …]}}.", name, name));
    else
      complain(path, unknown_operator(name, true));
    return nullptr;
  }

  node_ptr one_of(slot field, const std::string& name, const boost::json::value& operand, const std::string& path) {
    const auto* list = operand.if_array();
    if (list == nullptr) {
      complain(path, fmt::format("`{}` takes an array, not {}.", name, boost::json::serialize(operand)));
      return nullptr;
    }
    auto result = make(test::in);
    result->field = field;
    for (const auto& x : *list)
      result->list.emplace_back(x);
    std::sort(result->list.begin(), result->list.end(), less);
    return name == "$nin" ? negated(std::move(result)) : std::move(result);
  }

  node_ptr existence(slot field, const boost::json::value& operand, const std::string& path) {
    if (!operand.is_bool()) {
      complain(path, fmt::format("`$exists` is true or false, not {}.", boost::json::serialize(operand)));
      return nullptr;
    }
    auto result = make(test::exists);
    result->field = field;
    result->wanted = operand.get_bool();
    return result;
  }

  node_ptr on(test what, slot field) {
    auto result = make(what);
    result->field = field;
    return result;
  }

  /// The bits of a type's name or number; 0 and a complaint where JSON has none of that kind.
  unsigned bits_of_type(const boost::json::value& x, const std::string& path) {
    for (const auto& known : json_types) {
      const auto* text = x.if_string();
      if ((text != nullptr && view(*text) == known.name) ||
          (known.number != 0 && x.is_number() && x.to_number<double>() == known.number))
        return known.bit;
    }
    complain(path,
             fmt::format("{} is no type of JSON; there are double (1), string (2), object (3), array (4), bool (8), "
                         "null (10), int (16), long (18) and number.",
                         boost::json::serialize(x)));
    return 0;
  }

  node_ptr of_type(slot field, const boost::json::value& operand, const std::string& path) {
    auto result = on(test::type, field);
    if (const auto* list = operand.if_array())
      for (std::size_t i = 0; i < list->size(); ++i)
        result->types |= bits_of_type((*list)[i], fmt::format("{}[{}]", path, i));
    else
      result->types = bits_of_type(operand, path);
    return result;
  }

  node_ptr remainder(slot field, const boost::json::value& operand, const std::string& path) {
    const auto* list = operand.if_array();
    std::array<std::optional<std::int64_t>, 2> numbers;
    if (list != nullptr && list->size() == 2)
      for (std::size_t i = 0; i < 2; ++i)
        numbers[i] = cut_to_whole(owned_value{(*list)[i]}.view());
    if (!numbers[0] || !numbers[1] || *numbers[0] == 0) {
      complain(path, fmt::format("`$mod` takes [divisor, remainder], numbers, the divisor not 0, not {}.",
                                 boost::json::serialize(operand)));
      return nullptr;
    }
    auto result = on(test::mod, field);
    result->divisor = *numbers[0];
    result->number = *numbers[1];
    return result;
  }

  node_ptr of_size(slot field, const boost::json::value& operand, const std::string& path) {
    auto size = cut_to_whole(owned_value{operand}.view());
    if (!size || *size < 0 || operand.to_number<double>() != static_cast<double>(*size)) {
      complain(path, fmt::format("`$size` is a whole number from 0 on, not {}.", boost::json::serialize(operand)));
      return nullptr;
    }
    auto result = on(test::size, field);
    result->number = *size;
    return result;
  }

  /// An array of conditions that must all hold; nothing holds for an empty one.
  node_ptr all_of(slot field, const boost::json::value& operand, const std::string& path) {
    const auto* list = operand.if_array();
    if (list == nullptr) {
      complain(path, fmt::format("`$all` takes an array, not {}.", boost::json::serialize(operand)));
      return nullptr;
    }
    auto result = make(list->empty() ? test::any : test::all);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto* object = (*list)[i].if_object();
      auto here = fmt::format("{}[{}]", path, i);
      if (object != nullptr && object->size() == 1 && object->begin()->key() == "$elemMatch") {
        if (auto x = element(field, object->begin()->value(), here + ".$elemMatch"))
          result->children.push_back(std::move(x));
      } else if (object != nullptr && !object->empty() && names_operator(object->begin()->key())) {
        complain(here, fmt::format("`$all` takes values and $elemMatch, not {}.", boost::json::serialize(*object)));
      } else {
        result->children.push_back(leaf(test::eq, field, (*list)[i]));
      }
    }
    return result;
  }

  /// Conditions on the element itself, or, in an object of names, on its fields.
  node_ptr element(slot field, const boost::json::value& operand, const std::string& path) {
    const auto* object = operand.if_object();
    if (object == nullptr) {
      complain(path, fmt::format("`$elemMatch` takes an object, not {}.", boost::json::serialize(operand)));
      return nullptr;
    }
    bool itself = !object->empty() && names_operator(object->begin()->key()) && object->begin()->key() != "$and" &&
                  object->begin()->key() != "$or" && object->begin()->key() != "$nor" &&
                  object->begin()->key() != "$expr";
    field_table inner;
    compiler below{inner, name_scope::message, true};
    auto result = on(test::element, field);
    result->of_element = itself;
    if (itself) {
      auto all = make(test::all);
      below.on_field(0, operand, path, all->children);
      result->children.push_back(std::move(all));
    } else {
      result->children.push_back(below.conditions(*object, path));
      for (slot i = 0; i < inner.size(); ++i)
        result->of.push_back(inner.path(i));
      if (result->of.size() > most_element_fields)
        complain(path, fmt::format("`$elemMatch` looks at {} fields of an element; {} are allowed.", result->of.size(),
                                   most_element_fields));
    }
    wrong.insert(wrong.end(), below.wrong.begin(), below.wrong.end());
    return result;
  }

  node_ptr inverse(slot field, const boost::json::value& operand, const std::string& path) {
    const auto* operators = operand.if_object();
    if (operators == nullptr || operators->empty() || !names_operator(operators->begin()->key())) {
      complain(path, fmt::format("`$not` takes operators, as in {{\"$not\": {{\"$gt\": 5}}}}, not {}.",
                                 boost::json::serialize(operand)));
      return nullptr;
    }
    auto all = make(test::all);
    on_field(field, operand, path, all->children);
    return negated(std::move(all));
  }

  node_ptr expression_pattern(slot field, const boost::json::value& operand, const boost::json::object& siblings,
                              const std::string& path) {
    const auto* text = operand.if_string();
    if (text == nullptr) {
      complain(path, fmt::format("`$regex` takes text, not {}.", boost::json::serialize(operand)));
      return nullptr;
    }
    std::string_view letters;
    if (const auto* options = siblings.if_contains("$options")) {
      if (!options->is_string()) {
        complain(path, fmt::format("`$options` is text, not {}.", boost::json::serialize(*options)));
        return nullptr;
      }
      letters = view(options->get_string());
    }
    auto made = pattern::compile(view(*text), letters);
    if (!made) {
      complain(path, made.error());
      return nullptr;
    }
    auto result = on(test::regex, field);
    result->pattern = std::move(*made);
    return result;
  }
};

match::match(std::unique_ptr<node> root)
    : root_(std::move(root)) {}
match::match(match&&) noexcept = default;
match& match::operator=(match&&) noexcept = default;
match::~match() = default;

tl::expected<match, findings> match::compile(const boost::json::object& definition, const std::string& path,
                                             field_table& fields, name_scope scope) {
  compiler in{fields, scope};
  auto root = in.conditions(definition, path);
  if (!in.wrong.empty())
    return tl::unexpected(std::move(in.wrong));
  return match{std::move(root)};
}

bool match::matches(const event& e) const {
  return root_->holds({e, e.slots});
}

} // namespace throng::analytics
