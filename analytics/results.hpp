// What analysis hands on: documents for the store, messages for other topics, counts. The one header that storage/ shares
// with analytics/.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/sink_rows.hpp"
#include "config/time.hpp"

namespace throng::analytics {

enum class collection : std::uint8_t { windows, alerts, entities, labels, events, books };

std::string_view name(collection which);

/// A document as a pipeline or recorder wants it stored. Its id and content are deterministic: no wall clock, no run.
///
/// `body` holds what users see (commands.md, "Documents"), without `_id`, and with times as int64 milliseconds under the
/// names in `time_fields`; storage turns those into dates. Beyond what users see:
/// - windows: `topic`, `partition`, and in `group_key` the canonical text of `group`;
/// - alerts: `partition` (the topic stands in `source`);
/// - entities: `entity` (the Kafka key), `topic`, `partition`, `time`, `message` (the latest that is a JSON object);
/// - labels: the label's own fields and `partition`; `end` null while it is open; its `topic` is that of the events;
/// - events: `topic`, `partition`, `offset`, `time`, `key`, and `message`, or `raw` where it is no JSON object;
/// - books: `group`, `topic`, `partition`, `key`, `count`, `first`, `last`, `sum` (int64 with the bits of the unsigned
///   sum), `malformed`. `count` is of messages with a readable seq; `first` and `last` are the least and greatest seq,
///   null where there is none.
struct document {
  collection into = collection::windows;
  std::string id; ///< of (pipeline, window, start, group, partition) and so on: xxh128 in hex
  boost::json::object body;
  std::string state;        ///< mergeable state of a window's partial; empty elsewhere
  bool superseded = false;  ///< a tombstone under this id: merged sessions
  std::int64_t offset = -1; ///< of the last message in it
};

/// The top-level fields of a collection's documents that are times.
const std::vector<std::string_view>& time_fields(collection of);

/// The body as commands.md shows it, without what is for the store alone: times as text; no topic, partition and group_key of a window, no partition
/// of an alert.
boost::json::object shown_body(const document& of);

/// xxh128 of the parts, each preceded by its length, in hex.
std::string document_id(std::initializer_list<std::string_view> parts);

/// A message to another topic: analytics.alerts, analytics.late, analytics.dead_letter, or one that a pipeline names with `to`.
/// Headers: `id` (the alert's, the window's, or one made in the same way; these topics are at-least-once, and it tells a repeat),
/// `pipeline`, for what comes of one message `source_topic`, `source_partition` and `source_offset`, and where that is passed on
/// because it can't be used `reason` (one word) and `detail` (a sentence).
struct side_message {
  std::string topic; ///< without the prefix
  std::string key;
  std::string value;
  timestamp time;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::int32_t> partition = {}; ///< none: that of its key
};

/// Where a partition's analysis stands since its checkpoint began; part of the state.
struct task_counters {
  std::uint64_t consumed = 0; ///< messages taken in
  std::uint64_t dropped = 0;  ///< by `where`
  std::uint64_t tombstones = 0;
  std::uint64_t late = 0; ///< left out of every window that contains them
  std::uint64_t late_by_window = 0;
  std::uint64_t not_fed = 0; ///< older than the watermark: not given to features, detectors, rules
  std::uint64_t dead_letters = 0;
  std::uint64_t type_errors = 0; ///< in derive
  std::uint64_t alerts = 0;
  std::uint64_t written = 0; ///< messages to topics that the pipeline names with `to`

  /// Each of them once, in the order in which state keeps them.
  static constexpr auto all();
  task_counters& operator+=(const task_counters& other);
  task_counters& operator-=(const task_counters& other);
};

constexpr auto task_counters::all() {
  return std::array{&task_counters::consumed,     &task_counters::dropped,        &task_counters::tombstones,
                    &task_counters::late,         &task_counters::late_by_window, &task_counters::not_fed,
                    &task_counters::dead_letters, &task_counters::type_errors,    &task_counters::alerts,
                    &task_counters::written};
}
inline task_counters& task_counters::operator+=(const task_counters& other) {
  for (auto counter : all())
    this->*counter += other.*counter;
  return *this;
}
inline task_counters& task_counters::operator-=(const task_counters& other) {
  for (auto counter : all())
    this->*counter -= other.*counter;
  return *this;
}

/// What a task wants done after taking messages in. Cleared and reused by the caller.
struct effects {
  std::vector<document> documents; ///< in order; a later one of the same id replaces an earlier
  std::vector<side_message> messages;
  std::vector<sink_rows> rows; ///< in order; each a file of a sink

  void clear() {
    documents.clear();
    messages.clear();
    rows.clear();
  }
};

} // namespace throng::analytics
