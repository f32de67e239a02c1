#include "config/overlay.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/json_text.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

bool is_name(std::string_view text) {
  auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

class substitution {
public:
  substitution(document& in, const std::map<std::string, std::string>& environment)
      : in_(in)
      , environment_(environment) {}

  void visit(json::value& value, const std::string& path) {
    // What lies over the file is taken as it is, and spares the variables of what lay beneath.
    if (in_.source.overlays.count(path) > 0)
      return;
    if (value.is_object()) {
      for (auto& member : value.get_object())
        visit(member.value(), member_path(path, std::string{member.key()}));
    } else if (value.is_array()) {
      auto& array = value.get_array();
      for (std::size_t i = 0; i < array.size(); ++i)
        visit(array[i], element_path(path, i));
    } else if (value.is_string()) {
      std::string_view text{value.get_string().data(), value.get_string().size()};
      if (text.find("${") != std::string_view::npos)
        replace(value, path);
    }
  }

private:
  void replace(json::value& value, const std::string& path) {
    std::string raw{value.get_string()};
    std::string_view rest = raw;
    std::string result;
    for (;;) {
      auto at = rest.find("${");
      if (at == std::string_view::npos) {
        result += rest;
        break;
      }
      if (at > 0 && rest[at - 1] == '$') {
        result += rest.substr(0, at - 1);
        result += "${";
        rest.remove_prefix(at + 2);
        continue;
      }
      result += rest.substr(0, at);
      auto end = rest.find('}', at);
      if (end == std::string_view::npos) {
        in_.report(path, "a ${ is not closed; write ${NAME}, ${NAME:-default}, or $${ for a plain ${");
        break;
      }
      result += content(rest.substr(at + 2, end - at - 2), path);
      rest.remove_prefix(end + 1);
    }
    in_.substituted[path] = raw;
    value = json::string_view{result.data(), result.size()};
  }

  std::string content(std::string_view inner, const std::string& path) {
    auto split = inner.find(":-");
    std::string name{inner.substr(0, split)};
    if (!is_name(name)) {
      in_.report(path,
                 fmt::format("${{{}}} names no environment variable; write ${{NAME}}, ${{NAME:-default}}, or $${{ "
                             "for a plain ${{",
                             inner.substr(0, 60)));
      return {};
    }
    auto set = environment_.find(name);
    // As in a shell, `:-` also stands in for an empty variable.
    if (set != environment_.end() && (split == std::string_view::npos || !set->second.empty()))
      return set->second;
    if (split != std::string_view::npos)
      return std::string{inner.substr(split + 2)};
    in_.report(path,
               fmt::format("the environment variable {} is not set; set it, or write ${{{}:-default}}", name, name));
    return {};
  }

  document& in_;
  const std::map<std::string, std::string>& environment_;
};

std::optional<std::size_t> as_index(std::string_view text) {
  std::size_t index = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return index;
}

/// `a.b[0].c` into `a`, `b`, `0`, `c`. Below `kafka` all is one name: librdkafka's have dots in them.
std::optional<std::vector<std::string>> segments(std::string_view path) {
  std::vector<std::string> result;
  while (!path.empty()) {
    if (path.front() == '[') {
      auto end = path.find(']');
      if (end == std::string_view::npos || !as_index(path.substr(1, end - 1)))
        return std::nullopt;
      result.emplace_back(path.substr(1, end - 1));
      path.remove_prefix(end + 1);
      if (!path.empty() && path.front() == '.')
        path.remove_prefix(1);
      else if (!path.empty() && path.front() != '[')
        return std::nullopt;
      continue;
    }
    auto end =
        result.size() == 1 && result[0] == "kafka" ? path.size() : std::min(path.find_first_of(".["), path.size());
    if (end == 0)
      return std::nullopt;
    result.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
    if (path == ".")
      return std::nullopt;
    if (!path.empty() && path.front() == '.')
      path.remove_prefix(1);
  }
  if (result.empty())
    return std::nullopt;
  return result;
}

json::value parsed(const std::vector<std::string>& at, const std::string& text) {
  // These are text always: a password may look like a number. Where quotes stand around it, it is a text of JSON.
  bool is_text = (at.size() == 2 && at[0] == "kafka") || (at.size() == 1 && at[0] == "store");
  if (!is_text || (!text.empty() && text.front() == '"')) {
    if (auto value = read_json(text, "--set"); value && (!is_text || value->root.is_string()))
      return std::move(value->root);
  }
  return json::value(json::string_view{text.data(), text.size()});
}

void lay(document& on, const std::string& overlay, const std::vector<std::string>& at, json::value value) {
  auto* target = &on.root;
  std::string path;
  bool is_made = false;
  for (const auto& segment : at) {
    auto index = as_index(segment);
    if (!target->is_array() && !target->is_object()) {
      // What is not there is made; whether it may be there the schema says.
      if (index)
        target->emplace_array();
      else
        target->emplace_object();
      if (!std::exchange(is_made, true))
        on.source.lay_over(path, overlay);
    }
    if (target->is_object()) {
      path = member_path(path, segment);
      target = &target->get_object()[segment];
      continue;
    }
    auto& array = target->get_array();
    if (!index || *index > array.size()) {
      on.found.push_back({overlay, 0, 0, member_path(path, segment),
                          fmt::format("`{}` is no index of an array of {}; the next new one is {}",
                                      segment.substr(0, 80), array.size(), array.size())});
      return;
    }
    if (*index == array.size())
      array.emplace_back(nullptr);
    path = element_path(path, *index);
    target = &array[*index];
  }
  *target = std::move(value);
  on.source.lay_over(path, overlay);
}

} // namespace

void substitute_environment(document& in, const std::map<std::string, std::string>& environment) {
  substitution{in, environment}.visit(in.root, {});
}

void overlay_environment(document& on, const std::map<std::string, std::string>& environment,
                         const std::vector<std::string>& heads) {
  constexpr std::string_view prefix = "THRONG_";
  for (const auto& [name, value] : environment) {
    if (name.rfind(prefix, 0) != 0)
      continue;
    std::string path;
    for (auto i = prefix.size(); i < name.size(); ++i) {
      if (name.compare(i, 2, "__") == 0) {
        path += '.';
        ++i;
      } else {
        path += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
      }
    }
    if (std::find(heads.begin(), heads.end(), head_of(path)) == heads.end())
      continue;
    if (auto at = segments(path))
      lay(on, name, *at, parsed(*at, value));
    else
      on.found.push_back({name, 0, 0, path, "no path: two underscores stand for a dot between two keys"});
  }
}

void overlay_set(document& on, const std::string& path, const std::string& value) {
  if (auto at = segments(path))
    lay(on, "--set", *at, parsed(*at, value));
  else
    on.found.push_back({"--set", 0, 0, path,
                        "no path; write keys with dots between, and indexes in brackets, as in "
                        "incidents[0].count"});
}

std::string head_of(const std::string& path) {
  return path.substr(0, path.find_first_of(".["));
}

} // namespace throng::config
