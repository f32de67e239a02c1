#include "service/http/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace throng::service::http {

expected<endpoint> parse_endpoint(const std::string& text, endpoint otherwise) {
  auto result = std::move(otherwise);
  auto rest = text;
  auto digits_only =
      !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::string port;
  if (digits_only) {
    port = rest;
  } else {
    auto host_end = rest.starts_with('[') ? rest.find(']') : 0;
    auto colon = host_end == std::string::npos ? std::string::npos : rest.find(':', host_end);
    if (colon != std::string::npos)
      port = rest.substr(colon + 1);
    auto host = rest.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
      host = host.substr(1, host.size() - 2);
    if (!host.empty())
      result.host = host;
    if (colon != std::string::npos && port.empty())
      port = "?";
  }
  if (!port.empty()) {
    const auto* end = port.data() + port.size();
    auto [at, code] = std::from_chars(port.data(), end, result.port);
    if (code != std::errc{} || at != end)
      return fail(error_kind::invalid,
                  fmt::format("{}: must be HOST:PORT with a port from 0 to 65535, as in 127.0.0.1:8080", text));
  }
  return result;
}

std::string to_string(const endpoint& of) {
  auto is_ipv6 = of.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", of.host, is_ipv6 ? "]" : "", of.port);
}

} // namespace throng::service::http
