// `throng query --follow`: the same question again and again, and of its answers what is new or has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <boost/json/object.hpp>

#include "query/query.hpp"
#include "storage/recent_writes.hpp"

namespace throng::service {

class follower {
public:
  /// @param what without sort, cursor and limit: results come in the order of their times
  follower(storage::result_store& store, query::request what);

  /// What is new or has changed since the call before; at the first call all that is there. What has gone is not told.
  ///
  /// Asks from the earliest result on that was written since, and what people do to alerts is seen for ten minutes behind the newest.
  /// Remembers the last million results that it told; one older than those is told again where one beside it has changed.
  expected<std::vector<boost::json::object>> news();

private:
  using contents =
      std::unordered_map<std::uint64_t, std::uint64_t>; ///< hash of an identity to that of the content; only looked up

  bool is_known(std::uint64_t identity, std::uint64_t content);

  storage::result_store& store_;
  query::request what_;
  std::optional<storage::recent_writes> writes_; ///< none where results are of no collection: always asked for in full
  std::optional<timestamp> newest_;
  contents known_;
  contents known_before_; ///< what `known_` was when it was full
};

} // namespace throng::service
