#include "service/http/access.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "service/http/problem.hpp"

namespace throng::service::http {

namespace {

/// `localhost:8080` without the port.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('['))
    return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool names_loopback(std::string_view host) {
  constexpr std::array<std::string_view, 3> names{"localhost", "127.0.0.1", "[::1]"};
  auto name = host_name(host);
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string lower(std::string_view text) {
  auto out = std::string{text};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_json(std::string_view content_type) {
  auto type = lower(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ')
    type.pop_back();
  return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

bool is_foreign(const request& asked) {
  auto origin = asked.header("origin");
  auto scheme = origin.find("://");
  if (!origin.empty() && (scheme == std::string_view::npos || origin.substr(scheme + 3) != asked.header("host")))
    return true; // "null" of a sandboxed page too
  auto site = asked.header("sec-fetch-site");
  return site == "cross-site" || site == "same-site";
}

} // namespace

bool same_secret(std::string_view given, std::string_view secret) {
  unsigned differs = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    differs |= static_cast<unsigned char>(given[i]) ^
               static_cast<unsigned char>(secret.empty() ? 0 : secret[i % secret.size()]);
  return differs == 0 && !secret.empty();
}

std::optional<response> refuse(const request& asked, const access_rules& rules) {
  if (rules.loopback && !names_loopback(asked.header("host")))
    return problem(421, "this server answers to localhost, 127.0.0.1 and [::1] only; the request's Host is another");
  if (!asked.changes())
    return std::nullopt;
  if (is_foreign(asked))
    return problem(403, "a page of another origin asks for a change; only pages of this server may");
  constexpr std::string_view scheme = "bearer "; // in any letters: RFC 9110, 11.1
  auto given = asked.header("authorization");
  if (!rules.token.empty() &&
      !(lower(given.substr(0, scheme.size())) == scheme && same_secret(given.substr(scheme.size()), rules.token))) {
    auto refused = problem(401, "a change needs the header Authorization: Bearer TOKEN with the server's THRONG_TOKEN");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
  }
  if (!rules.loopback && rules.token.empty())
    return problem(403, "this server listens beyond its own machine without a THRONG_TOKEN in its environment, and so "
                        "takes no changes");
  if (!asked.body.empty() && !is_json(asked.header("content-type")))
    return problem(415, "a body must be JSON, with the header Content-Type: application/json");
  return std::nullopt;
}

} // namespace throng::service::http
