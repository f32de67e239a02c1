// A question as people put it, on the command line or in a URL alike: texts under the options' names. Becomes a request
// to query/.
#pragma once

#include <string>
#include <vector>

#include "config/error.hpp"
#include "query/query.hpp"

namespace throng::service {

struct query_options {
  std::string subject;
  std::string store;
  query::request request;
  std::vector<std::string> group;
  std::string from, to, where, rollup, gap, format = "table", zone;
  bool count = false;
  bool follow = false;
};

/// invalid: a text that can't be; the sentence names the option.
expected<query::request> resolve(const query_options& options);

} // namespace throng::service
