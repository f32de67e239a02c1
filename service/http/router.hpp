// Which handler answers which path. Knows nothing of sockets.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "service/http/message.hpp"

namespace throng::service::http {

/// Called from any of the server's handler threads, several at a time; may block for as long as a store takes.
using handler = std::function<response(const request&)>;

class router {
public:
  /// @param pattern segments, of which `{name}` takes any one: `/api/entities/{id}`
  void add(const std::string& method, const std::string& pattern, handler does);

  /// HEAD is answered as GET; the caller leaves the body out. A path that is not there is 404, a method that it does not
  /// take 405. What a handler throws becomes a 500 without its text.
  response answer(request asked) const;

  /// Called after every answer, on its handler thread.
  /// @param sees the method, the route's pattern (empty where none matched) and the answer's status
  using observer = std::function<void(const std::string& method, const std::string& pattern, unsigned status,
                                      std::chrono::nanoseconds took)>;
  void observe(observer sees) {
    observer_ = std::move(sees);
  }

  /// (method, pattern) of every route, in the order they were added.
  std::vector<std::pair<std::string, std::string>> routes() const;

private:
  struct route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    handler does;
  };
  response answer(request& asked, std::string& pattern) const;

  std::vector<route> routes_;
  observer observer_;
};

} // namespace throng::service::http
