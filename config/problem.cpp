#include "config/problem.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace throng::config {

namespace {

/// Edit distance with swaps of neighbours (optimal string alignment), over bytes.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

} // namespace

std::string to_string(const problem& what) {
  auto result = what.file;
  if (what.line > 0)
    result += fmt::format(":{}:{}", what.line, what.column);
  if (!what.path.empty())
    result += ": " + what.path;
  return result + ": " + what.sentence;
}

std::string nearest_name(const std::string& given, const std::vector<std::string>& known) {
  // Longer text was not meant as a name, and the distance takes time in its square.
  if (given.empty() || given.size() > 64)
    return {};
  // A third of the letters may be wrong: enough for a typing error, too little to turn one word into another.
  auto nearest = std::max<std::size_t>(1, given.size() / 3) + 1;
  const std::string* result = nullptr;
  for (const auto& name : known) {
    auto distance = edit_distance(given, name);
    if (distance < nearest) {
      nearest = distance;
      result = &name;
    }
  }
  return result ? *result : std::string{};
}

} // namespace throng::config
