// Bytes of any length between two actors in different processes, as messages of bounded size, and no more of them on their way than
// the other side has room for: CAF's network layer has no bound of its own, and a sender that is not held back grows. A core: knows
// no actors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "config/error.hpp"

namespace throng::actors {

/// What a parcel holds, between a world's leader and a shard on a worker.
enum class parcel_content : std::uint8_t {
  // To the shard.
  step,  ///< simulation::step_input; answered by `made`, or `failed`
  load,  ///< the shard's part of a snapshot; answered by `answer`, or `refused`
  books, ///< where another world's seqs ended, to count on from; answered so too
  save,  ///< asks for its part of a snapshot
  tally, ///< asks for its books
  money, ///< asks for all the money in it, a simulation::ledger
  // From the shard.
  made,    ///< simulation::step_output
  failed,  ///< a sentence: the world can't go on
  answer,  ///< to what was asked
  refused, ///< a sentence: the bytes to load are not this shard's
};

struct parcel {
  parcel_content content = parcel_content::step;
  std::string bytes;
};

/// Carried by one message.
struct parcel_part {
  std::uint8_t content = 0; ///< a parcel_content
  bool last = true;
  std::string bytes;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, parcel_part& x) {
    return f(x.content, x.last, x.bytes);
  }
};

/// Bytes of a part. CAF moved 225 MB/s in strings of 64 KiB; larger ones gain nothing.
inline constexpr std::size_t most_part_bytes = 64U << 10U;
/// Parts on their way that have not been acknowledged.
inline constexpr std::size_t most_parts_under_way = 16;
/// Bytes of a parcel: more is no parcel of ours.
inline constexpr std::size_t most_parcel_bytes = std::size_t{1} << 30U;

/// What waits to be sent, in order.
class parcel_outbox {
public:
  void put(parcel what) {
    waiting_.push_back(std::move(what));
  }
  /// What may be sent now; none: nothing waits, or an acknowledgement has to come first.
  std::optional<parcel_part> next();
  /// The other side has taken a part in.
  void acknowledged() {
    if (under_way_ > 0)
      --under_way_;
  }

private:
  std::deque<parcel> waiting_;
  std::size_t sent_ = 0; ///< bytes of the first
  std::size_t under_way_ = 0;
};

/// Puts parts together, which come in order.
class parcel_inbox {
public:
  /// The parcel whose last part this is. corrupt: parts that don't belong together, exhausted: too many.
  expected<std::optional<parcel>> take(const parcel_part& part);

private:
  std::optional<parcel> open_;
};

} // namespace throng::actors
