// A sink that is a server: rows go there in batches, as lines of JSON or as Elasticsearch's bulk requests. Decides what a request holds, what its answer says of
// each row, and what is asked again; who asks, over which network, is its caller's affair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/sink_rows.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"

namespace throng::sinks {

struct http_answer {
  int status = 0;
  std::string body; ///< of a bulk request; else of no interest
};

class http_sink {
public:
  struct bounds {
    std::size_t rows = 1'000; ///< a request
    std::size_t bytes = std::size_t{5} << 20U;
  };
  /// One POST. Its error says what went wrong on the way, without what may be a secret.
  using poster = std::function<expected<http_answer>(const std::string& body)>;
  /// A row that the server will never take, and why: to the dead letters. When it returns without error it is there.
  using refuser = std::function<expected<void>(const analytics::sink_rows& of, const analytics::sink_row& row,
                                               const std::string& why)>;

  http_sink(config::sink what, poster post, refuser refuse, bounds most);
  http_sink(config::sink what, poster post, refuser refuse);

  /// All rows are taken or refused. After a retryable error the same rows are to be put again: those that were taken are not sent again.
  expected<void> put(const analytics::sink_rows& rows);
  /// Another claim of the partition: what was under way is forgotten.
  void forget(const std::string& topic, std::int32_t partition);

private:
  /// Places of rows in their order.
  using places = std::vector<std::size_t>;
  struct under_way {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::size_t count = 0;
    std::uint64_t generation = 0;
    places left;
  };

  std::string body_of(const analytics::sink_rows& rows, const places& which) const;
  /// How many of these go into one request.
  std::size_t fitting(const analytics::sink_rows& rows, const places& left) const;
  /// One request, or two halves of what the server finds too large. Those that are to be sent again are added to `again`.
  expected<void> send(const analytics::sink_rows& rows, const places& which, places& again);
  expected<void> read_bulk(const analytics::sink_rows& rows, const places& which, const std::string& body,
                           places& again);

  config::sink what_;
  poster post_;
  refuser refuse_;
  bounds most_;
  std::mutex mutex_; ///< guards the map; a partition's element is its caller's
  std::map<std::pair<std::string, std::int32_t>, under_way> under_way_;
};

/// What names a row where a repeat is to replace it: TOPIC-PARTITION-OFFSET, or a result's own id.
std::string row_id(const analytics::sink_rows& rows, const analytics::sink_row& row, config::sink_content of);

} // namespace throng::sinks
