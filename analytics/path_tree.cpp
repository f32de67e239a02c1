#include "analytics/path_tree.hpp"

#include <algorithm>
#include <charconv>

#include "analytics/json_scanner.hpp"

namespace throng::analytics {

namespace {

std::pair<std::string_view, std::string_view> split(std::string_view path) {
  auto dot = path.find('.');
  if (dot == std::string_view::npos)
    return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

/// The text of the value that stands next.
std::string_view next_text(json_scanner& in) {
  in.peek();
  const char* first = in.position();
  in.skip_value(0);
  return {first, static_cast<std::size_t>(in.position() - first)};
}

std::optional<std::string_view> in_object(std::string_view json, std::string_view path, std::string& made) {
  auto [name, rest] = split(path);
  json_scanner in{json};
  in.peek();
  in.open(0);
  json_string token;
  std::string unescaped;
  std::optional<std::string_view> found;
  for (bool first = true; in.next_element('}', first); first = false) {
    in.take_name(token);
    unescaped.clear();
    append_unescaped(unescaped, token);
    auto text = next_text(in);
    if (unescaped == name)
      found = text;
  }
  if (!found || name.size() == path.size())
    return found;
  return find_path(*found, rest, made);
}

std::optional<std::string_view> in_array(std::string_view json, std::string_view path, std::string& made) {
  auto [name, rest] = split(path);
  std::size_t index = 0;
  auto read = std::from_chars(name.data(), name.data() + name.size(), index);
  bool by_index = read.ec == std::errc{} && read.ptr == name.data() + name.size();
  json_scanner in{json};
  in.peek();
  in.open(0);
  std::size_t at = 0;
  std::string collected;
  for (bool first = true; in.next_element(']', first); first = false, ++at) {
    auto text = next_text(in);
    if (by_index) {
      if (at != index)
        continue;
      return name.size() == path.size() ? text : find_path(text, rest, made);
    }
    if (text.front() != '{')
      continue;
    std::string inner;
    if (auto found = in_object(text, path, inner)) {
      collected.push_back(collected.empty() ? '[' : ',');
      collected.append(*found);
    }
  }
  if (collected.empty())
    return std::nullopt;
  collected.push_back(']');
  made = std::move(collected);
  return made;
}

} // namespace

void path_node::add(std::string_view path, slot to) {
  auto parts = split(path);
  const auto& head = parts.first;
  auto at = std::find_if(children.begin(), children.end(), [&](const auto& x) { return x->name == head; });
  if (at == children.end()) {
    children.push_back(std::make_unique<path_node>());
    at = std::prev(children.end());
    (*at)->name = head;
  }
  below.emplace_back(path, to);
  if (head.size() == path.size())
    (*at)->wanted = to;
  else
    (*at)->add(parts.second, to);
}

std::optional<std::string_view> find_path(std::string_view json, std::string_view path, std::string& made) {
  switch (json_scanner{json}.peek()) {
  case '{':
    return in_object(json, path, made);
  case '[':
    return in_array(json, path, made);
  default:
    return std::nullopt;
  }
}

} // namespace throng::analytics
