// Where a sink's server is: `http://HOST[:PORT][/PATH]` or https. Who asks is no part of it.
#pragma once

#include <string_view>

#include "config/error.hpp"

namespace throng::config {

inline bool is_http(std::string_view to) {
  return to.starts_with("http://") || to.starts_with("https://");
}

/// invalid: the sentence says what is allowed, and shows nothing that may be a secret. @pre is_http(to)
inline expected<void> check_http(std::string_view to) {
  const auto rest = to.substr(to.find("//") + 2);
  const auto host = rest.substr(0, rest.find('/'));
  if (to.find_first_of("?#") != std::string_view::npos)
    return fail(error_kind::invalid,
                "an address of http has no ? and # here: keys stand in no address, see authorization");
  if (host.find('@') != std::string_view::npos)
    return fail(error_kind::invalid, "credentials do not stand in an address, see authorization");
  if (host.empty() || host.starts_with(':') || to.find_first_of(" \t\r\n\"\\") != std::string_view::npos)
    return fail(error_kind::invalid, "no address: http://HOST:PORT/PATH or https");
  return {};
}

} // namespace throng::config
