// One message of a topic, by its offset.
#pragma once

#include <cstdint>
#include <optional>

#include "transport/kafka_reader.hpp"

namespace throng::transport {

/// The message at this offset; none if the topic does not hold it (any more). Waits at most kafka_reader::answer_limit.
/// @param with reads nothing else meanwhile, and nothing of this partition afterwards
/// @return error_kind::timed_out, or what the broker refuses
expected<std::optional<batch_ptr>> read_single(kafka_reader& with, const topic_partition& which, std::int64_t offset);

} // namespace throng::transport
