// Stream trouble: what befalls a message between the device and Kafka. Which message is hit is a function of (seed, topic,
// entity, seq), so it is the same however the world is cut into steps and shards.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/scenario.hpp"
#include "config/time.hpp"

namespace throng::simulation {

enum class trouble_kind : std::uint8_t { none, late, duplicate, out_of_order, malformed, missing_field };

/// `trouble.late` and so on, as truth.labels names the cause. @pre not none
std::string_view cause_of(trouble_kind kind);

/// One message meets one trouble at most. Where the shares add up to more than 1 they are scaled down to it.
class trouble_odds {
public:
  explicit trouble_odds(const config::trouble& shares);

  bool any() const noexcept {
    return any_;
  }
  /// @param bits a draw of the message's own
  trouble_kind of(std::uint64_t bits) const noexcept;

private:
  std::array<double, 5> up_to_{}; ///< sums of shares, in the order of trouble_kind from late on
  bool any_ = false;
};

/// How long after its time a message is emitted, or its second copy: late 1 to 10 minutes, out of order 0.5 to 3 s, duplicate
/// 10 ms to 2 s, evenly. Zero for the other kinds.
milliseconds delay_of(trouble_kind kind, std::uint64_t bits) noexcept;

} // namespace throng::simulation
