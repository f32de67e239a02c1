#include <algorithm>
#include <span>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "analytics/expression_node.hpp"
#include "analytics/operators.hpp"

namespace throng::analytics {

namespace {

using node_ptr = std::unique_ptr<expression_node>;

struct signature {
  std::string_view name;
  operation what;
  std::size_t least;
  std::size_t most;
};

constexpr signature signatures[] = {
    {"$add", operation::add, 0, any_number},
    {"$subtract", operation::subtract, 2, 2},
    {"$multiply", operation::multiply, 0, any_number},
    {"$divide", operation::divide, 2, 2},
    {"$mod", operation::mod, 2, 2},
    {"$abs", operation::abs, 1, 1},
    {"$floor", operation::floor, 1, 1},
    {"$ceil", operation::ceil, 1, 1},
    {"$eq", operation::eq, 2, 2},
    {"$ne", operation::ne, 2, 2},
    {"$gt", operation::gt, 2, 2},
    {"$gte", operation::gte, 2, 2},
    {"$lt", operation::lt, 2, 2},
    {"$lte", operation::lte, 2, 2},
    {"$cmp", operation::cmp, 2, 2},
    {"$and", operation::logical_and, 0, any_number},
    {"$or", operation::logical_or, 0, any_number},
    {"$not", operation::logical_not, 1, 1},
    {"$cond", operation::cond, 3, 3},
    {"$ifNull", operation::if_null, 2, any_number},
    {"$in", operation::in, 2, 2},
};

std::string_view view(boost::json::string_view x) {
  return {x.data(), x.size()};
}

/// Reads a definition; collects what is wrong with it. A part that is wrong becomes a constant, so that the rest is read too.
class compiler {
public:
  compiler(field_table& fields, name_scope scope, findings& wrong)
      : fields_(fields)
      , scope_(scope)
      , wrong_(wrong) {}

  node_ptr compile(const boost::json::value& definition, const std::string& path) {
    if (const auto* text = definition.if_string(); text != nullptr && text->starts_with('$'))
      return field(view(*text), path);
    if (const auto* list = definition.if_array())
      return composite(operation::make_array, *list, path);
    if (const auto* object = definition.if_object())
      return compile_object(*object, path);
    return constant(definition);
  }

private:
  void complain(const std::string& path, std::string sentence) {
    wrong_.push_back({path, std::move(sentence)});
  }

  static node_ptr constant(const boost::json::value& x) {
    auto result = std::make_unique<expression_node>();
    result->constant = owned_value{x};
    return result;
  }

  node_ptr field(std::string_view text, const std::string& path) {
    auto name = text.substr(1);
    if (name.empty() || name.front() == '$') {
      complain(path, name.empty() ? "`$` names no field; a plain dollar is {\"$literal\": \"$\"}."
                                  : fmt::format("`{}` is a variable, and there are none.", text));
      return constant(nullptr);
    }
    auto result = std::make_unique<expression_node>();
    result->what = operation::field;
    result->field = scope_ == name_scope::message ? fields_.message_field(name) : fields_.lookup(name);
    return result;
  }

  node_ptr composite(operation what, const boost::json::array& list, const std::string& path) {
    auto result = std::make_unique<expression_node>();
    result->what = what;
    for (std::size_t i = 0; i < list.size(); ++i)
      result->arguments.push_back(compile(list[i], fmt::format("{}[{}]", path, i)));
    return result;
  }

  node_ptr compile_object(const boost::json::object& object, const std::string& path) {
    bool any_operator =
        std::any_of(object.begin(), object.end(), [](const auto& x) { return x.key().starts_with('$'); });
    if (!any_operator) {
      auto result = std::make_unique<expression_node>();
      result->what = operation::make_object;
      for (const auto& member : object) {
        result->names.emplace_back(view(member.key()));
        result->arguments.push_back(compile(member.value(), fmt::format("{}.{}", path, view(member.key()))));
      }
      return result;
    }
    if (object.size() > 1) {
      complain(path, fmt::format("An operator stands alone in its object; here are {} names.", object.size()));
      return constant(nullptr);
    }
    std::string name{view(object.begin()->key())};
    return compile_operator(name, object.begin()->value(), path + "." + name);
  }

  node_ptr compile_operator(const std::string& name, const boost::json::value& operand, const std::string& path) {
    if (name == "$literal")
      return constant(operand);
    if (name == "$switch")
      return compile_switch(operand, path);
    const auto* known =
        std::find_if(std::begin(signatures), std::end(signatures), [&](const auto& x) { return x.name == name; });
    if (known == std::end(signatures)) {
      if (const auto* found = find_function(name))
        return compile_call(*found, operand, path);
      complain(path, unknown_operator(name, false));
      return constant(nullptr);
    }
    node_ptr result;
    if (known->what == operation::cond && operand.is_object()) {
      result = named_condition(operand.get_object(), path);
    } else if (const auto* list = operand.if_array()) {
      result = composite(known->what, *list, path);
    } else {
      result = std::make_unique<expression_node>();
      result->what = known->what;
      result->arguments.push_back(compile(operand, path));
    }
    check_count(name, result->arguments.size(), known->least, known->most, path);
    return result;
  }

  void check_count(std::string_view name, std::size_t given, std::size_t least, std::size_t most,
                   const std::string& path) {
    if (given >= least && given <= most)
      return;
    auto takes = least == most        ? fmt::format("{}", least)
                 : most == any_number ? fmt::format("at least {}", least)
                                      : fmt::format("{} to {}", least, most);
    complain(path, fmt::format("`{}` takes {} value{}, not {}.", name, takes, takes == "1" ? "" : "s", given));
  }

  static node_ptr nothing() {
    return std::make_unique<expression_node>(); // a constant that is missing
  }

  /// Arguments by name: all that the operator knows, in its order; those not given are missing.
  node_ptr named_arguments(const function& what, const boost::json::object& operand, const std::string& path) {
    auto known = std::span{what.names}.first(
        static_cast<std::size_t>(std::find(what.names.begin(), what.names.end(), "") - what.names.begin()));
    only(operand, known, path);
    auto result = std::make_unique<expression_node>();
    for (std::size_t i = 0; i < known.size(); ++i) {
      const auto* given = operand.if_contains(known[i]);
      if (given == nullptr && i < what.least)
        complain(path, fmt::format("`{}` lacks `{}`.", what.name, known[i]));
      if (given != nullptr)
        result->present |= 1U << i;
      result->arguments.push_back(given == nullptr ? nothing() : compile(*given, fmt::format("{}.{}", path, known[i])));
    }
    return result;
  }

  node_ptr compile_call(const function& what, const boost::json::value& operand, const std::string& path) {
    node_ptr result;
    const auto* object = operand.if_object();
    bool named = !what.names.front().empty();
    if (named && object != nullptr && (object->empty() || !object->begin()->key().starts_with('$'))) {
      result = named_arguments(what, *object, path);
    } else if (!what.in_place) {
      complain(path,
               fmt::format("`{}` takes an object of {}, not {}.", what.name,
                           fmt::join(what.names.begin(), std::find(what.names.begin(), what.names.end(), ""), ", "),
                           boost::json::serialize(operand)));
      return constant(nullptr);
    } else {
      if (const auto* list = operand.if_array()) {
        result = composite(operation::call, *list, path);
      } else {
        result = std::make_unique<expression_node>();
        result->arguments.push_back(compile(operand, path));
      }
      result->present = ~0U;
      check_count(what.name, result->arguments.size(), what.least, what.most, path);
    }
    result->what = operation::call;
    result->body = what.body;
    if (what.prepare != nullptr)
      prepare(what, *result, path);
    return result;
  }

  void prepare(const function& what, expression_node& into, const std::string& path) {
    std::vector<value> values;
    values.reserve(into.arguments.size());
    std::vector<const value*> constants;
    for (const auto& x : into.arguments) {
      if (x->what == operation::constant)
        values.push_back(x->constant.view());
      constants.push_back(x->what == operation::constant ? &values.back() : nullptr);
    }
    std::string wrong;
    into.ready = what.prepare(constants, wrong);
    if (!wrong.empty())
      complain(path, std::move(wrong));
  }

  /// A member of an operator's object, which must be there.
  node_ptr member(const boost::json::object& object, std::string_view name, std::string_view of,
                  const std::string& path) {
    if (const auto* x = object.if_contains(name))
      return compile(*x, fmt::format("{}.{}", path, name));
    complain(path, fmt::format("`{}` lacks `{}`.", of, name));
    return constant(nullptr);
  }

  void only(const boost::json::object& object, std::span<const std::string_view> allowed, const std::string& path) {
    for (const auto& x : object) {
      if (std::find(allowed.begin(), allowed.end(), view(x.key())) == allowed.end())
        complain(fmt::format("{}.{}", path, view(x.key())),
                 fmt::format("`{}` is not known here; there are {}.", view(x.key()), fmt::join(allowed, ", ")));
    }
  }

  node_ptr named_condition(const boost::json::object& object, const std::string& path) {
    static constexpr std::string_view parts[] = {"if", "then", "else"};
    only(object, parts, path);
    auto result = std::make_unique<expression_node>();
    result->what = operation::cond;
    for (auto name : parts)
      result->arguments.push_back(member(object, name, "$cond", path));
    return result;
  }

  node_ptr compile_switch(const boost::json::value& operand, const std::string& path) {
    auto result = std::make_unique<expression_node>();
    result->what = operation::choose;
    const auto* object = operand.if_object();
    const auto* branches = object == nullptr ? nullptr : object->if_contains("branches");
    const auto* list = branches == nullptr ? nullptr : branches->if_array();
    if (list == nullptr || list->empty()) {
      complain(path, "`$switch` takes {\"branches\": [{\"case\": …, \"then\": …}, …], \"default\": …}.");
      return result;
    }
    static constexpr std::string_view parts[] = {"branches", "default"};
    static constexpr std::string_view branch_parts[] = {"case", "then"};
    only(*object, parts, path);
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto here = fmt::format("{}.branches[{}]", path, i);
      const auto* branch = (*list)[i].if_object();
      if (branch == nullptr) {
        complain(here,
                 fmt::format("A branch is {{\"case\": …, \"then\": …}}, not {}.", boost::json::serialize((*list)[i])));
        continue;
      }
      only(*branch, branch_parts, here);
      result->arguments.push_back(member(*branch, "case", "A branch", here));
      result->arguments.push_back(member(*branch, "then", "A branch", here));
    }
    if (const auto* otherwise = object->if_contains("default"))
      result->arguments.push_back(compile(*otherwise, path + ".default"));
    return result;
  }

  field_table& fields_;
  name_scope scope_;
  findings& wrong_;
};

} // namespace

std::unique_ptr<expression_node> compile_expression(const boost::json::value& definition, const std::string& path,
                                                    field_table& fields, name_scope scope, findings& wrong) {
  compiler in{fields, scope, wrong};
  return in.compile(definition, path);
}

} // namespace throng::analytics
