#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

#include "analytics/expression.hpp"
#include "analytics/json_element.hpp"
#include "analytics/operators.hpp"

namespace throng::analytics {

namespace {

enum class test : std::uint8_t { all, any, none, negate, eq, gt, gte, lt, lte, in, exists, regex };

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
  std::unique_ptr<re2::RE2> pattern;
  bool wanted = true; ///< of $exists
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
      return x.kind() == value_kind::text && re2::RE2::PartialMatch({x.text().data(), x.text().size()}, *pattern);
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

  bool holds(const event& e) const {
    auto child_holds = [&e](const auto& child) { return child->holds(e); };
    switch (what) {
    case test::all:
      return std::all_of(children.begin(), children.end(), child_holds);
    case test::any:
      return std::any_of(children.begin(), children.end(), child_holds);
    case test::none:
      return std::none_of(children.begin(), children.end(), child_holds);
    case test::negate:
      return !children.front()->holds(e);
    case test::exists:
      return (e.slots[field].kind() != value_kind::missing) == wanted;
    default:
      break;
    }
    const auto& x = e.slots[field];
    if (passes(x))
      return true;
    if (x.kind() != value_kind::array)
      return false;
    for (element_walk walk{x}; walk.next();) {
      if (passes(walk.element()))
        return true;
    }
    return false;
  }
};

/// Reads a definition; collects what is wrong with it.
struct match::compiler {
  field_table& fields;
  name_scope scope;
  findings wrong;

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
      if (names_operator(name)) {
        if (auto x = logical(name, member.value(), here))
          all->children.push_back(std::move(x));
      } else {
        auto field = scope == name_scope::message ? fields.message_field(name) : fields.lookup(name);
        on_field(field, member.value(), here, all->children);
      }
    }
    return all->children.size() == 1 ? std::move(all->children.front()) : std::move(all);
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
    if (name == "$options") {
      if (!siblings.contains("$regex"))
        complain(path, "`$options` stands beside `$regex`.");
      return nullptr;
    }
    if (name == "$and" || name == "$or" || name == "$nor")
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
    std::string flags;
    if (const auto* options = siblings.if_contains("$options")) {
      const auto* letters = options->if_string();
      if (letters == nullptr || view(*letters).find_first_not_of("ims") != std::string_view::npos) {
        complain(path, fmt::format("`$options` is made of the letters i, m and s, not {}.",
                                   boost::json::serialize(*options)));
        return nullptr;
      }
      flags = view(*letters);
    }
    auto pattern = flags.empty() ? std::string{view(*text)} : fmt::format("(?{}){}", flags, view(*text));
    re2::RE2::Options quiet;
    quiet.set_log_errors(false);
    auto result = make(test::regex);
    result->field = field;
    result->pattern = std::make_unique<re2::RE2>(pattern, quiet);
    if (!result->pattern->ok()) {
      complain(path, fmt::format("`{}` is no pattern of RE2: {}.", view(*text), result->pattern->error()));
      return nullptr;
    }
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
  compiler in{fields, scope, {}};
  auto root = in.conditions(definition, path);
  if (!in.wrong.empty())
    return tl::unexpected(std::move(in.wrong));
  return match{std::move(root)};
}

bool match::matches(const event& e) const {
  return root_->holds(e);
}

} // namespace throng::analytics
