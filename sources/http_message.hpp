// A request to a REST API, and what became of it. Knows no network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/time.hpp"

namespace throng::sources {

struct http_request {
  std::string url;                  ///< may hold a key: never log it
  std::vector<std::string> headers; ///< `Name: value`; may hold a key
};

struct http_reply {
  int status = 0;
  std::string body;
  std::string link;                        ///< the Link header
  std::optional<milliseconds> retry_after; ///< the Retry-After header
  timestamp received;
};

/// There was no reply.
struct http_failure {
  std::string sentence; ///< without the URL
  bool final = false;   ///< asking again would not help: a protocol that is not spoken, a certificate that is wrong
};

/// Scheme, host and port: what may be said of a URL whose path, query or user may be a secret.
std::string origin_of(const std::string& url);

/// The reply's `rel="next"` (RFC 8288); empty: none.
std::string next_of_link_header(const std::string& header);

/// A URL that may be relative, as seen from another one.
std::string resolve_url(const std::string& base, const std::string& reference);

} // namespace throng::sources
