// Where in S3 files are: `s3://BUCKET/PREFIX?endpoint_override=HOST:PORT&scheme=http&region=R`, as Apache Arrow, pandas and DuckDB's readers of it
// take it. Who asks is no part of it: that comes from the environment.
#pragma once

#include <string>
#include <string_view>

#include "config/error.hpp"

namespace throng::config {

struct s3_address {
  std::string bucket;
  std::string prefix;   ///< without / at its ends; empty: the bucket itself
  std::string endpoint; ///< HOST:PORT; empty: Amazon's
  std::string region;   ///< empty: of the environment
  bool tls = true;
};

inline bool is_s3(std::string_view to) {
  return to.starts_with("s3://");
}

/// invalid: the sentence says what is allowed, and shows nothing that may be a secret. @pre is_s3(to)
expected<s3_address> parse_s3(std::string_view to);

} // namespace throng::config
