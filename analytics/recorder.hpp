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
/// `books` (their shapes: results.hpp). A duplicate counts again; a message that is no JSON object with a whole `seq` of 0 or more is
/// `malformed` in its key's book. Messages without a Kafka key, or with one that is not UTF-8, are in no book. An entity's latest message is the one with the greatest
/// offset that is a JSON object.
///
/// Labels and events are handed on at once; entities and books by before_checkpoint() and emit_open(), those whose key has changed.
/// watermark() is the highest time seen: of the field `timestamp`, or else Kafka's.
std::unique_ptr<partition_task> make_recorder(recorder_options options, std::string topic, std::int32_t partition);

/// xxh64 of a seq as 8 little-endian bytes with seed 0: what books add up.
std::uint64_t seq_hash(std::uint64_t seq) noexcept;

} // namespace throng::analytics
