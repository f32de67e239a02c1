// A sink that is a server of HTTP: rows go there in batches, as lines of JSON or as Elasticsearch's bulk requests. Decides what a request holds and what its answer
// says of each row; who asks, over which network, is its caller's affair.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "analytics/sink_rows.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "sinks/row_batches.hpp"

namespace throng::sinks {

struct http_answer {
  int status = 0;
  std::string body; ///< of a bulk request; else of no interest
};

class http_sink {
public:
  using bounds = row_batches::bounds; ///< of a request
  /// One POST. Its error says what went wrong on the way, without what may be a secret.
  using poster = std::function<expected<http_answer>(const std::string& body)>;
  using refuser = row_batches::refuser;

  http_sink(config::sink what, poster post, refuser refuse, bounds most);
  http_sink(config::sink what, poster post, refuser refuse);

  /// As row_batches has it.
  expected<void> put(const analytics::sink_rows& rows) {
    return batches_.put(rows);
  }
  void forget(const std::string& topic, std::int32_t partition) {
    batches_.forget(topic, partition);
  }

private:
  std::string body_of(const analytics::sink_rows& rows, const row_places& which) const;
  expected<batch_answer> send(const analytics::sink_rows& rows, const row_places& which);

  config::sink what_;
  poster post_;
  row_batches batches_;
};

/// What names a row where a repeat is to replace it: TOPIC-PARTITION-OFFSET, or a result's own id.
std::string row_id(const analytics::sink_rows& rows, const analytics::sink_row& row, config::sink_content of);

} // namespace throng::sinks
