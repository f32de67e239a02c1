// What a consumer holds of one partition between source and processor: batches that wait for credit, and, where the
// source can't seek back, those that a restarted processor would have to be fed again. Pure; who calls the source and sends
// is the consumer's affair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "config/error.hpp"
#include "transport/message.hpp"

namespace throng::actors {

/// Kept for feeding a restarted processor where the source can't seek back, a partition (semantics.md 7).
inline constexpr std::size_t replay_bytes = std::size_t{64} << 20U;

struct feed_limits {
  /// Bytes that may wait for credit before the source is paused. Pausing throws a client's prefetched messages away, so
  /// that a short hold-up must not pause at once.
  std::size_t waiting_bytes = std::size_t{4} << 20U;
  /// Bytes kept for feeding again (semantics.md 7); 0: the source seeks back, nothing is kept.
  std::size_t replay_bytes = 0;
};

class partition_feed {
public:
  explicit partition_feed(feed_limits limits);

  /// From the source, in the order of offsets.
  void append(transport::batch_ptr batch);
  /// The partition's end is at `offset`, behind all that was appended.
  void reached_end(std::int64_t offset);

  /// The next batch to hand over, while there is credit.
  std::optional<transport::batch_ptr> next();
  /// An end to tell, once, when all before it is handed over.
  std::optional<std::int64_t> next_end();

  void grant(std::uint32_t batches);
  /// Takes note that all before `next_offset` is taken in. @return bytes that were not taken in before, by any life
  std::size_t taken_in(std::int64_t next_offset);

  /// A processor starts anew at `offset`. True: it is fed from here; false: the source must be started there.
  /// exhausted: what it needs is not kept any more.
  expected<bool> restart(std::int64_t offset, std::uint32_t credit);
  /// Nobody will ask again for what is before `oldest`.
  void trim(std::int64_t oldest);

  /// Whether the source should rest. Turns true at a limit and false again well below it.
  bool wants_pause();
  /// Half of what may be kept is kept: a checkpoint would let it go. True once until the next trim().
  bool wants_checkpoint();

private:
  void drop_front();

  feed_limits limits_;
  std::deque<transport::batch_ptr> batches_;
  std::size_t handed_over_ = 0; ///< of batches_, from the front; 0 where nothing is kept
  std::size_t bytes_ = 0;       ///< of batches_
  std::size_t waiting_ = 0;     ///< bytes not handed over
  std::uint32_t credit_ = 0;
  std::int64_t trimmed_to_ = 0;
  bool started_ = false;
  bool pausing_ = false;
  bool checkpoint_asked_ = false;
  int asked_in_vain_ = 0;
  std::optional<std::int64_t> end_;                          ///< not told yet
  std::optional<std::int64_t> last_end_;                     ///< to be told again to a later life
  std::deque<std::pair<std::int64_t, std::size_t>> untaken_; ///< (next offset, bytes) not taken in by any life
  std::int64_t noted_to_ = 0;                                ///< bytes before are in untaken_ or taken in
  std::int64_t taken_to_ = 0;                                ///< bytes before are taken in
};

} // namespace throng::actors
