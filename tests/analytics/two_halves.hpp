// Both halves of a re-keyed pipeline over an internal topic, in an order, with checkpoints and crashes that a seed decides.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "analytics/rekeyed_reader.hpp"
#include "pipelines.hpp"

namespace throng::test {

/// What one partition of a topic holds, in its order: offsets from 0.
using partition_messages = std::pair<source_partition, std::vector<message>>;

/// A task with what its last checkpoint holds.
struct checkpointed {
  std::function<std::unique_ptr<partition_task>()> make;
  std::unique_ptr<partition_task> task = make();
  std::vector<state_entry> entries = {};
  bool whole = true;

  void checkpoint(effects& out) {
    task->before_checkpoint(out);
    auto more = saved(*task, !whole);
    if (whole)
      entries.clear();
    whole = false;
    entries.insert(entries.end(), more.begin(), more.end());
  }
  void crash() {
    task = make();
    task->restore(entries);
    whole = true;
  }
};

class two_halves {
public:
  two_halves(const std::shared_ptr<const pipeline_plan>& plan, std::vector<partition_messages> streams,
             std::int32_t targets, std::uint64_t seed)
      : streams_(std::move(streams))
      , internal_(static_cast<std::size_t>(targets))
      , stored_(internal_.size())
      , draw_(seed) {
    std::vector<source_partition> sources;
    for (const auto& [from, messages] : streams_) {
      sources.push_back(from);
      first_.push_back(
          {[plan, from = from, targets] { return make_rekeyer(plan, from.topic, from.partition, targets); }});
    }
    for (std::int32_t target = 0; target < targets; ++target)
      second_.push_back({[plan, target, sources] { return make_rekeyed_reader(plan, target, sources); }});
  }

  /// How the halves fail: not; each by itself, over a topic that lasts; both at once, and what stood between them is gone.
  enum class failing { never, each, all };

  /// What each partition of the internal topic has stored and sent.
  const std::vector<outcome>& run(failing how) {
    const auto crashes = how == failing::each;
    all_together_ = how == failing::all;
    auto left = [&] {
      for (std::size_t i = 0; i < first_.size(); ++i)
        if (first_[i].task->next_offset() < static_cast<std::int64_t>(streams_[i].second.size()))
          return true;
      return false;
    };
    while (left()) {
      step_first(draw(first_.size()), crashes);
      step_second(draw(second_.size()), crashes);
      if (all_together_ && draw(20) == 0)
        crash_all();
    }
    for (auto& each : first_) {
      effects out;
      each.task->emit_at_end(out);
      send(out);
    }
    for (std::size_t i = 0; i < second_.size(); ++i) {
      while (second_[i].task->next_offset() < static_cast<std::int64_t>(internal_[i].size()))
        step_second(i, crashes && draw(4) == 0);
      effects out;
      auto waiting = dynamic_cast<rekeyed_reader&>(*second_[i].task).waiting();
      second_[i].task->emit_at_end(out);
      RC_ASSERT(dynamic_cast<rekeyed_reader&>(*second_[i].task).waiting() == waiting);
      stored_[i].carry_out(out);
    }
    return stored_;
  }

private:
  std::size_t draw(std::size_t below) {
    return draw_() % below;
  }

  void send(effects& out) {
    for (auto& each : out.messages) {
      if (!each.partition)
        continue; // a dead letter
      auto& to = internal_[static_cast<std::size_t>(each.partition.value())];
      message made;
      made.offset = static_cast<std::int64_t>(to.size());
      made.key = each.key;
      made.value = each.value;
      to.push_back(std::move(made));
    }
    out.clear();
  }

  void step_first(std::size_t i, bool crashes) {
    auto& at = first_[i];
    effects out;
    for (auto messages = draw(6); messages > 0; --messages)
      if (auto offset = at.task->next_offset(); offset < static_cast<std::int64_t>(streams_[i].second.size()))
        RC_ASSERT(at.task->take(streams_[i].second[static_cast<std::size_t>(offset)].raw(), out));
    auto what = draw(5);
    if (what == 0 && !all_together_)
      at.checkpoint(out);
    else if (what == 0)
      at.task->before_checkpoint(out);
    send(out);
    if (what == 0 && all_together_)
      pending_[i] = {saved(*at.task, false), sizes()};
    if (what == 1 && crashes)
      at.crash();
  }

  std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> result;
    for (const auto& each : internal_)
      result.push_back(each.size());
    return result;
  }

  /// A re-keyer's checkpoint counts once all that it had sent is in the readers' checkpoints.
  void settle_pending() {
    for (auto& [i, waits] : pending_)
      if (std::equal(waits.second.begin(), waits.second.end(), safe_.begin(), [](auto a, auto b) { return a <= b; }))
        first_[i].entries = waits.first;
  }

  void crash_all() {
    pending_.clear();
    for (std::size_t i = 0; i < second_.size(); ++i) {
      internal_[i].resize(safe_[i]);
      second_[i].crash();
      stored_[i].remove_from(static_cast<std::int64_t>(safe_[i]));
    }
    for (auto& each : first_)
      each.crash();
  }

  void step_second(std::size_t i, bool crashes) {
    auto& at = second_[i];
    effects out;
    for (auto messages = 1 + draw(8); messages > 0; --messages)
      if (auto offset = at.task->next_offset(); offset < static_cast<std::int64_t>(internal_[i].size()))
        RC_ASSERT(at.task->take(internal_[i][static_cast<std::size_t>(offset)].raw(), out));
    auto what = draw(5);
    if (what == 0) {
      at.checkpoint(out);
      safe_[i] = static_cast<std::size_t>(at.task->next_offset());
      settle_pending();
    }
    stored_[i].carry_out(out);
    if (what == 1 && crashes) {
      at.crash();
      stored_[i].remove_from(at.task->next_offset());
    }
  }

  std::vector<partition_messages> streams_;
  std::vector<std::vector<message>> internal_;
  std::vector<outcome> stored_;
  std::vector<checkpointed> first_;
  std::vector<checkpointed> second_;
  std::mt19937_64 draw_;
  bool all_together_ = false;
  std::vector<std::size_t> safe_ = std::vector<std::size_t>(internal_.size());
  std::map<std::size_t, std::pair<std::vector<state_entry>, std::vector<std::size_t>>> pending_;
};

} // namespace throng::test
