// Rows on their way to a server that takes them in batches: what a batch holds, what is sent again, and which row it is that a server does not take.
// What a batch looks like, and who sends it, is its caller's affair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analytics/sink_rows.hpp"
#include "config/error.hpp"

namespace throng::sinks {

/// Places of rows in their order.
using row_places = std::vector<std::size_t>;

/// What a server said of a batch that it has looked at. Rows that are in none of these it has taken.
struct batch_answer {
  /// Why it has taken none of them, because of what is in it or because there is too much of it.
  std::optional<std::string> refused;
  row_places again;                                          ///< to be sent once more: it was busy
  std::vector<std::pair<std::size_t, std::string>> refusals; ///< never to be taken, and why
};

class row_batches {
public:
  struct bounds {
    std::size_t rows = 1'000; ///< a batch
    std::size_t bytes = std::size_t{5} << 20U;
  };
  /// One batch. An error: nothing is known of any of its rows.
  using sender = std::function<expected<batch_answer>(const analytics::sink_rows& of, const row_places& which)>;
  /// A row that the server will never take, and why: to the dead letters. When it returns without error it is there.
  using refuser = std::function<expected<void>(const analytics::sink_rows& of, const analytics::sink_row& row,
                                               const std::string& why)>;

  row_batches(sender send, refuser refuse, bounds most)
      : send_(std::move(send))
      , refuse_(std::move(refuse))
      , most_(most) {}

  /// All rows are taken or refused. After a retryable error the same rows are to be put again: those that were taken are not sent again.
  expected<void> put(const analytics::sink_rows& rows);
  /// Another claim of the partition: what was under way is forgotten.
  void forget(const std::string& topic, std::int32_t partition);

private:
  struct under_way {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::size_t count = 0;
    std::uint64_t generation = 0;
    row_places left;
  };

  /// How many of these go into one batch.
  std::size_t fitting(const analytics::sink_rows& rows, const row_places& left) const;
  /// One batch, or two halves of what the server refuses. Those that are to be sent again are added to `again`.
  expected<void> send(const analytics::sink_rows& rows, const row_places& which, row_places& again);

  sender send_;
  refuser refuse_;
  bounds most_;
  std::mutex mutex_; ///< guards the map; a partition's element is its caller's
  std::map<std::pair<std::string, std::int32_t>, under_way> under_way_;
};

} // namespace throng::sinks
