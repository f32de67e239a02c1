// The first half of a pipeline with `rekey`, over one partition of a source: decodes, chooses, enriches and derives, and
// sends each event on under its new key, with its place and this partition's watermark. Leaves windows and all that
// follows to the re-keyed reader, and how messages travel to actors/.
//
// Every re-keyed partition hears of the watermark at least each `disorder` of event time (each second where that is 0), at
// each checkpoint, and when the partition is idle or at its end.
#pragma once

#include <memory>
#include <string>

#include "analytics/alert.hpp"
#include "analytics/decoder.hpp"
#include "analytics/enricher.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/pipeline_plan.hpp"
#include "analytics/watermark.hpp"

namespace throng::analytics {

class rekeyer final : public partition_task {
public:
  /// @param plan the pipeline's, over one of its topics: of a join's second one `whole` is the pipeline's
  /// @param targets partitions of the internal topic
  rekeyer(std::shared_ptr<const pipeline_plan> plan, std::string topic, std::int32_t partition, std::int32_t targets,
          std::shared_ptr<const pipeline_plan> whole);

  /// `PIPELINE:rekey:TOPIC`.
  const std::string& owner() const override;
  const std::string& definition() const override;
  expected<void> take(const raw_message& message, effects& out) override;
  void skip_poison(const raw_message& message, std::string_view why, effects& out) override;
  void emit_open(effects& out) override;
  void emit_at_end(effects& out) override;
  void caught_up(effects& out) override;
  void before_checkpoint(effects& out) override;
  std::vector<input_change> use(const lookup_tables& latest) override;
  std::int64_t next_offset() const override;
  timestamp watermark() const override;
  const task_counters& counters() const override;
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override;
  void restore(const std::vector<state_entry>& entries) override;

private:
  void count_message(const raw_message& message);
  void reject(const raw_message& message, std::string_view reason, std::string_view detail, effects& out);
  void send(const raw_message& message, effects& out);
  /// After a restart, first of all: where it goes on.
  void announce(effects& out);
  /// Tells every re-keyed partition how far this one has come.
  enum class news { progress, idle, begin };
  void mark(news which, effects& out);
  side_message& add_message(std::int32_t target, effects& out) const;

  std::shared_ptr<const pipeline_plan> plan_;
  std::shared_ptr<const pipeline_plan> whole_;
  const pipeline_plan::implementation* compiled_;
  task_identity who_;
  std::string owner_;
  std::uint64_t definition_ = 0;
  std::int32_t targets_ = 1;
  decoder decoder_;
  enricher enricher_;
  event event_; // reused
  class watermark watermark_;
  timestamp marked_ = watermark::none; ///< the watermark that was last told
  std::int64_t marked_to_ = 0;         ///< next_offset_ as it was then
  bool restored_ = false;              ///< and not said yet
  std::int64_t next_offset_ = 0;
  task_counters counters_;
};

} // namespace throng::analytics
