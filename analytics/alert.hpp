// An alert as it is stored and as it is sent: its id, its document, its message. Leaves to detectors and rules when there is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "analytics/partition_task.hpp"
#include "analytics/results.hpp"
#include "config/pipeline.hpp"
#include "config/time.hpp"

namespace throng::analytics {

/// Whose results these are, and of which partition.
struct task_identity {
  std::string pipeline;
  std::string topic;
  std::int32_t partition = 0;
  bool rekeyed = false; ///< the topic is internal: its offsets are another run's in another order
};

struct alert {
  std::string_view detector; ///< or the rule's name
  std::string_view entity;
  timestamp time;
  config::severity severity = config::severity::warning;
  double score = 1;
  std::string reason;
  boost::json::object evidence;
  std::int64_t offset = 0; ///< of the message that raised it
  struct window {
    std::string_view name; ///< with the group where that is needed
    std::int64_t start = 0;
  };
  std::optional<window> over;           ///< what a rule over windows saw
  const rekeyed_origin* from = nullptr; ///< where that stood before it was re-keyed
};

/// What a group calls the pipeline's key, as the key of messages: text as it is, all else as JSON.
std::string entity_text(const boost::json::value& x);

/// Where a message stood: before it was re-keyed, if it was.
rekeyed_origin place_of(const task_identity& who, std::int64_t offset, const rekeyed_origin* from);

/// Its id by semantics.md 6: xxh128 of (pipeline, detector or rule, entity, window and its start or else the time, topic, partition, offset, index). The index tells apart
/// what a re-keyed message was made of; here it is 0.
std::string alert_id(const task_identity& who, const alert& what);

/// The document for `alerts` and the message for analytics.alerts (key: the entity; header: `id`).
void raise(const task_identity& who, alert&& what, effects& out);

/// The message for analytics.dead_letter. @param time event time as far as it is known
side_message dead_letter_of(const task_identity& who, const raw_message& message, timestamp time,
                            std::string_view reason, std::string_view detail);

/// The headers of what is sent to a topic because of one message: `id`, of (pipeline, topic, source topic, partition, offset, index),
/// `pipeline`, and where the message stood.
std::vector<std::pair<std::string, std::string>> place_headers(const std::string& pipeline, const rekeyed_origin& at,
                                                               std::string_view topic);

/// The headers that a message passed on to analytics.late or analytics.dead_letter carries (results.hpp).
std::vector<std::pair<std::string, std::string>> passed_on_headers(const std::string& pipeline,
                                                                   const rekeyed_origin& at, std::string_view topic,
                                                                   std::string_view reason, std::string_view detail);

} // namespace throng::analytics
