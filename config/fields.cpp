#include "config/fields.hpp"

#include <fmt/format.h>

namespace throng::config {

namespace json = boost::json;

fields::fields(document& in, const json::value& value, std::string path)
    : in_(&in)
    , object_(value.if_object())
    , path_(std::move(path)) {}

const json::value* fields::find(const std::string& key) const {
  return object_ ? object_->if_contains(key) : nullptr;
}

bool fields::has(const std::string& key) const {
  return find(key) != nullptr;
}

std::string fields::path_of(const std::string& key) const {
  return member_path(path_, key);
}

void fields::report(const std::string& key, std::string sentence) const {
  in_->report(path_of(key), std::move(sentence));
}

std::string fields::shown(const std::string& key) const {
  const auto* value = find(key);
  return value ? in_->shown(path_of(key), *value) : "nothing";
}

void fields::read(const std::string& key, std::string& into) const {
  if (const auto* value = find(key); value && value->is_string())
    into = std::string{value->get_string()};
}

void fields::read(const std::string& key, bool& into) const {
  if (const auto* value = find(key); value && value->is_bool())
    into = value->get_bool();
}

void fields::read(const std::string& key, double& into) const {
  if (const auto* value = find(key); value && value->is_number())
    into = value->to_number<double>();
}

void fields::read(const std::string& key, std::optional<milliseconds>& into) const {
  const auto* value = find(key);
  if (!value || !value->is_string())
    return;
  auto duration = parse_duration(std::string{value->get_string()});
  if (duration)
    into = *duration;
  else if (in_->substituted.count(path_of(key)) > 0)
    report(key, shown(key) + " gives no duration; 100ms, 5s, 10m, 6h, 7d or falling units such as 1h30m are allowed");
  else
    report(key, duration.error().message);
}

void fields::read(const std::string& key, milliseconds& into) const {
  std::optional<milliseconds> duration;
  read(key, duration);
  if (duration)
    into = *duration;
}

void fields::read(const std::string& key, milliseconds& into, milliseconds least, milliseconds most) const {
  read(key, into);
  if (has(key) && (into < least || into > most))
    report(key, fmt::format("{} is not allowed; allowed: {} to {}", shown(key), format_duration(least),
                            format_duration(most)));
}

void fields::read(const std::string& key, json::object& into) const {
  if (const auto* value = find(key); value && value->is_object())
    into = value->get_object();
}

void fields::read(const std::string& key, std::vector<std::string>& into) const {
  const auto* value = find(key);
  const auto* array = value ? value->if_array() : nullptr;
  if (!array)
    return;
  into.clear();
  for (const auto& element : *array)
    if (element.is_string())
      into.emplace_back(element.get_string());
}

fields fields::inner(const std::string& key) const {
  static const json::value nothing;
  const auto* value = find(key);
  return {*in_, value ? *value : nothing, path_of(key)};
}

} // namespace throng::config
