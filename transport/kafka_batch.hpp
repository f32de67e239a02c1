// librdkafka's messages copied into a batch.
#pragma once

#include <cstddef>

#include <librdkafka/rdkafka.h>

#include "transport/message.hpp"

namespace throng::transport {

/// Bytes of its key and value.
inline std::size_t size_of(const rd_kafka_message_t& message) {
  return message.len + message.key_len;
}

/// @param messages of this one partition, without errors, in their order
/// @param bytes the sum of their sizes
batch_ptr to_batch(const topic_partition& from, rd_kafka_message_t* const* messages, std::size_t count,
                   std::size_t bytes);

} // namespace throng::transport
