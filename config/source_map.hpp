// Where each JSON path of a document stands: in its file, or in what lies over the file. Leaves finding problems to others.
#pragma once

#include <map>
#include <string>

#include "config/problem.hpp"

namespace throng::config {

/// Where each JSON path of a document stands, so that later checks can name a place.
class source_map {
public:
  struct position {
    int line = 0;
    int column = 0;
  };
  std::string file;
  /// Of values, by path.
  std::map<std::string, position> positions;
  /// Of the keys of objects' members, by path.
  std::map<std::string, position> key_positions;
  /// Which overlay a value came from (`--set` or the name of an environment variable), by path.
  std::map<std::string, std::string> overlays;

  /// A problem at `path`, or at its nearest ancestor that is in the file.
  problem at(const std::string& path, std::string sentence) const;
  /// The same at the member's key: for one that should not be there.
  problem at_key(const std::string& path, std::string sentence) const;

  /// From now on the value at `path` and all in it come from `overlay`.
  void lay_over(const std::string& path, const std::string& overlay);
};

/// The path of what contains `path`: of `windows[0].tumbling` it is `windows[0]`, then `windows`, then empty.
std::string parent_path(const std::string& path);

/// `parent.key`, or `key` where the parent is the root.
std::string member_path(const std::string& parent, const std::string& key);

/// `parent[index]`.
std::string element_path(const std::string& parent, std::size_t index);

} // namespace throng::config
