// Names that must differ among their kind: features, windows, sinks.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config/fields.hpp"

namespace throng::config {

/// Reports a name that stood before among its kind.
class unique_names {
public:
  explicit unique_names(std::string_view what)
      : what_(what) {}

  void add(const fields& of, const std::string& name) {
    if (!name.empty() && !seen_.insert(name).second)
      of.report("name",
                fmt::format("{} is the name of another {} already; each needs its own", of.shown("name"), what_));
  }

private:
  std::string_view what_;
  std::set<std::string> seen_;
};

} // namespace throng::config
