#include "config/s3_address.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace throng::config {

namespace {

bool is_bucket(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
         });
}

bool is_path(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._=/"}.find(c) != std::string_view::npos;
  });
}

} // namespace

expected<s3_address> parse_s3(std::string_view to) {
  constexpr std::string_view form = "s3://BUCKET/PREFIX?region=R, for a server of one's own with "
                                    "endpoint_override=HOST:PORT and scheme=http or https";
  s3_address made;
  auto rest = to.substr(to.find("//") + 2);
  // Before anything of it is shown.
  if (rest.substr(0, rest.find_first_of("/?")).find('@') != std::string_view::npos)
    return fail(error_kind::invalid, "credentials do not stand in an address: give AWS_ACCESS_KEY_ID and "
                                     "AWS_SECRET_ACCESS_KEY in the environment");
  const auto query = rest.find('?');
  auto options = query == std::string_view::npos ? std::string_view{} : rest.substr(query + 1);
  rest = rest.substr(0, query);
  const auto slash = rest.find('/');
  made.bucket = rest.substr(0, slash);
  auto prefix = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  while (prefix.ends_with('/'))
    prefix.remove_suffix(1);
  made.prefix = prefix;
  if (!is_bucket(made.bucket))
    return fail(error_kind::invalid,
                fmt::format("no bucket of 3 to 63 small letters, digits, -, _ and dots: {}", form));
  if (!is_path(prefix) || prefix.starts_with('/') || prefix.find("//") != std::string_view::npos)
    return fail(error_kind::invalid,
                "a prefix is of letters, digits, -, _, dots and =, with single / between its parts");
  while (!options.empty()) {
    const auto end = options.find('&');
    const auto one = options.substr(0, end);
    options = end == std::string_view::npos ? std::string_view{} : options.substr(end + 1);
    const auto equals = one.find('=');
    const auto name = one.substr(0, equals);
    const auto value = equals == std::string_view::npos ? std::string_view{} : one.substr(equals + 1);
    if (name == "region" && !value.empty())
      made.region = value;
    else if (name == "endpoint_override" && !value.empty())
      made.endpoint = value;
    else if (name == "scheme" && (value == "http" || value == "https"))
      made.tls = value == "https";
    else
      return fail(error_kind::invalid, fmt::format("an option that is not known or has no such value: {}", form));
  }
  return made;
}

} // namespace throng::config
