// An HTTP/1.1 server on threads of its own: one for the sockets, a few for the handlers. Bounded in every way that a
// client could stretch. Leaves to the router who answers, and to access.hpp who may ask.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "config/error.hpp"
#include "service/http/access.hpp"
#include "service/http/endpoint.hpp"
#include "service/http/router.hpp"

namespace throng::service::http {

struct limits {
  std::size_t header_bytes = 16U << 10U; ///< request line and headers; more is 431
  std::size_t body_bytes = 1U << 20U;    ///< more is 413
  std::size_t connections = 256;         ///< one more is told 503 and closed
  /// From the first wait for a request to its last byte, and for writing a response: a client that drips is cut off.
  std::chrono::milliseconds patience{30'000};
  std::size_t handler_threads = 2;
  /// Requests that wait for a handler thread; one more is told 503.
  std::size_t waiting_requests = 64;
};

class server {
public:
  /// Listens when it returns. invalid or unavailable where it can't. The token of `rules` counts as it is; whether they
  /// are those of loopback is found out here.
  static expected<std::unique_ptr<server>> start(const endpoint& at, router routes, access_rules rules, limits bounds);
  static expected<std::unique_ptr<server>> start(const endpoint& at, router routes, access_rules rules) {
    return start(at, std::move(routes), std::move(rules), limits{});
  }
  /// Closes all connections; waits for handlers that are at work.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Where it listens: with the port that was chosen where 0 was asked for.
  endpoint address() const;

  /// Why it takes no more connections, if something it can't mend has happened since it was started.
  std::optional<error> failure() const;

private:
  class implementation;
  explicit server(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service::http
