// A pipeline: which topic to read, what to compute from it, when to raise an alert. A plain value, checked by load.hpp;
// expressions stay JSON here and are compiled by analytics/, which reports what is wrong by JSON path.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "config/severity.hpp"
#include "config/time.hpp"

namespace throng::config {

enum class timestamp_unit { none, s, ms, us, ns };

/// What an aggregate of a window computes. `pP` is `percentile` with P in `percentile`.
enum class aggregate_kind {
  count,
  sum,
  mean,
  min,
  max,
  stddev,
  variance,
  first,
  last,
  distinct,
  percentile,
  top_10,
  histogram,
  ewma,
  rate,
  delta,
};

struct aggregate {
  aggregate_kind kind = aggregate_kind::count;
  double percentile = 0;           ///< above 0, at most 100
  std::string name;                ///< in the document: `p99.9`, `ewma_5m`
  std::vector<double> bounds = {}; ///< of a histogram, rising: counts are of [-inf, b0), [b0, b1), ..., [bn, inf]
  milliseconds half_life{0};       ///< of ewma

  friend bool operator==(const aggregate&, const aggregate&) = default;
};

/// Columns of a file, fields of a compacted topic's messages, or people's verdicts on the pipeline's alerts, added to an event by one of its
/// fields.
struct enrichment {
  std::string lookup; ///< the file, as written: CSV or JSON, relative to the pipeline's file; empty: a topic
  std::string file;   ///< the same as a path from here; not part of the definition
  std::string on;     ///< the event's field, a dotted path or what an earlier enrichment added
  std::string key;    ///< the file's column; empty: named as `on`. Of a topic: the field that is its messages' key
  std::vector<std::string> add;
  boost::json::object defaults; ///< what a missing key gives; null for what stands in neither
  std::string topic = {};       ///< without the prefix; empty: a file, or verdicts
  std::string timestamp = {};   ///< of the topic's messages: since when a row counts; empty: Kafka's
  config::timestamp_unit timestamp_unit = config::timestamp_unit::none;
  milliseconds keep{0};  ///< how far behind the newest row versions that are no more are kept; 0: all
  bool verdicts = false; ///< people's, by entity and time, since the alerts' own times
  /// What people's verdicts have made of the detectors' thresholds: in no file, each pipeline whose detectors are taught has one.
  bool thresholds = false;

  /// As inputs and messages name it.
  const std::string& name() const {
    static const std::string of_people = "verdicts";
    static const std::string taught = "thresholds";
    return thresholds ? taught : verdicts ? of_people : lookup.empty() ? topic : lookup;
  }
  bool is_file() const {
    return topic.empty() && !verdicts && !thresholds;
  }
  /// The column or field that is compared with `on`.
  const std::string& key_name() const {
    return key.empty() ? on : key;
  }

  friend bool operator==(const enrichment&, const enrichment&) = default;
};

/// What a feature computes: of all events of the look-back, the current one included, or (from `last` on) of the current event
/// and those before it.
enum class feature_kind {
  count,
  sum,
  mean,
  min,
  max,
  distinct,
  last,  ///< the field's number in the event before, the nearest that has one
  since, ///< seconds since the event before
  seen,  ///< how many of the events before have the current one's value
  speed, ///< km/h from the place of the event before, the nearest that has one
  habit, ///< the field's number over its mean in the events before, of the same group if one is given
  // Of a payment's account among the payments of `graph`:
  fan_in,         ///< how many accounts paid it
  fan_out,        ///< how many accounts it paid
  received,       ///< the sum that it was paid
  sent,           ///< the sum that it paid
  held,           ///< seconds since it was paid before
  payers,         ///< who paid it
  payees,         ///< whom it paid
  cycle,          ///< the accounts of the shortest way round that the payment closes
  scatter_gather, ///< who paid the payee through most accounts in between, those, and the payee
};

/// Whether it is a feature of a payment's accounts, not of the entity's own events.
constexpr bool of_graph(feature_kind kind) {
  return kind >= feature_kind::fan_in;
}

/// A true sliding look-back of the current event's entity: `(t - over, t]`.
struct feature {
  std::string name;
  milliseconds over{0};
  feature_kind kind = feature_kind::count;
  std::string field;      ///< empty for count and since; of speed: the latitude's
  std::string lon;        ///< of speed: the longitude's field
  std::string group;      ///< of habit: the field whose values part the events; empty: all are one
  std::string by;         ///< empty: the pipeline's key
  bool of_payee = false;  ///< of a graph: of the account that is paid, not of the one that pays
  std::int64_t up_to = 0; ///< of cycle: the most payments
  double share = 0.5;     ///< of cycle: the least share of each payment that the next passes on
  /// Only events that match count, if given: the same operators as `where`.
  std::optional<boost::json::object> where;

  friend bool operator==(const feature&, const feature&) = default;
};

/// Each event is a payment from one account to another: the fields with the two, and with how much.
struct payment_fields {
  std::string from;
  std::string to;
  std::string amount;

  friend bool operator==(const payment_fields&, const payment_fields&) = default;
};

struct window {
  std::string name;
  enum class shape { tumbling, hopping, session, calendar } kind = shape::tumbling;
  milliseconds size{0};     ///< a session's gap
  milliseconds every{0};    ///< the hop; equals size for tumbling
  milliseconds offset{0};   ///< shifts the alignment to the epoch
  std::string calendar;     ///< 1d, 1w, 1mo, 3mo or 1y; empty for other shapes
  std::string zone = "UTC"; ///< the calendar's, as tzdata names it
  milliseconds lateness{0};
  std::optional<milliseconds> emit_every; ///< event time
  std::vector<std::string> group_by;
  /// Field to its aggregates, in the order of the file.
  std::vector<std::pair<std::string, std::vector<aggregate>>> aggregates;
  std::string to; ///< topic, without the prefix, to which final documents go; empty: none

  /// Whether `group_by` names it. Of the pipeline's key: whether each group lies in one partition.
  bool groups_by(std::string_view name) const {
    return std::find(group_by.begin(), group_by.end(), name) != group_by.end();
  }

  friend bool operator==(const window&, const window&) = default;
};

/// Whom people's verdicts on a detector's alerts teach: the entity that it rang for, all entities alike, or nobody.
enum class feedback { entity, detector, off };

inline constexpr std::array<std::pair<std::string_view, feedback>, 3> feedback_words{
    {{"entity", feedback::entity}, {"detector", feedback::detector}, {"off", feedback::off}}};

constexpr std::string_view to_string(feedback of) {
  return feedback_words.at(static_cast<std::size_t>(of)).first;
}

/// None: there is no such word.
constexpr std::optional<feedback> feedback_named(std::string_view word) {
  for (const auto& [name, of] : feedback_words)
    if (name == word)
      return of;
  return std::nullopt;
}

struct detect {
  std::string name;
  std::string detector;
  std::string by; ///< empty: the pipeline's key
  std::string field;
  boost::json::object parameters; ///< everything else in the object, checked by the detector
  std::string model;              ///< of the detector `model`: what its file holds, which is part of the definition
  config::feedback feedback = feedback::entity;
  double feedback_most = 0.95; ///< verdicts raise no threshold further: what scores so high rings whatever was said

  friend bool operator==(const detect&, const detect&) = default;
};

struct rule {
  std::string name;
  boost::json::object when; ///< match over the event, derived fields and features
  config::severity severity = severity::warning;
  milliseconds cooldown{0}; ///< event time an entity stays quiet after an alert
  std::string reason;       ///< optional sentence for people; `{field}` is replaced by the value
  /// Fields whose values, or the elements of which, are the entities that an alert is raised for; empty: the event's own.
  std::vector<std::string> about;
  std::vector<std::string> evidence; ///< fields that an alert shows beside those of its condition and sentence
  /// Hysteresis: after an alert, quiet until an event matches this.
  std::optional<boost::json::object> until;
  /// `a then b within 10m without c`, each a match; empty: no sequence.
  std::vector<boost::json::object> sequence;
  milliseconds within{0};
  std::optional<boost::json::object> without;
  milliseconds absent{0};              ///< above 0: raised when no event that matches `when` has come for that long
  std::string window;                  ///< `when` is about this window's final documents
  std::int64_t windows = 1;            ///< `"for": "3 windows"`: so many in a row
  milliseconds forget{7 * 86'400'000}; ///< event time without news after which `until` is waited for no more

  friend bool operator==(const rule&, const rule&) = default;
};

/// Events of a second topic that are near an event in time are joined to it, by a field that both have.
struct join {
  std::string with; ///< the second topic, without the prefix
  std::string on; ///< the field, of the pipeline's own events also one that enrich or derive adds: the key from here on
  std::string key;       ///< the second topic's key field; empty: `on`
  std::string timestamp; ///< of the second topic; empty: Kafka's
  config::timestamp_unit timestamp_unit = config::timestamp_unit::none;
  milliseconds within{0};
  bool left = false;            ///< an event without a match goes on too
  std::vector<std::string> add; ///< fields of the second event that the first one gets

  friend bool operator==(const join&, const join&) = default;
};

/// How a sink's files are written.
enum class sink_format { ndjson, csv, parquet, elasticsearch };
enum class sink_compression { none, gzip, zstd };
/// What a column of a sink's files holds.
enum class column_kind { boolean, integer, number, text, time };

/// What goes into a sink: every message of the source, or what the pipeline makes of them.
enum class sink_content { events, windows, alerts };

/// Where events or results go, besides the store.
struct sink {
  std::string name;
  sink_content of = sink_content::events;
  std::string to;    ///< a folder, a place in S3, or a server
  std::string table; ///< of a database: NAME or SCHEMA.NAME
  sink_format format = sink_format::ndjson;
  sink_compression compression = sink_compression::none;
  milliseconds every{10'000}; ///< wall time, from one checkpoint of it to the next, to within one of the analysis
  std::size_t rows = 1'000'000;
  std::size_t megabytes = 64;
  /// The columns besides those that say where a message stood. Empty: what the events have.
  std::vector<std::pair<std::string, column_kind>> columns;
  std::string authorization;    ///< of a server: the environment variable that holds the header's value; empty: none
  std::string ca_file;          ///< of a server: empty: the system's authorities
  milliseconds timeout{30'000}; ///< of a server: a request and its answer, or a transaction

  friend bool operator==(const sink&, const sink&) = default;
};

struct pipeline {
  std::string name;
  std::string source; ///< topic, without the prefix
  std::string key;
  std::string timestamp; ///< empty: Kafka's
  config::timestamp_unit timestamp_unit = timestamp_unit::none;
  milliseconds disorder{5'000};
  milliseconds idle{10'000};
  milliseconds max_ahead{3'600'000};
  std::size_t max_message = 16U << 20U;
  std::size_t max_state = 20'000'000; ///< entries that a partition may remember
  boost::json::object where;
  std::vector<enrichment> enrich;
  std::vector<std::pair<std::string, boost::json::value>> derive; ///< in the order of the file
  std::string rekey;                ///< the field, or derived name, that is the key from here on; empty: the same key
  std::optional<config::join> join; ///< `rekey` is its `on`
  bool idle_advances = false;       ///< a partition that is silent for `idle` holds back no re-keyed result
  std::optional<payment_fields> graph;
  std::vector<feature> features;
  std::vector<window> windows;
  std::vector<detect> detectors;
  std::vector<rule> rules;
  std::string to; ///< topic, without the prefix, to which events go on; empty: none
  /// What an event has there, in the order of the file: 1 or true for a field as it is, or an expression. Empty: all that it has.
  std::vector<std::pair<std::string, boost::json::value>> project;
  std::vector<sink> sinks;
  std::string description;

  friend bool operator==(const pipeline&, const pipeline&) = default;
};

/// What a sink's checkpoints are bound to: another place begins anew.
std::string place_of(const sink& which);

/// Whether a result is a row of plain fields there: its groups and aggregates then are columns of their own.
bool is_flat(const sink& which);

/// What a sink's rows are called in their place: the topic, or `PIPELINE.windows`, `PIPELINE.alerts`.
std::string rows_name(const pipeline& of, const sink& which);

/// What a pipeline says that can't stand beside the others.
struct pipeline_conflict {
  std::size_t pipeline = 0; ///< its place
  std::string member;       ///< `key`, `to`, or `windows[0].to`
  std::string sentence;
};

/// What pipelines that run together must have: names that differ, one key a source, sinks with places of their own, and no output that comes
/// back, by itself or by way of others.
std::vector<pipeline_conflict> conflicts_of(const std::vector<pipeline>& pipelines);

} // namespace throng::config
