#include "analytics/alert.hpp"

#include <fmt/format.h>

#include "analytics/json_text.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

std::string entity_text(const boost::json::value& x) {
  if (x.is_string())
    return std::string{x.get_string()};
  std::string text;
  append_json_text(text, x);
  return text;
}

rekeyed_origin place_of(const task_identity& who, std::int64_t offset, const rekeyed_origin* from) {
  return from != nullptr ? *from : rekeyed_origin{who.topic, who.partition, offset, 0, {}};
}

std::string alert_id(const task_identity& who, const alert& what) {
  auto from = place_of(who, what.offset, what.from);
  // Which message of an internal topic let the watermark go on depends on how its sources interleave.
  auto offset = who.rekeyed && what.from == nullptr ? std::string{} : std::to_string(from.offset);
  if (what.over)
    return document_id({who.pipeline, what.detector, what.entity, what.over->name, std::to_string(what.over->start),
                        who.topic, std::to_string(who.partition), offset, "0"});
  return document_id({who.pipeline, what.detector, what.entity, std::to_string(what.time.ms), from.topic,
                      std::to_string(from.partition), offset, std::to_string(from.index)});
}

void raise(const task_identity& who, alert&& what, effects& out) {
  document made;
  made.into = collection::alerts;
  made.id = alert_id(who, what);
  made.offset = what.offset;
  auto& body = made.body;
  body["id"] = made.id;
  body["pipeline"] = who.pipeline;
  body["detector"] = what.detector;
  body["entity"] = what.entity;
  body["time"] = what.time.ms;
  body["severity"] = to_string(what.severity);
  body["score"] = number_json(what.score);
  body["reason"] = what.reason;
  body["evidence"] = std::move(what.evidence);
  auto from = place_of(who, what.offset, what.from);
  body["source"] = {{"topic", from.topic}, {"partition", from.partition}, {"offset", from.offset}};

  side_message sent;
  sent.topic = "analytics.alerts";
  sent.key = what.entity;
  sent.time = what.time;
  sent.offset = what.offset;
  auto shown = body;
  shown["time"] = to_iso8601(what.time);
  append_json_text(sent.value, shown);
  sent.headers.emplace_back("id", made.id);
  sent.headers.emplace_back("pipeline", who.pipeline);

  body["partition"] = who.partition;
  out.documents.push_back(std::move(made));
  out.messages.push_back(std::move(sent));
}

side_message dead_letter_of(const task_identity& who, const raw_message& message, timestamp time,
                            std::string_view reason, std::string_view detail) {
  side_message sent;
  sent.topic = "analytics.dead_letter";
  sent.key = message.key.value_or(std::string_view{});
  sent.value = message.value.value_or(std::string_view{});
  sent.time = time;
  sent.headers =
      passed_on_headers(who.pipeline, place_of(who, message.offset, message.from), sent.topic, reason, detail);
  return sent;
}

std::vector<std::pair<std::string, std::string>> place_headers(const std::string& pipeline, const rekeyed_origin& at,
                                                               std::string_view topic) {
  auto partition = std::to_string(at.partition);
  auto offset = std::to_string(at.offset);
  return {{"id", document_id({pipeline, topic, at.topic, partition, offset, std::to_string(at.index)})},
          {"pipeline", pipeline},
          {"source_topic", std::string{at.topic}},
          {"source_partition", partition},
          {"source_offset", offset}};
}

std::vector<std::pair<std::string, std::string>> passed_on_headers(const std::string& pipeline,
                                                                   const rekeyed_origin& at, std::string_view topic,
                                                                   std::string_view reason, std::string_view detail) {
  auto headers = place_headers(pipeline, at, topic);
  headers.emplace_back("reason", reason);
  headers.emplace_back("detail", detail);
  return headers;
}

} // namespace throng::analytics
