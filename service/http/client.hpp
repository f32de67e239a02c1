// One request to a server of ours and its answer, as `throng control` makes it.
#pragma once

#include <chrono>
#include <string>

#include "config/error.hpp"
#include "service/http/endpoint.hpp"

namespace throng::service::http {

struct client_answer {
  unsigned status = 0;
  std::string body;
};

/// @param body JSON; empty: none @param token empty: none
/// unavailable: nobody answers there, which the sentence says; timed_out: not within `limit`.
expected<client_answer> ask(const endpoint& at, const std::string& method, const std::string& path,
                            const std::string& body, const std::string& token,
                            std::chrono::milliseconds limit = std::chrono::seconds{40});

} // namespace throng::service::http
