#include "transport/flow_budget.hpp"

#include <algorithm>
#include <utility>

namespace throng::transport {

flow_budget::flow_budget(std::size_t bytes_a_partition, room_callback on_room)
    : limit_{bytes_a_partition}
    , on_room_{std::move(on_room)} {}

bool flow_budget::try_take(const topic_partition& of, std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  auto& account = accounts_[of];
  if (account.in_flight > 0 && (account.in_flight >= limit_ || bytes > limit_ - account.in_flight)) {
    account.wanted = true;
    return false;
  }
  account.in_flight += bytes;
  return true;
}

void flow_budget::release(const topic_partition& of, std::size_t bytes) {
  bool tell = false;
  {
    const std::lock_guard lock{mutex_};
    auto& account = accounts_[of];
    account.in_flight -= std::min(bytes, account.in_flight);
    // At half the budget, so that a waiting publisher is not woken for every message.
    tell = account.wanted && account.in_flight <= limit_ / 2;
    if (tell)
      account.wanted = false;
  }
  if (tell && on_room_)
    on_room_(of);
}

std::size_t flow_budget::in_flight(const topic_partition& of) const {
  const std::lock_guard lock{mutex_};
  const auto found = accounts_.find(of);
  return found == accounts_.end() ? 0 : found->second.in_flight;
}

} // namespace throng::transport
