// Rules: a condition over the event, what derive added and the features; an alert when it holds, then quiet for that entity until
// the cooldown has passed in event time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/codec.hpp"
#include "analytics/event.hpp"
#include "analytics/expression.hpp"
#include "analytics/open_alarm.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

/// A sentence with `{field}` in it, which the event's values replace.
class reason_template {
public:
  /// Finds braces that don't close and names that are empty. `{{` and `}}` are plain braces.
  static tl::expected<reason_template, findings> compile(std::string_view text, const std::string& path,
                                                         field_table& fields);
  std::string fill(const event& e) const;
  const std::vector<std::pair<std::string, slot>>& fields() const {
    return fields_;
  }

private:
  struct piece {
    std::string text;
    bool is_field = false;
    slot from = 0;
  };
  std::vector<piece> pieces_;
  std::vector<std::pair<std::string, slot>> fields_;
};

struct rule_plan {
  std::string name;
  match when;
  config::severity severity = config::severity::warning;
  milliseconds cooldown{0};
  reason_template reason;
  /// What `when` and the reason speak of: the alert's evidence.
  std::vector<std::pair<std::string, slot>> evidence;

  std::vector<slot> about; ///< whose values are the entities of alerts; none: the event's entity

  std::optional<match> until; ///< hysteresis
  milliseconds forget{0};
  std::vector<match> steps; ///< of a sequence
  milliseconds within{0};
  std::optional<match> without;
  milliseconds absent{0};
  std::size_t fields = 0;  ///< of an absence: how many slots there are
  std::optional<slot> key; ///< of an absence: where the entity stands
  std::string window;      ///< the name of what it is over
  std::optional<std::size_t> over_window;
  std::int64_t windows = 1;       ///< so many in a row
  std::vector<std::string> paths; ///< over a window: the document's paths, by slot

  /// Whether it remembers more of an entity than a cooldown, so that it needs all its events in one partition.
  bool needs_key() const {
    return until || !steps.empty() || absent.count() > 0 || over_window;
  }
};

/// @param fields of the pipeline
tl::expected<rule_plan, findings> compile_rule(const config::rule& definition, const std::string& path,
                                               const std::string& key, field_table& fields);
/// A rule over a window's documents. @param number among the pipeline's windows
tl::expected<rule_plan, findings> compile_window_rule(const config::rule& definition, const std::string& path,
                                                      const config::window& over, std::size_t number,
                                                      const std::string& key);

/// The evidence for an alert: each field's value, absent ones as null.
boost::json::object evidence_of(const rule_plan& rule, const event& e);

/// Of an entity that has alerted: quiet for events before `until`. Out of order or not: an event older than the alert is quiet too.
struct cooldown_state {
  timestamp until;
  void save(byte_writer& out) const {
    out.i64(until.ms);
  }
  static cooldown_state load(byte_reader& in) {
    return {timestamp{in.i64()}};
  }
};

/// What a rule that is more than a condition remembers of an entity (or, over windows, of a group); each kind uses its own part.
struct pattern_state {
  bool raised = false;               ///< waits for `until`
  std::int64_t latest = 0;           ///< of hysteresis: the entity's latest event since
  std::unique_ptr<open_alarm> alarm; ///< of hysteresis: what was raised; none if an earlier program did
  std::vector<std::int64_t> began;   ///< of a sequence: the latest beginning with so many steps done; INT64_MIN: none
  std::vector<std::pair<std::int64_t, std::int64_t>> runs; ///< of an absence: first and last event of each run, by time
  std::int64_t windows = 0;                                ///< matching ones in a row
  std::int64_t next = INT64_MIN;                           ///< the start that goes on with the row; INT64_MIN: any

  void save(byte_writer& out) const;
  /// @throws corrupt_state
  static pattern_state load(byte_reader& in);
};

} // namespace throng::analytics
