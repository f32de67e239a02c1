// Alerts by HTTP to somebody else's server: a POST of the alert's JSON each, signed, tried again with back-off, from a queue of bounded length and a thread
// of its own, so that analysis never waits for it. What is given up is counted and said.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "config/error.hpp"

namespace throng::service {

struct webhook_options {
  std::string url;    ///< may hold a password: never logged
  std::string secret; ///< of the signature; empty: none. Never logged
  std::size_t queue = 1'000;
  int tries = 5;
  std::chrono::milliseconds first_pause{500}; ///< before the second try; twice as long before each further one
  std::chrono::milliseconds limit{10'000};    ///< of one try
};

struct webhook_counts {
  std::uint64_t delivered = 0; ///< answered with 2xx
  std::uint64_t retried = 0;   ///< tries beyond the first
  std::uint64_t failed = 0;    ///< given up: refused with 4xx, or tried as often as may be
  std::uint64_t dropped = 0;   ///< the queue was full
};

/// HMAC-SHA256 of the body in hex, as in `X-Throng-Signature: sha256=…`.
std::string webhook_signature(const std::string& secret, const std::string& body);

class webhook {
public:
  /// invalid: a URL that is neither http nor https.
  static expected<std::unique_ptr<webhook>> start(webhook_options options);
  /// Gives up what is not delivered.
  ~webhook();

  /// Never waits. @param id of the alert, in `X-Throng-Alert`: a repeat after a crash has the same
  void send(std::string id, std::string body);
  /// Waits until all is delivered or given up, at most `limit`; what is left then is given up. @returns the counts
  webhook_counts finish(std::chrono::milliseconds limit);
  webhook_counts counts() const;

private:
  struct implementation;
  explicit webhook(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service
