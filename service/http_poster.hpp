// POSTs to the server of a sink, over libcurl, on a connection that stays, and not before the time that the server has asked for. Says what went wrong by the server's name alone: path and headers may be secrets.
#pragma once

#include <chrono>
#include <string>

#include "config/error.hpp"
#include "sinks/http_sink.hpp"

namespace throng::service {

struct http_poster_options {
  std::string url;
  std::string content_type;
  std::string authorization; ///< the header's value; empty: none. Never logged
  std::string ca_file;       ///< empty: the system's
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds limit{30'000}; ///< of a whole request and its answer
  /// A server that asks to be left alone (Retry-After) is, for so long at most.
  std::chrono::milliseconds longest_rest{300'000};
  std::size_t longest_answer = std::size_t{64} << 20U;
};

/// For one caller at a time. While the server wants to be left alone each call is an error at once.
expected<sinks::http_sink::poster> make_http_poster(http_poster_options options);

} // namespace throng::service
