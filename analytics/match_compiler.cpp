#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "analytics/match_node.hpp"
#include "analytics/operators.hpp"

namespace throng::analytics {

namespace {

/// MongoDB's names and numbers of the types that JSON has.
struct json_type {
  std::string_view name;
  int number;
  unsigned bit;
};
constexpr json_type json_types[] = {
    {"double", 1, double_bit}, {"string", 2, text_bit}, {"object", 3, object_bit},
    {"array", 4, array_bit},   {"bool", 8, bool_bit},   {"null", 10, null_bit},
    {"int", 16, int_bit},      {"long", 18, long_bit},  {"number", 0, int_bit | long_bit | double_bit},
};

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

tl::expected<match, findings> match::compile(const boost::json::object& definition, const std::string& path,
                                             field_table& fields, name_scope scope) {
  compiler in{fields, scope};
  auto root = in.conditions(definition, path);
  if (!in.wrong.empty())
    return tl::unexpected(std::move(in.wrong));
  return match{std::move(root)};
}

} // namespace throng::analytics
