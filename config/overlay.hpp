// What lies over a file: `${NAME}` in its texts, `THRONG_A__B` of the environment, `--set PATH=VALUE`. Leaves to others
// whether the result is right.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/document.hpp"

namespace throng::config {

/// Lays `THRONG_A__B=VALUE` over `a.b` where `a` is among `heads`; other variables that begin with THRONG_ are not for us.
void overlay_environment(document& on, const std::map<std::string, std::string>& environment,
                         const std::vector<std::string>& heads);

/// Lays each VALUE (JSON, or else a text) over its PATH; objects that are missing are made.
void overlay_set(document& on, const std::string& path, const std::string& value);

/// Replaces `${NAME}` and `${NAME:-default}` in every text that is from the file, and `$${` by `${`. A name that is not
/// set and has no default is a problem. Comes last, so that a text that something lies over needs no variable.
void substitute_environment(document& in, const std::map<std::string, std::string>& environment);

/// The first segment of a path of `--set`: a key, or empty where it begins with an index.
std::string head_of(const std::string& path);

} // namespace throng::config
