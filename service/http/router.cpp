#include "service/http/router.hpp"

#include <algorithm>
#include <exception>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "service/http/problem.hpp"

namespace throng::service::http {

namespace {

bool is_capture(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<std::map<std::string, std::string>> match(const std::vector<std::string>& pattern,
                                                        const std::vector<std::string>& path) {
  if (pattern.size() != path.size())
    return std::nullopt;
  std::map<std::string, std::string> captured;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_capture(pattern[i]))
      captured[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    else if (pattern[i] != path[i])
      return std::nullopt;
  }
  return captured;
}

} // namespace

void router::add(const std::string& method, const std::string& pattern, handler does) {
  route made{method, pattern, {}, std::move(does)};
  for (std::size_t at = 0; at < pattern.size();) {
    auto end = std::min(pattern.find('/', at + 1), pattern.size());
    if (end > at + 1)
      made.segments.push_back(pattern.substr(at + 1, end - at - 1));
    at = end;
  }
  routes_.push_back(std::move(made));
}

response router::answer(request asked) const {
  const auto began = std::chrono::steady_clock::now();
  std::string pattern;
  auto made = answer(asked, pattern);
  if (observer_)
    observer_(asked.method, pattern, made.status, std::chrono::steady_clock::now() - began);
  return made;
}

response router::answer(request& asked, std::string& pattern) const {
  const auto method = asked.method == "HEAD" ? std::string{"GET"} : asked.method;
  std::vector<std::string> methods;
  for (const auto& each : routes_) {
    auto captured = match(each.segments, asked.path);
    if (!captured)
      continue;
    if (each.method != method) {
      methods.push_back(each.method);
      continue;
    }
    asked.captured = std::move(*captured);
    pattern = each.pattern;
    try {
      return each.does(asked);
    } catch (const std::exception& e) {
      spdlog::error("{} {} failed: {}", each.method, each.pattern, e.what());
      return problem(500, "an internal error; the program's log has more");
    }
  }
  const auto shown = fmt::format("/{}", fmt::join(asked.path, "/")).substr(0, 200);
  if (methods.empty())
    return problem(404, fmt::format("there is no {}; /openapi.json has what there is", shown));
  auto refused =
      problem(405, fmt::format("{} does not take {}, but {}", shown, asked.method, fmt::join(methods, ", ")));
  refused.headers.emplace_back("Allow", fmt::format("{}", fmt::join(methods, ", ")));
  return refused;
}

std::vector<std::pair<std::string, std::string>> router::routes() const {
  std::vector<std::pair<std::string, std::string>> all;
  all.reserve(routes_.size());
  for (const auto& each : routes_)
    all.emplace_back(each.method, each.pattern);
  return all;
}

} // namespace throng::service::http
