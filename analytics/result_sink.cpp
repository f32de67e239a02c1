#include "analytics/result_sink.hpp"

#include <utility>

#include "analytics/event_sink.hpp"
#include "analytics/flat_document.hpp"
#include "analytics/json_text.hpp"
#include "analytics/row_buffer.hpp"

namespace throng::analytics {

namespace {

class result_sink final : public partition_task {
public:
  result_sink(std::shared_ptr<const pipeline_plan> plan, std::size_t which, const std::string& topic,
              std::int32_t partition)
      : plan_(std::move(plan))
      , sink_(plan_->definition().sinks.at(which))
      , name_(config::rows_name(plan_->definition(), sink_))
      , owner_(sink_owner(plan_->definition(), sink_))
      , definition_(document_id({"sink", "2", sink_.to, name_, plan_->hash()}))
      , engine_(make_engine(plan_, topic, partition))
      , waiting_(sink_, owner_, topic, name_, partition) {}

  const std::string& owner() const override {
    return owner_;
  }
  /// Where the files are, and all that the results depend on.
  const std::string& definition() const override {
    return definition_;
  }

  expected<void> take(const raw_message& message, effects& out) override {
    if (auto taken = engine_->take(message, made_); !taken)
      return taken;
    keep(message.offset, out);
    return {};
  }
  void skip_poison(const raw_message& message, std::string_view why, effects& out) override {
    engine_->skip_poison(message, why, made_);
    keep(message.offset, out);
  }

  /// What is open is no result yet.
  void emit_open(effects&) override {}
  void before_checkpoint(effects& out) override {
    engine_->before_checkpoint(made_);
    keep(engine_->next_offset() - 1, out);
    waiting_.roll(out);
  }

  std::vector<input_change> use(const std::vector<std::shared_ptr<const lookup_table>>& latest) override {
    return engine_->use(latest);
  }

  std::int64_t next_offset() const override {
    return engine_->next_offset();
  }
  timestamp watermark() const override {
    return engine_->watermark();
  }
  /// Alerts and late events are counted by the engine that stores them.
  const task_counters& counters() const override {
    return counters_;
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override {
    engine_->save(only_changes, put);
  }
  void restore(const std::vector<state_entry>& entries) override {
    engine_->restore(entries);
    counters_.consumed = engine_->counters().consumed;
  }

private:
  bool wanted(const document& of) const {
    if (sink_.of == config::sink_content::alerts)
      return of.into == collection::alerts;
    return of.into == collection::windows && !of.superseded && of.body.at("final").get_bool();
  }

  /// Under the offset of the message by which they came: what a checkpoint covers is told by it. They are let go between two messages only, so
  /// no offset is in two files of an hour.
  void keep(std::int64_t offset, effects& out) {
    for (const auto& each : made_.documents) {
      if (!wanted(each))
        continue;
      const auto shown = shown_body(each);
      text_.clear();
      if (sink_.format == config::sink_format::csv || sink_.format == config::sink_format::parquet)
        append_json_text(text_, flatten(shown));
      else
        append_json_text(text_, shown);
      const auto* of_windows = sink_.of == config::sink_content::windows ? "start" : "time";
      const timestamp time{each.body.at(of_windows).get_int64()};
      waiting_.add(time, {offset, time.ms, each.id, text_});
    }
    made_.clear();
    counters_.consumed = engine_->counters().consumed;
    if (waiting_.full())
      waiting_.roll(out);
  }

  std::shared_ptr<const pipeline_plan> plan_;
  const config::sink& sink_;
  std::string name_;
  std::string owner_;
  std::string definition_;
  std::unique_ptr<partition_task> engine_;
  row_buffer waiting_;
  task_counters counters_;
  effects made_;     ///< reused; all but rows is somebody else's affair
  std::string text_; ///< reused
};

} // namespace

std::unique_ptr<partition_task> make_result_sink(std::shared_ptr<const pipeline_plan> plan, std::size_t which,
                                                 const std::string& topic, std::int32_t partition) {
  return std::make_unique<result_sink>(std::move(plan), which, topic, partition);
}

} // namespace throng::analytics
