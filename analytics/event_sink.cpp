#include "analytics/event_sink.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "analytics/codec.hpp"
#include "analytics/decoder.hpp"
#include "analytics/row_buffer.hpp"
#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

constexpr std::uint64_t schema_version = 1;

class event_sink final : public partition_task {
public:
  event_sink(std::shared_ptr<const config::pipeline> of, std::size_t which, std::string topic, std::int32_t partition)
      : pipeline_(std::move(of))
      , sink_(pipeline_->sinks.at(which))
      , owner_(sink_owner(*pipeline_, sink_))
      , definition_(document_id({"sink", "1", sink_.to}))
      , partition_(partition)
      , waiting_(sink_, owner_, std::move(topic), config::rows_name(*pipeline_, sink_), partition)
      , decoder_(*pipeline_, fields_) {}

  const std::string& owner() const override {
    return owner_;
  }
  /// Where the files are. What they look like, and how large they are, may change from run to run.
  const std::string& definition() const override {
    return definition_;
  }

  expected<void> take(const raw_message& message, effects& out) override {
    assert(message.offset >= next_offset_);
    count_message(message);
    put(message, event_time(message), out);
    return {};
  }
  void skip_poison(const raw_message& message, std::string_view, effects& out) override {
    count_message(message);
    put(message, kafka_time(message), out);
  }

  /// Files are of their bounds and checkpoints only: one that an idle partition writes early would be covered by none.
  void emit_open(effects&) override {}
  void before_checkpoint(effects& out) override {
    waiting_.roll(out);
  }

  std::int64_t next_offset() const override {
    return next_offset_;
  }
  timestamp watermark() const override {
    return highest_;
  }
  const task_counters& counters() const override {
    return counters_;
  }

  void save(bool, const std::function<void(state_entry&&)>& put) override {
    assert(waiting_.empty()); // before_checkpoint() has let everything go
    std::string meta;
    byte_writer out{meta};
    out.varint(schema_version);
    out.i64(next_offset_);
    out.i64(highest_.ms);
    out.varint(counters_.consumed);
    put({"meta", std::move(meta)});
  }
  void restore(const std::vector<state_entry>& entries) override {
    for (const auto& entry : entries) {
      if (entry.key != "meta" || !entry.value)
        throw corrupt_state{"an entry that no sink writes"};
      byte_reader in{*entry.value};
      if (in.varint() != schema_version)
        throw corrupt_state{"a sink's state of another schema version"};
      next_offset_ = in.i64();
      highest_ = {in.i64()};
      counters_.consumed = in.varint();
    }
  }

private:
  void count_message(const raw_message& message) {
    ++counters_.consumed;
    counters_.tombstones += message.value ? 0 : 1;
    next_offset_ = message.offset + 1;
  }

  static std::optional<timestamp> kafka_time(const raw_message& message) {
    return message.timestamp_ms >= least_timestamp.ms && message.timestamp_ms <= greatest_timestamp.ms
               ? std::optional{timestamp{message.timestamp_ms}}
               : std::nullopt;
  }
  std::optional<timestamp> event_time(const raw_message& message) {
    if (!message.value ||
        decoder_.decode(*message.value, {message.offset, message.timestamp_ms, partition_, message.offset}, event_))
      return kafka_time(message);
    return event_.time;
  }

  void put(const raw_message& message, std::optional<timestamp> time, effects& out) {
    if (time)
      highest_ = std::max(highest_, *time);
    waiting_.add(time, {message.offset, message.timestamp_ms, message.key, message.value});
    if (waiting_.full())
      waiting_.roll(out);
  }

  std::shared_ptr<const config::pipeline> pipeline_;
  const config::sink& sink_;
  std::string owner_;
  std::string definition_;
  std::int32_t partition_;
  row_buffer waiting_;
  field_table fields_;
  decoder decoder_;
  event event_;
  std::int64_t next_offset_ = 0;
  timestamp highest_ = watermark::none;
  task_counters counters_;
};

} // namespace

std::string sink_owner(const config::pipeline& of, const config::sink& which) {
  return "sink:" + of.name + ":" + which.name;
}

std::unique_ptr<partition_task> make_event_sink(std::shared_ptr<const config::pipeline> of, std::size_t which,
                                                std::string topic, std::int32_t partition) {
  return std::make_unique<event_sink>(std::move(of), which, std::move(topic), partition);
}

} // namespace throng::analytics
