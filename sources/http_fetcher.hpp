// Asks a REST API for a page, over libcurl: one request after the other on a connection that stays. Bounds what a reply may cost in bytes and time,
// follows redirects itself so that no key goes to another host, and says what went wrong without the URL.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/error.hpp"
#include "config/ingest.hpp"
#include "sources/http_message.hpp"
#include "sources/retry.hpp"

namespace throng::sources {

class http_fetcher {
public:
  /// @param stopping asked while a reply is under way, some times a second: true gives it up
  static expected<std::unique_ptr<http_fetcher>> make(config::ingest_limits limits, std::string ca_file,
                                                      std::function<bool()> stopping);
  ~http_fetcher();

  http_answer get(const http_request& what);

private:
  struct implementation;
  explicit http_fetcher(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::sources
