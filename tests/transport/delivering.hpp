// Messages of the tests, handed over as the producer takes them and waited for.
#pragma once

#include <chrono>
#include <memory>
#include <span>

#include "transport/producer.hpp"

namespace throng::transport::testing {

/// False: not all have been delivered within 20 s, or the partition has failed.
inline bool deliver(producer& into, const topic_partition& to, std::span<const outgoing> messages,
                    const std::shared_ptr<const void>& owner) {
  while (!messages.empty()) {
    messages = messages.subspan(into.produce(to, messages, owner));
    if (!into.flush(std::chrono::seconds{20}) || into.progress(to).failed)
      return false;
  }
  return true;
}

} // namespace throng::transport::testing
