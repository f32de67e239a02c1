// Keeps the books of a topic (semantics.md 8), each entity's latest message, the labels, and raw events where asked.
// One a (group, topic, partition), beside the pipelines and independent of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "analytics/partition_task.hpp"

namespace throng::analytics {

struct recorder_options {
  std::string group = "throng";
  bool keep_events = false; ///< `events`: a raw copy of each message
  bool keep_entities = true;
};

/// Reads `seq` and the Kafka key. `truth.labels` goes into `labels`, by `label_id`; every other topic into `entities` and
/// `books`, the books of a key being count, first, last and sum of xxh64(seq), with messages without a readable seq in `malformed`.
std::unique_ptr<partition_task> make_recorder(recorder_options options, std::string topic, std::int32_t partition);

/// xxh64 of a seq as 8 little-endian bytes with seed 0: what books add up.
std::uint64_t seq_hash(std::uint64_t seq) noexcept;

} // namespace throng::analytics
