// Rules: a condition over the event, what derive added and the features; an alert when it holds, then quiet for that entity until
// the cooldown has passed in event time.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/codec.hpp"
#include "analytics/event.hpp"
#include "analytics/expression.hpp"
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
};

tl::expected<rule_plan, findings> compile_rule(const config::rule& definition, const std::string& path,
                                               field_table& fields);

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

} // namespace throng::analytics
