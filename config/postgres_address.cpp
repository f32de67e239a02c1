#include "config/postgres_address.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace throng::config {

namespace {

constexpr std::string_view form = "postgresql://USER@HOST:PORT/DATABASE";
constexpr std::string_view elsewhere = "give PGPASSWORD, or PGPASSFILE, in the environment";

constexpr std::array<std::string_view, 14> options{"application_name",
                                                   "channel_binding",
                                                   "connect_timeout",
                                                   "gssencmode",
                                                   "host",
                                                   "krbsrvname",
                                                   "passfile",
                                                   "port",
                                                   "sslcert",
                                                   "sslcrl",
                                                   "sslkey",
                                                   "sslmode",
                                                   "sslrootcert",
                                                   "target_session_attrs"};

expected<void> check_options(std::string_view query) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const auto equals = one.find('=');
    const auto name = one.substr(0, equals);
    if (name == "password" || name == "sslpassword")
      return fail(error_kind::invalid, fmt::format("a password does not stand in an address: {}", elsewhere));
    if (std::find(options.begin(), options.end(), name) == options.end() || equals == std::string_view::npos ||
        equals + 1 == one.size())
      return fail(error_kind::invalid, fmt::format("an option that is not known or has no value: behind the ? stand {}",
                                                   fmt::join(options, ", ")));
  }
  return {};
}

} // namespace

expected<void> check_postgres(std::string_view to) {
  // Before anything of it is shown.
  const auto rest = to.substr(to.find("//") + 2);
  const auto query = rest.find('?');
  const auto place = rest.substr(0, query);
  const auto slash = place.find('/');
  const auto authority = place.substr(0, slash);
  const auto database = slash == std::string_view::npos ? std::string_view{} : place.substr(slash + 1);
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos)
    return fail(error_kind::invalid, fmt::format("a password does not stand in an address: {}", elsewhere));
  // A password with a / or ? in it would look so.
  const auto hosts = authority.substr(at == std::string_view::npos ? 0 : at + 1);
  const auto behind = query == std::string_view::npos ? std::string_view{} : rest.substr(query + 1);
  if (database.empty() || database.find_first_of("/@:") != std::string_view::npos ||
      hosts.find('@') != std::string_view::npos || behind.find_first_of("@?") != std::string_view::npos ||
      std::any_of(to.begin(), to.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '"' || c == '\'' || c == '\\' || c == '#';
      }))
    return fail(error_kind::invalid, fmt::format("no address: {}", form));
  return check_options(behind);
}

} // namespace throng::config
