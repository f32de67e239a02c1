// A request and a response as handlers see them: plain values, so that routes can be tested without a socket. The
// bytes on the wire are connection.cpp's.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace throng::service::http {

class event_reader;

using text_pairs = std::vector<std::pair<std::string, std::string>>;

struct request {
  std::string method; ///< as in `GET`
  /// The path's segments, decoded. None is empty, `.` or `..`, or holds a control character; one may hold a `/`.
  std::vector<std::string> path;
  text_pairs query;   ///< decoded, in the order of the request
  text_pairs headers; ///< names in lower case
  std::string body;
  std::map<std::string, std::string> captured; ///< what the route's `{name}`s stand for; the router fills it in

  /// Whether it is a method that may change something.
  bool changes() const {
    return method != "GET" && method != "HEAD";
  }
  /// The first header of that name (lower case), or empty.
  std::string_view header(std::string_view name) const {
    auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
  }
};

struct response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  text_pairs headers; ///< besides those that every response has
  /// Set: a stream of server-sent events follows in place of the body, until either side closes.
  std::shared_ptr<event_reader> events;
};

} // namespace throng::service::http
