// What is wrong with a file of configuration, and where. All problems are collected before anything is said.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace throng::config {

/// One thing wrong. Line and column count from 1; 0 where the value came from no file (`--set`, environment).
struct problem {
  std::string file; ///< or the name of a preset, `--set`, or an environment variable
  int line = 0;
  int column = 0;
  std::string path;     ///< JSON path, as in `populations.sensors.count` or `windows[0].tumbling`
  std::string sentence; ///< the value, what is allowed, and the nearest known name where there is one
};

using problems = std::vector<problem>;

template <class T>
using checked = tl::expected<T, problems>;

/// `FILE:LINE:COLUMN: JSON.path: sentence`; without line and column where they are 0.
std::string to_string(const problem& what);

/// The known name nearest to `given` by edit distance, if near enough to be what was meant; else empty.
std::string nearest_name(const std::string& given, const std::vector<std::string>& known);

} // namespace throng::config
