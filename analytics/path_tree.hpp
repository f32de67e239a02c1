// The paths that a decoder looks for, as a tree by names, and how a path goes through arrays.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/event.hpp"

namespace throng::analytics {

/// One name of one or more paths.
struct path_node {
  std::string name;
  std::optional<slot> wanted; ///< where the value of the path that ends here goes
  std::vector<std::unique_ptr<path_node>> children;
  /// All paths that go on from here, by what is left of them.
  std::vector<std::pair<std::string, slot>> below;

  /// Adds a dotted path below this node. @pre it was not added before
  void add(std::string_view path, slot to);

  const path_node* child(std::string_view of) const {
    for (const auto& x : children) {
      if (x->name == of)
        return x.get();
    }
    return nullptr;
  }
};

/// What a dotted path finds in a JSON text: the text of its value. Through an array, a number is an index, and a name
/// collects from the array's objects into `made`. None where nothing is found. @pre valid_json(json)
std::optional<std::string_view> find_path(std::string_view json, std::string_view path, std::string& made);

} // namespace throng::analytics
