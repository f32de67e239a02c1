#include "config/schema_explain.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace throng::config {

namespace json = boost::json;

namespace {

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string{value.get_string()} : std::string{};
}

const json::object* object_in(const json::object& schema, const char* keyword) {
  const auto* value = schema.if_contains(keyword);
  return value ? value->if_object() : nullptr;
}

const json::array* array_in(const json::object& schema, const char* keyword) {
  const auto* value = schema.if_contains(keyword);
  return value ? value->if_array() : nullptr;
}

bool is_type(const json::value& value, std::string_view type) {
  if (type == "object")
    return value.is_object();
  if (type == "array")
    return value.is_array();
  if (type == "string")
    return value.is_string();
  if (type == "boolean")
    return value.is_bool();
  if (type == "integer")
    return value.is_int64();
  if (type == "number")
    return value.is_number();
  return type == "null" && value.is_null();
}

/// `{"type": T}` or `{"properties": {"kind": {"const": X}}, …}`: the forms of `if` that our schemas use.
bool holds(const json::object& condition, const json::value& value) {
  if (const auto* type = condition.if_contains("type"))
    return is_type(value, text_of(*type));
  const auto* object = value.if_object();
  const auto* properties = object_in(condition, "properties");
  if (!object || !properties)
    return false;
  return std::all_of(properties->begin(), properties->end(), [&](const json::key_value_pair& property) {
    const auto* given = object->if_contains(property.key());
    const auto* wanted = property.value().is_object() ? property.value().get_object().if_contains("const") : nullptr;
    return given && wanted && *given == *wanted;
  });
}

std::vector<std::string> texts(const json::array& values) {
  std::vector<std::string> result;
  for (const auto& value : values)
    result.push_back(text_of(value));
  return result;
}

bool has_wrong_type(const json::value& value, const json::object& schema) {
  const auto* type = schema.if_contains("type");
  if (!type)
    return false;
  if (type->is_string())
    return !is_type(value, text_of(*type));
  const auto* types = type->if_array();
  return types &&
         std::none_of(types->begin(), types->end(), [&](const json::value& t) { return is_type(value, text_of(t)); });
}

std::string number_text(const json::value& number) {
  return number.is_int64() ? fmt::format("{}", number.get_int64()) : fmt::format("{}", number.to_number<double>());
}

/// What a schema allows, in words; its `title` says it where the schema can't.
std::string allowed(const json::object& schema) {
  auto type = schema.contains("type") ? text_of(schema.at("type")) : std::string{};
  const auto* title = schema.if_contains("title");
  if (title && type != "object")
    return text_of(*title);
  if (const auto* names = array_in(schema, "enum"))
    return fmt::format("{}", fmt::join(texts(*names), ", "));
  if (type == "integer" || type == "number") {
    std::string result = type == "integer" ? "a whole number" : "a number";
    if (const auto* above = schema.if_contains("exclusiveMinimum"))
      result += " above " + number_text(*above);
    const auto* least = schema.if_contains("minimum");
    const auto* most = schema.if_contains("maximum");
    if (least && most)
      result += fmt::format(" from {} to {}", number_text(*least), number_text(*most));
    else if (least)
      result += " of at least " + number_text(*least);
    else if (most)
      result += ", at most " + number_text(*most);
    return result;
  }
  if (type == "string")
    return schema.contains("minLength") ? "a text that is not empty" : "a text";
  if (type == "array")
    return "an array";
  if (type == "object")
    return "an object";
  if (type == "boolean")
    return "true or false";
  return "another value";
}

std::vector<std::string> known_names(const json::object& schema) {
  std::vector<std::string> result;
  if (const auto* names = array_in(schema, "enum"))
    result = texts(*names);
  if (const auto* choices = array_in(schema, "anyOf")) {
    for (const auto& choice : *choices) {
      const auto* names = choice.is_object() ? array_in(choice.get_object(), "enum") : nullptr;
      if (names)
        for (auto& name : texts(*names))
          result.push_back(std::move(name));
    }
  }
  return result;
}

bool out_of_range(const json::value& value, const json::object& schema) {
  if (!value.is_number())
    return false;
  auto x = value.to_number<double>();
  const auto* least = schema.if_contains("minimum");
  const auto* most = schema.if_contains("maximum");
  const auto* above = schema.if_contains("exclusiveMinimum");
  return (least && x < least->to_number<double>()) || (most && x > most->to_number<double>()) ||
         (above && x <= above->to_number<double>());
}

/// Characters, not bytes.
std::size_t length(const json::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

bool has_wrong_length(const json::value& value, const json::object& schema) {
  if (!value.is_string())
    return false;
  auto size = static_cast<std::int64_t>(length(value.get_string()));
  const auto* least = schema.if_contains("minLength");
  const auto* most = schema.if_contains("maxLength");
  return (least && size < least->to_number<std::int64_t>()) || (most && size > most->to_number<std::int64_t>());
}

/// `oneOf` of nothing but `required`: exactly one of some keys.
std::vector<std::string> alternatives(const json::object& schema) {
  std::vector<std::string> result;
  if (const auto* choices = array_in(schema, "oneOf"))
    for (const auto& choice : *choices)
      if (const auto* required = choice.is_object() ? array_in(choice.get_object(), "required") : nullptr)
        for (auto& key : texts(*required))
          result.push_back(std::move(key));
  return result;
}

void explain_object(document& in, const std::string& path, const json::object& value, const json::object& schema) {
  if (const auto* required = array_in(schema, "required")) {
    for (const auto& key : texts(*required))
      if (!value.contains(key))
        in.report(member_path(path, key), "is missing");
  }
  if (auto keys = alternatives(schema); !keys.empty()) {
    std::vector<std::string> given;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(given),
                 [&](const auto& key) { return value.contains(key); });
    if (given.empty())
      in.report(path, fmt::format("has none of {}; exactly one is needed", fmt::join(keys, ", ")));
    else if (given.size() > 1)
      in.report(path, fmt::format("has {} at once; exactly one of {} is allowed", fmt::join(given, " and "),
                                  fmt::join(keys, ", ")));
  }
  const auto* least = schema.if_contains("minProperties");
  if (least && value.size() < static_cast<std::size_t>(least->to_number<std::int64_t>()))
    in.report(path, fmt::format("is empty; it needs at least {}", least->to_number<std::int64_t>()));
}

void explain_array(document& in, const std::string& path, const json::array& value, const json::object& schema) {
  const auto* least = schema.if_contains("minItems");
  const auto* most = schema.if_contains("maxItems");
  if (least && value.size() < static_cast<std::size_t>(least->to_number<std::int64_t>()))
    in.report(path, fmt::format("has {} elements; at least {} are needed", value.size(), number_text(*least)));
  if (most && value.size() > static_cast<std::size_t>(most->to_number<std::int64_t>()))
    in.report(path, fmt::format("has {} elements; at most {} are allowed", value.size(), number_text(*most)));
  const auto* unique = schema.if_contains("uniqueItems");
  if (unique && unique->is_bool() && unique->get_bool()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (std::find(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(i), value[i]) !=
          value.begin() + static_cast<std::ptrdiff_t>(i)) {
        auto at = element_path(path, i);
        in.report(at, fmt::format("{} stands here a second time; each may stand once", in.shown(at, value[i])));
      }
    }
  }
}

} // namespace

schema_set schema_explainer::expand(const json::object& schema, const json::value& value) const {
  schema_set result;
  if (const auto* reference = schema.if_contains("$ref")) {
    // "#/definitions/NAME"; what stands beside a reference is ignored (draft 7, section 8.3).
    auto name = text_of(*reference);
    name = name.substr(name.rfind('/') + 1);
    if (const auto* definitions = object_in(root_, "definitions"))
      if (const auto* target = object_in(*definitions, name.c_str()))
        return expand(*target, value);
    return result;
  }
  result.push_back(&schema);
  if (const auto* parts = array_in(schema, "allOf")) {
    for (const auto& part : *parts)
      if (part.is_object())
        for (const auto* more : expand(part.get_object(), value))
          result.push_back(more);
  }
  const auto* condition = object_in(schema, "if");
  if (condition) {
    if (const auto* branch = object_in(schema, holds(*condition, value) ? "then" : "else"))
      for (const auto* more : expand(*branch, value))
        result.push_back(more);
  }
  return result;
}

schema_set schema_explainer::of_member(const schema_set& parents, const std::string& key,
                                       const json::value& value) const {
  schema_set result;
  for (const auto* parent : parents) {
    const auto* properties = object_in(*parent, "properties");
    const auto* own = properties ? object_in(*properties, key.c_str()) : nullptr;
    if (!own && !(properties && properties->contains(key)))
      own = object_in(*parent, "additionalProperties");
    if (own)
      for (const auto* schema : expand(*own, value))
        result.push_back(schema);
  }
  return result;
}

schema_set schema_explainer::of_element(const schema_set& parents, const json::value& value) const {
  schema_set result;
  for (const auto* parent : parents)
    if (const auto* items = object_in(*parent, "items"))
      for (const auto* schema : expand(*items, value))
        result.push_back(schema);
  return result;
}

void schema_explainer::unknown_keys(document& in, const std::string& path, const json::object& value,
                                    const schema_set& schemas) const {
  for (const auto* schema : schemas) {
    const auto* others = schema->if_contains("additionalProperties");
    if (!others || !others->is_bool() || others->get_bool())
      continue;
    std::vector<std::string> known;
    if (const auto* properties = object_in(*schema, "properties"))
      for (const auto& property : *properties)
        if (property.key() != "$schema") // allowed, but not what was meant
          known.emplace_back(property.key());
    for (const auto& member : value) {
      std::string key{member.key()};
      if (key == "$schema" || std::find(known.begin(), known.end(), key) != known.end())
        continue;
      auto nearest = nearest_name(key, known);
      in.report_key(member_path(path, key),
                    nearest.empty()
                        ? fmt::format("unknown key `{}`; known here: {}", key.substr(0, 80), fmt::join(known, ", "))
                        : fmt::format("unknown key `{}`; did you mean `{}`?", key.substr(0, 80), nearest));
    }
  }
}

void schema_explainer::explain(document& in, const std::string& path, const json::value& value,
                               const schema_set& schemas, bool pattern_failed) const {
  for (const auto* schema : schemas) {
    auto not_allowed = [&] {
      std::string sentence = fmt::format("{} is not allowed; allowed: {}", in.shown(path, value), allowed(*schema));
      auto nearest = value.is_string() ? nearest_name(text_of(value), known_names(*schema)) : std::string{};
      if (!nearest.empty() && in.substituted.count(path) == 0)
        sentence += fmt::format("; did you mean {}?", nearest);
      in.report(path, std::move(sentence));
    };
    const auto* only = schema->if_contains("const");
    const auto* names = array_in(*schema, "enum");
    if (has_wrong_type(value, *schema) || out_of_range(value, *schema) || has_wrong_length(value, *schema) ||
        (only && *only != value) || (names && std::find(names->begin(), names->end(), value) == names->end()) ||
        (pattern_failed && schema->contains("pattern")) || schema->contains("anyOf")) {
      not_allowed();
      continue;
    }
    if (const auto* object = value.if_object())
      explain_object(in, path, *object, *schema);
    else if (const auto* array = value.if_array())
      explain_array(in, path, *array, *schema);
  }
  if (const auto* object = value.if_object())
    unknown_keys(in, path, *object, schemas);
}

} // namespace throng::config
