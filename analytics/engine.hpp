// One partition of one pipeline: its state, and what a message does to it. The order of the stages, the watermark and the books are
// here; windows, look-backs, detectors and rules each keep their own.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/compiled_pipeline.hpp"
#include "analytics/decoder.hpp"
#include "analytics/enricher.hpp"
#include "analytics/look_back.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/rule_set.hpp"
#include "analytics/watched_series.hpp"
#include "analytics/watermark.hpp"
#include "analytics/window_set.hpp"

namespace throng::analytics {

class engine final : public partition_task {
public:
  engine(std::shared_ptr<const pipeline_plan> plan, std::string topic, std::int32_t partition);

  const std::string& owner() const override;
  const std::string& definition() const override;
  expected<void> take(const raw_message& message, effects& out) override;
  void skip_poison(const raw_message& message, std::string_view why, effects& out) override;
  void emit_open(effects& out) override;
  std::uint64_t open_results() const override;
  void before_checkpoint(effects& out) override;
  /// Of re-keyed events, which move no watermark themselves: nothing older than this comes any more. @param offset of the message
  /// that says so
  void advance_to(timestamp watermark, std::int64_t offset, effects& out);
  std::vector<input_change> use(const lookup_tables& latest) override;
  std::int64_t next_offset() const override;
  timestamp watermark() const override;
  const task_counters& counters() const override;
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override;
  void restore(const std::vector<state_entry>& entries) override;

private:
  void count_message(const raw_message& message);
  void reject(const raw_message& message, std::string_view reason, std::string_view detail, effects& out);
  /// The stages behind `where`. @param watermark as it stood before the event
  void analyse(const raw_message& message, timestamp watermark, effects& out);
  void into_windows(const raw_message& message, timestamp watermark, effects& out);
  void detect(text_ids::id entity, timestamp watermark, effects& out);
  /// Of the version in use.
  taught_threshold taught(config::feedback by, std::string_view detector) const;
  /// To the topic that the pipeline names.
  void send_on(const raw_message& message, effects& out);
  /// Final ones among the documents from `first` on, to the topics that their windows name.
  void send_windows(std::size_t first, effects& out);
  void advance(timestamp from, timestamp to, effects& out);
  void raise_alert(alert&& what, effects& out);
  /// A claim has removed what a later life had made of them.
  void write_open_alarms(effects& out);
  /// Entries of state, as `max_state` counts them.
  std::size_t remembered() const;
  std::string meta() const;
  void restore_meta(std::string_view bytes);
  void restore_former_look_back(std::size_t index, std::string_view key, std::string_view entity,
                                std::string_view bytes);
  void restore_entry(std::string_view key, std::string_view bytes);

  std::shared_ptr<const pipeline_plan> plan_;
  const pipeline_plan::implementation* compiled_;
  task_identity who_;
  decoder decoder_;
  enricher enricher_;
  event event_;                          // reused
  const rekeyed_origin* from_ = nullptr; ///< of the event
  class watermark watermark_;
  std::int64_t next_offset_ = 0;
  task_counters counters_;
  text_ids entities_;
  std::deque<group_table> groups_; // deques: what is in them is pointed to
  std::vector<group_table::id> group_now_;
  all_windows windows_;
  std::deque<look_back> look_backs_;
  std::optional<payment_graph> graph_;
  std::vector<watched_series> series_; // by detector
  std::deque<model_stage> models_;
  std::deque<learner_stage> learners_;
  std::deque<peer_stage> peers_;
  rule_set rules_;
  bool writes_windows_ = false; ///< to topics
  bool restored_ = false;       ///< and has taken nothing in since
};

} // namespace throng::analytics
