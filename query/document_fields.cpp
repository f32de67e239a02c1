#include "query/document_fields.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>

#include "analytics/json_scanner.hpp"
#include "analytics/json_text.hpp"
#include "analytics/path_tree.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

std::string_view keep_json(const json::value& x, analytics::text_arena& made) {
  std::string text;
  analytics::append_json_text(text, x);
  return made.keep(text);
}

analytics::value value_of(const json::value& x, analytics::text_arena& made) {
  using analytics::value;
  switch (x.kind()) {
  case json::kind::null:
    return value::null();
  case json::kind::bool_:
    return value::of(x.get_bool());
  case json::kind::int64:
    return value::of(static_cast<std::int64_t>(x.get_int64()));
  case json::kind::uint64:
    return value::of(static_cast<double>(x.get_uint64()));
  case json::kind::double_:
    return value::of(x.get_double());
  case json::kind::string:
    return value::of(std::string_view{x.get_string().data(), x.get_string().size()});
  case json::kind::array:
    return value::array(keep_json(x, made));
  case json::kind::object:
    return value::object(keep_json(x, made));
  }
  return {};
}

/// A path that goes through an array: rare enough to be left to the reader of messages.
analytics::value value_through_array(const json::value& array, std::string_view rest, analytics::text_arena& made) {
  std::string collected;
  auto found = analytics::find_path(keep_json(array, made), rest, collected);
  if (!found)
    return {};
  json::error_code ec;
  auto parsed = json::parse(json::string_view(found->data(), found->size()), ec);
  if (ec)
    return {};
  // Its text must outlive `parsed`.
  auto x = value_of(parsed, made);
  return parsed.is_string() ? analytics::value::of(made.keep(x.text())) : x;
}

} // namespace

analytics::value value_at(const json::object& document, std::string_view path, analytics::text_arena& made) {
  const auto* members = &document;
  for (;;) {
    auto dot = path.find('.');
    const auto* found = members->if_contains(path.substr(0, dot));
    if (found == nullptr)
      return {};
    if (dot == std::string_view::npos)
      return value_of(*found, made);
    path.remove_prefix(dot + 1);
    if (found->is_array())
      return value_through_array(*found, path, made);
    if (!found->is_object())
      return {};
    members = &found->get_object();
  }
}

expected<filter> filter::compile(const json::object& definition) {
  analytics::field_table fields;
  auto compiled = analytics::match::compile(definition, "where", fields, analytics::name_scope::message);
  if (compiled)
    return filter{std::move(fields), std::move(*compiled)};
  std::string sentence;
  for (const auto& each : compiled.error())
    sentence += (sentence.empty() ? "" : "; ") + each.path + ": " + each.sentence;
  return fail(error_kind::invalid, std::move(sentence));
}

bool filter::matches(const json::object& document) {
  event_.clear(fields_.size());
  for (analytics::slot i = 0; i < fields_.size(); ++i)
    event_.slots[i] = value_at(document, fields_.path(i), event_.arena);
  return match_.matches(event_);
}

const boost::json::value* leaf_of(const flat_document& document, std::string_view name) {
  const auto found =
      std::find_if(document.begin(), document.end(), [&](const auto& each) { return each.first == name; });
  return found == document.end() ? nullptr : found->second;
}

} // namespace throng::query
