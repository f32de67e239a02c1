// The rules of a pipeline in one partition, and what they remember of each entity: cooldowns, alarms that wait for their `until`, sequences on
// their way, when an entity was last heard of, how many windows in a row matched. All of it is of bounded size an entity and expires by event
// time. What a rule's parts mean stands in config/schema; this carries it out.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/rule.hpp"
#include "analytics/window_plan.hpp"

namespace throng::analytics {

class rule_set {
public:
  /// @param windows of the pipeline: what a rule's `over_window` counts
  rule_set(const std::vector<rule_plan>& rules, const std::vector<window_plan>& windows, const std::string& key,
           const task_identity& who, text_ids& entities);

  /// An event of an entity, not older than the watermark. @param from where it stood before it was re-keyed @returns how many
  /// alerts it raised
  std::size_t observe(const event& e, text_ids::id entity, const rekeyed_origin* from, effects& out);

  /// The watermark has moved: final windows among the documents from `first_document` on are seen, silences are told, what has expired is
  /// forgotten. @param offset of the message that moved it
  std::size_t advance(timestamp to, std::size_t first_document, std::int64_t offset, effects& out);

  /// How many entities its rules remember, each rule for itself.
  std::size_t size() const;

  /// Alerts that wait for their `until`, as they were raised.
  void write_open(effects& out) const;

  void save(bool only_changes, const std::function<void(state_entry&&)>& put);
  /// @param kind r: a cooldown, q: a pattern. @throws corrupt_state
  void restore(char kind, std::size_t rule, std::string_view entity, std::string_view bytes);

private:
  bool quiet(std::size_t rule, text_ids::id entity, timestamp now);
  void keep_quiet(std::size_t rule, text_ids::id entity, timestamp now);
  /// Raises one alert for each entity that the rule is about. @pre the event matches
  std::size_t tell_of(std::size_t rule, const event& e, const rekeyed_origin* from, effects& out);
  bool holds(std::size_t rule, const event& e, text_ids::id entity, effects& out);
  bool hysteresis(std::size_t rule, const event& e, text_ids::id entity, effects& out);
  bool sequence(std::size_t rule, const event& e, text_ids::id entity);
  void hear(std::size_t rule, const event& e, text_ids::id entity);
  std::size_t see_window(boost::json::object body, std::int64_t offset, effects& out);
  void wait_for(std::size_t rule, text_ids::id entity, std::int64_t due);
  bool in_a_row(std::size_t rule, const boost::json::object& body, text_ids::id group);
  std::size_t tell_silences(std::size_t rule, timestamp to, std::int64_t offset, effects& out);
  pattern_state& state_of(std::size_t rule, text_ids::id entity, timestamp expires);

  const std::vector<rule_plan>* rules_;
  const std::vector<window_plan>* windows_;
  std::string key_;
  const task_identity* who_;
  text_ids* entities_;
  std::vector<keyed_states<cooldown_state>> cooldowns_; // by rule
  std::vector<keyed_states<pattern_state>> patterns_;   // by rule
  std::vector<std::vector<std::pair<std::int64_t, text_ids::id>>>
      silences_; // by rule: a heap, least first; may hold what is past
  bool over_windows_ = false;
  event shown_; // a window's document, or a silent entity, as a condition and a reason see it; reused
};

} // namespace throng::analytics
