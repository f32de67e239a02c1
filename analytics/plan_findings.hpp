// What is wrong with a pipeline's parts, said while they are compiled: all of it, each by its path from the pipeline's root.
#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include "analytics/expression.hpp"

namespace throng::analytics {

class plan_findings {
public:
  void wrong(std::string path, std::string sentence) {
    found_.push_back({std::move(path), std::move(sentence)});
  }

  /// Whether it was made; else what is wrong with it is kept.
  template <class T>
  bool take(const tl::expected<T, findings>& made) {
    if (!made)
      found_.insert(found_.end(), made.error().begin(), made.error().end());
    return made.has_value();
  }

  /// group_by, aggregate, by and field take top-level or derived names (semantics.md 2).
  bool plain_name(const std::string& name, const std::string& path) {
    if (name.empty()) {
      wrong(path, "a field's name is missing");
      return false;
    }
    if (name.find('.') == std::string::npos)
      return true;
    wrong(path,
          fmt::format(
              "{} is a path; here only top-level names and those that derive adds are taken: derive one from \"${}\"",
              name, name));
    return false;
  }

  findings take_all() {
    return std::move(found_);
  }

private:
  findings found_;
};

} // namespace throng::analytics
