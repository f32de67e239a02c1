#include "sources/http_message.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace throng::sources {

namespace {

/// Where path, query or fragment begin.
std::size_t end_of_authority(const std::string& url) {
  const auto scheme = url.find("://");
  const auto end = url.find_first_of("/?#", scheme == std::string::npos ? 0 : scheme + 3);
  return end == std::string::npos ? url.size() : end;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return {};
  return std::string{text.substr(begin, text.find_last_not_of(" \t") - begin + 1)};
}

/// Whether a parameter of a link is rel, with next among its values.
bool is_next(const std::string& parameter) {
  const auto equals = parameter.find('=');
  if (equals == std::string::npos || lower(trimmed(parameter.substr(0, equals))) != "rel")
    return false;
  auto values = lower(trimmed(parameter.substr(equals + 1)));
  if (values.size() >= 2 && values.front() == '"' && values.back() == '"')
    values = values.substr(1, values.size() - 2);
  return fmt::format(" {} ", values).find(" next ") != std::string::npos;
}

} // namespace

std::string origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos)
    return {};
  const auto authority = url.substr(scheme + 3, end_of_authority(url) - scheme - 3);
  return lower(url.substr(0, scheme + 3) + authority.substr(authority.rfind('@') + 1));
}

std::string next_of_link_header(const std::string& header) {
  for (std::size_t at = header.find('<'); at != std::string::npos; at = header.find('<', at)) {
    const auto close = header.find('>', at);
    if (close == std::string::npos)
      return {};
    auto target = header.substr(at + 1, close - at - 1);
    // Parameters up to the comma in front of the next link; commas and semicolons may stand within quotes.
    bool quoted = false;
    bool next = false;
    std::string parameter;
    for (at = close + 1; at < header.size() && (quoted || header[at] != ','); ++at) {
      quoted = quoted != (header[at] == '"');
      if (header[at] == ';' && !quoted) {
        next = next || is_next(parameter);
        parameter.clear();
      } else
        parameter += header[at];
    }
    if (next || is_next(parameter))
      return target;
  }
  return {};
}

std::string resolve_url(const std::string& base, const std::string& reference) {
  if (reference.find("://") != std::string::npos && reference.find("://") < reference.find_first_of("/?#"))
    return reference;
  if (reference.starts_with("//"))
    return base.substr(0, base.find("://") + 1) + reference;
  const auto root = end_of_authority(base);
  if (reference.starts_with('/'))
    return base.substr(0, root) + reference;
  const auto query = std::min(base.find_first_of("?#", root), base.size());
  if (reference.empty())
    return base;
  if (reference.starts_with('?'))
    return base.substr(0, query) + reference;
  const auto path = base.substr(root, query - root);
  return base.substr(0, root) + (path.empty() ? "/" : path.substr(0, path.rfind('/') + 1)) + reference;
}

} // namespace throng::sources
