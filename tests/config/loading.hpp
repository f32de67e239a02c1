// What the tests of scenarios and pipelines share: problems as lines of text.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>

#include "config/load.hpp"

namespace throng::config {

template <class T>
std::vector<std::string> lines(const checked<T>& result) {
  std::vector<std::string> text;
  if (!result)
    for (const auto& one : result.error())
      text.push_back(to_string(one));
  return text;
}

/// Whether these are the problems, in this order; each is given by how its line begins.
template <class T>
bool has_problems(const checked<T>& result, const std::vector<std::string>& beginnings) {
  auto text = lines(result);
  bool same = text.size() == beginnings.size() &&
              std::equal(text.begin(), text.end(), beginnings.begin(),
                         [](const auto& line, const auto& beginning) { return line.rfind(beginning, 0) == 0; });
  if (!same)
    for (const auto& line : text)
      CAF_MESSAGE("found: " << line);
  return same;
}

} // namespace throng::config
