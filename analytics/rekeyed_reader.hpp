// The second half of a pipeline with `rekey`, over one partition of its internal topic: takes the events of all source
// partitions in one defined order into an engine, so that results do not depend on how the partitions interleave.
//
// - Of each source partition only a place greater than the last is accepted: a repeat after a crash counts once.
// - All wait, and are taken in (event time, topic, partition, offset, index) order up to the least watermark over the source
//   partitions. A partition that has told nothing yet holds all back.
// - An event older than its own partition's watermark is late, judged against that alone: it stands in that order where its
//   partition's watermark stood. So the engine's watermark is then the one that it is judged by, and even the last bits of sums
//   do not depend on how partitions interleave.
// The state holds what waits: at most the pipeline's `max_state` events.
//
// A join is the same over the partitions of two topics. An event of the first waits until the least watermark is `within` past it, and is then
// taken in once with each of the second that is at most `within` before or behind it: on both sides by where it stands in that order, which is
// its event time unless it is late. So joined events come in the order of the first topic's, each with its event time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "analytics/engine.hpp"
#include "analytics/joined_fields.hpp"
#include "analytics/partition_task.hpp"
#include "analytics/rekeyed_message.hpp"

namespace throng::analytics {

class rekeyed_reader final : public partition_task {
public:
  /// @param plan the whole pipeline's @param sources every partition whose events come here
  rekeyed_reader(std::shared_ptr<const pipeline_plan> plan, std::int32_t partition,
                 const std::vector<source_partition>& sources);

  const std::string& owner() const override;
  const std::string& definition() const override;
  expected<void> take(const raw_message& message, effects& out) override;
  void skip_poison(const raw_message& message, std::string_view why, effects& out) override;
  void emit_open(effects& out) override;
  /// What waits is taken in on a copy of the state, whose documents and messages these are; the state keeps it waiting.
  void emit_at_end(effects& out) override;
  /// Behind emit_at_end() those of the copy.
  std::uint64_t open_results() const override;
  void before_checkpoint(effects& out) override;
  std::vector<input_change> use(const std::vector<std::shared_ptr<const lookup_table>>& latest) override;
  std::int64_t next_offset() const override;
  timestamp watermark() const override;
  const task_counters& counters() const override;
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override;
  void restore(const std::vector<state_entry>& entries) override;

  std::size_t waiting() const {
    return waiting_.size() + second_.size();
  }

private:
  struct source_state {
    source_place accepted;
    timestamp watermark = watermark::none;
    bool idle = false;
  };
  /// (time or else the watermark that it is late by, topic, partition, offset, index)
  using order = std::tuple<std::int64_t, std::string, std::int32_t, std::int64_t, std::uint32_t>;
  struct waiting_event {
    std::string bytes;
    bool saved = false;
    std::string key = {}; ///< of a join
  };
  using waiting_events = std::map<order, waiting_event>;

  expected<void> accept(const rekeyed_message& what, const raw_message& message, effects& out);
  void wait(waiting_events& among, order at, waiting_event&& what);
  /// Into the engine, by itself or as often as the join says.
  void take_in(engine& into, const order& at, const waiting_event& what, std::int64_t offset, bool in_order,
               effects& out);
  /// @param in_order all before this event is in, and nothing that stands before it comes: the engine's watermark goes on to it
  /// @param index among what the event is made into @param more members that it gets beside those that it travelled with
  void feed(engine& into, const rekeyed_message& what, std::int64_t offset, bool in_order, std::uint32_t index,
            std::string_view more, effects& out);
  /// Takes in what waits before the least watermark.
  void release(effects& out);
  static order order_of(const rekeyed_message& what);
  timestamp least_watermark() const;
  std::int32_t source_number(const rekeyed_message& what) const;
  static std::string entry_key(std::string_view prefix, const order& at);
  std::string entry_value(const waiting_event& of) const;
  void restore_waiting(waiting_events& among, std::string_view bytes);
  std::string meta() const;
  void restore_meta(std::string_view bytes);
  void mark_inexact(effects& out, std::size_t from) const;

  std::shared_ptr<const pipeline_plan> plan_;
  std::string topic_;
  std::int32_t partition_;
  std::uint64_t definition_;
  std::unique_ptr<engine> engine_;
  std::set<std::string, std::less<>> topics_; ///< of the sources
  std::map<source_partition, source_state> sources_;
  const config::join* join_; ///< null: none
  std::unique_ptr<joined_fields> fields_;
  waiting_events waiting_;
  waiting_events second_; ///< of a join's second topic
  std::map<std::string, std::map<order, const waiting_event*>, std::less<>> second_by_key_;
  std::vector<std::string> gone_;    ///< entries that a checkpoint holds and that wait no more
  std::vector<state_entry> unsaved_; ///< changes of the engine's that a whole save has taken from it in between
  std::string joined_;               // reused, as the next
  std::string members_;
  std::int64_t next_offset_ = 0;
  bool inexact_ = false; ///< some partition's silence has been taken for progress
  std::uint64_t consumed_ = 0;
  std::uint64_t repeats_ = 0;
  mutable task_counters counters_;
  task_counters at_end_;                     ///< what the copy counted beyond
  std::optional<std::uint64_t> open_at_end_; ///< and what was open there
};

} // namespace throng::analytics
