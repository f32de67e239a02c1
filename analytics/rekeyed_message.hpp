// What travels from a pipeline's re-keyer to its re-keyed reader on the pipeline's internal topic: an event with the place it
// came from, or news of how far its source partition has come. Bytes, of one version; read by nobody else.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/codec.hpp"
#include "config/time.hpp"

namespace throng::analytics {

/// The topic between the two halves of a pipeline with `rekey`, without the prefix.
std::string internal_topic(std::string_view pipeline);
/// Who the checkpoints of a pipeline's re-keyer over one of its topics belong to.
std::string rekeyer_owner(std::string_view pipeline, std::string_view topic);
inline constexpr std::string_view internal_topic_prefix = "analytics.rekeyed.";

/// A partition that is re-keyed.
struct source_partition {
  std::string topic; ///< without the prefix
  std::int32_t partition = 0;
  friend auto operator<=>(const source_partition&, const source_partition&) = default;
};

/// Where in its partition an event stood. `index` tells apart what one message was made into.
struct source_place {
  std::int64_t offset = -1;
  std::uint32_t index = 0;
  friend auto operator<=>(const source_place&, const source_place&) = default;
};

/// An event as it is re-keyed.
struct rekeyed_event {
  timestamp time;
  std::int64_t timestamp_ms = -1;      ///< Kafka's, of the source
  std::optional<std::string_view> key; ///< Kafka's, of the source
  std::string_view value;              ///< of the source, an object
  std::string_view added; ///< members that the pipeline added, `"a":1,"b":2`; they hide those of the message
};

/// Its texts are borrowed from the bytes read.
struct rekeyed_message {
  std::uint64_t definition = 0; ///< of the pipeline: another's messages are not ours
  std::string_view topic;       ///< of the source
  std::int32_t partition = 0;
  source_place place;  ///< of the event; of a mark, of the last message before it
  timestamp watermark; ///< the source partition's: of an event, as it stood before it
  bool idle = false;   ///< of a mark: nothing has come for the pipeline's `idle`
  bool begins = false; ///< of a mark: a re-keyer goes on from here; what came before was sent by an earlier one

  std::optional<rekeyed_event> carried; ///< none: a mark
};

std::string to_bytes(const rekeyed_message& x);
/// Throws corrupt_state.
rekeyed_message from_bytes(std::string_view bytes);

/// The object with the added members behind its own: of repeated names the last counts.
/// @param object JSON text of an object @param into replaced
void join_members(std::string_view object, std::string_view added, std::string& into);

} // namespace throng::analytics
