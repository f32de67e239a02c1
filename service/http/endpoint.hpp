// HOST:PORT, as --serve and `throng control` take it.
#pragma once

#include <cstdint>
#include <string>

#include "config/error.hpp"

namespace throng::service::http {

struct endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
};

/// `HOST:PORT`, `:PORT`, `PORT`, `HOST` or `[IPv6]:PORT`; what is left out is the default's.
expected<endpoint> parse_endpoint(const std::string& text, endpoint otherwise = {});

/// As it stands in a URL: `127.0.0.1:8080`, `[::1]:8080`.
std::string to_string(const endpoint& of);

} // namespace throng::service::http
