// Web clients for tests, and what the lines of their log tell.
#pragma once

#include "simulation/web_client.hpp"

#include <cmath>
#include <optional>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "life.hpp"
#include "simulation/site_queue.hpp"

namespace throng::simulation::testing {

using namespace std::chrono_literals;

inline config::web_client_population eager(double sessions_per_day = 48) {
  config::web_client_population population;
  population.sessions_per_day = sessions_per_day;
  population.items = 300;
  return population;
}

inline const std::vector<std::string> kinds(web_client::incident_kinds.begin(), web_client::incident_kinds.end());

inline const session_chain chain{{}};

/// What a line of the access log tells of the visitor's doing; read from method and path alone.
inline std::optional<action> action_of(const event& line) {
  const auto path = text(line, "path");
  const bool post = text(line, "method") == "POST";
  if (path == "/")
    return post ? std::nullopt : std::optional{action::home};
  if (path == "/login" || path == "/cart" || path == "/checkout")
    return !post              ? std::nullopt
           : path == "/login" ? std::optional{action::login}
           : path == "/cart"  ? std::optional{action::cart}
                              : std::optional{action::buy};
  if (path.rfind("/category/", 0) == 0)
    return action::browse;
  if (path.rfind("/search?q=", 0) == 0)
    return action::search;
  if (path.rfind("/items/item-", 0) != 0)
    return std::nullopt;
  const auto rest = path.find('/', 7);
  if (rest == std::string::npos)
    return action::view;
  return path.substr(rest) == "/ratings" ? action::rate : action::click;
}

inline std::string item_of(const event& line) {
  const auto path = text(line, "path");
  return path.substr(7, path.find('/', 7) - 7);
}

/// Lines of one client apart by session, in order.
inline std::vector<std::vector<event>> sessions(const std::vector<event>& lines) {
  std::vector<std::vector<event>> found;
  for (const auto& line : lines) {
    if (found.empty() || text(found.back().back(), "session_id") != text(line, "session_id"))
      found.emplace_back();
    found.back().push_back(line);
  }
  return found;
}

inline std::int64_t status(const event& line) {
  return line.at("status").as_int64();
}

} // namespace throng::simulation::testing
