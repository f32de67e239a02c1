// `throng query --follow`: the same question again and again, and of its answers what is new or has changed.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "query/query.hpp"

namespace throng::service {

class follower {
public:
  /// @param what without sort, cursor and limit: results come in the order of their times
  follower(storage::result_store& store, query::request what);

  /// What is new or has changed since the call before; at the first call all that is there.
  ///
  /// Later calls look back from the newest result by ten minutes or by twice the longest window, whichever is more: what changes behind that
  /// goes unseen. Where none of them is left (a run that began anew in the same store), all that is there is new again.
  expected<std::vector<boost::json::object>> news();

private:
  storage::result_store& store_;
  query::request what_;
  std::optional<timestamp> newest_;
  std::int64_t look_back_ms_ = 600'000;
  std::map<std::string, std::pair<timestamp, std::size_t>> known_; ///< by identity: time, and hash of the content
};

} // namespace throng::service
