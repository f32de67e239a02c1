// A mute as people put it, on the command line or over HTTP alike: texts under the same names.
#pragma once

#include <string>

#include "config/error.hpp"
#include "query/mutes.hpp"

namespace throng::service {

struct mute_options {
  query::mute_scope of;
  std::string from = "now";
  std::string until;
  std::string by;
  std::string note;
};

/// Times against the wall clock. invalid: one that can't be, or no end.
expected<query::mute> resolve(const mute_options& options);

struct mute_end_options {
  std::string id;
  std::string until = "now";
  std::string by;
  std::string note;
};

expected<query::mute_end> resolve(const mute_end_options& options);

} // namespace throng::service
