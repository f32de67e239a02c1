#include "actors/consumer.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/partition_core.hpp"
#include "actors/supervision.hpp"

namespace throng::actors {

namespace {

/// How often a source whose poll() does not wait is asked.
constexpr auto poll_pause = std::chrono::milliseconds{10};

} // namespace

consumer_state::consumer_state(consumer_actor::pointer self)
    : self_(self) {}

void consumer_state::begin(std::unique_ptr<transport::consumer> source, std::shared_ptr<const analysis_plan> plan,
                           std::shared_ptr<analysis_progress> progress, consumer_supervisor_actor supervisor) {
  source_ = std::move(source);
  plan_ = std::move(plan);
  progress_ = std::move(progress);
  supervisor_ = std::move(supervisor);
  self_->send(self_, poll_atom_v);
}

void consumer_state::poll() {
  auto limit = plan_->bounds.poll;
  // Credit that comes while the source waits is seen only after: where something waits for it, that wait must be short.
  for (const auto& [which, partition] : partitions_)
    if (partition.paused)
      limit = std::min(limit, milliseconds{1});
  auto events = source_->poll(limit);
  for (const auto& event : events)
    std::visit([this](const auto& x) { on(x); }, event);
  if (events.empty() && plan_->bounds.poll.count() == 0)
    self_->delayed_send(self_, poll_pause, poll_atom_v);
  else
    self_->send(self_, poll_atom_v);
}

partition_facts consumer_state::facts(const facts_request& what) {
  partition_facts result;
  result.life = what.life;
  // Only who goes on from a checkpoint, or begins at the end, has to know where that is.
  auto end_wanted = !what.offsets.empty() || plan_->start.from == transport::start_offset::where::latest;
  auto bounds = end_wanted ? source_->bounds(what.which) : source_->bounds_at_hand(what.which);
  if (!bounds) {
    result.failure = bounds.error();
    return result;
  }
  std::tie(result.first, result.end) = *bounds;
  note_end(what.which, result.end);
  auto fresh_from = fresh_start(what.which, *bounds);
  if (!fresh_from) {
    result.failure = fresh_from.error();
    return result;
  }
  result.fresh_from = *fresh_from;
  for (auto offset : what.offsets) {
    if (offset < result.first || offset >= result.end)
      continue;
    auto found = source_->read_one(what.which, offset);
    if (!found) {
      result.failure = found.error();
      return result;
    }
    if (*found && !(**found)->messages.empty())
      result.messages.emplace(offset, last_message_of(***found));
  }
  return result;
}

/// Where the plan has what has no checkpoint begin.
expected<std::int64_t> consumer_state::fresh_start(const transport::topic_partition& which,
                                                   const std::pair<std::int64_t, std::int64_t>& bounds) {
  using where = transport::start_offset::where;
  if (is_internal(which))
    return bounds.first; // what its writers leave out is their affair
  switch (plan_->start.from) {
  case where::earliest:
    return bounds.first;
  case where::latest:
    return bounds.second;
  case where::time:
    return source_->offset_at(which, plan_->start.offset);
  case where::at:
    break;
  }
  return plan_->start.offset;
}

void consumer_state::start(const start_partition& what, partition_processor_actor to) {
  auto& partition =
      partitions_.try_emplace(what.which, fed_partition{partition_feed{limits_of(what.which)}, 0, {}, false})
          .first->second;
  partition.life = what.life;
  partition.to = std::move(to);
  auto fed = partition.feed.restart(what.offset, what.credit);
  if (fed && !*fed) {
    partition.paused = false;
    if (auto begun = source_->start(what.which, {transport::start_offset::where::at, what.offset}); !begun)
      fed = tl::unexpected<error>(begun.error());
  }
  if (!fed && fed.error().kind == error_kind::fenced) {
    // Given up while it was claimed: the supervisor has been told, in order, and lets it end. Nothing of it has failed.
    partitions_.erase(what.which);
    return;
  }
  if (!fed) {
    self_->send(supervisor_, partition_failure{what.which, fed.error()});
    return;
  }
  serve(what.which, partition);
}

void consumer_state::credit(const batch_credit& what) {
  auto* partition = find(what.which, what.life);
  if (!partition)
    return;
  report_taken(what.which, partition->feed.taken_in(what.next_offset));
  partition->feed.grant(what.batches);
  serve(what.which, *partition);
}

void consumer_state::saved(const checkpoint_made& what) {
  source_->commit(what.which, what.next_offset);
  auto* partition = find(what.which, what.life);
  if (!partition)
    return;
  note_end(what.which, source_->known_end(what.which)); // it moves while nobody reaches it
  partition->feed.trim(what.oldest);
  serve(what.which, *partition);
}

void consumer_state::end(const transport::topic_partition& which) {
  auto found = partitions_.find(which);
  if (found == partitions_.end())
    return;
  found->second.to = nullptr;
  if (!plan_->taken_in) {
    source_->pause(which);
    found->second.paused = true;
    return;
  }
  // Whoever fills the partition waits for its bytes to be taken in: a dead partition must not hold up the world.
  report_taken(which, found->second.feed.taken_in(INT64_MAX));
  found->second.feed = partition_feed{limits_of(which)};
  if (std::exchange(found->second.paused, false))
    source_->resume(which);
}

void consumer_state::release(const std::vector<transport::topic_partition>& which) {
  for (const auto& x : which)
    partitions_.erase(x);
  source_->revoked_done(which);
}

void consumer_state::close() {
  source_.reset();
  self_->quit();
}

void consumer_state::on(const transport::batch_ptr& batch) {
  auto found = partitions_.find(batch->from);
  if (found == partitions_.end())
    return; // revoked meanwhile
  if (!found->second.to) {
    report_taken(batch->from, batch->bytes);
    return;
  }
  found->second.feed.append(batch);
  serve(batch->from, found->second);
}

void consumer_state::on(const transport::assigned& event) {
  self_->send(supervisor_, partitions_assigned{event.partitions});
}

void consumer_state::on(const transport::revoked& event) {
  if (event.lost)
    for (const auto& x : event.partitions)
      partitions_.erase(x);
  self_->send(supervisor_, partitions_revoked{event.partitions, event.lost});
}

void consumer_state::on(const transport::reached_end& event) {
  note_end(event.which, event.offset);
  auto found = partitions_.find(event.which);
  if (found == partitions_.end() || !found->second.to)
    return;
  found->second.feed.reached_end(event.offset);
  serve(event.which, found->second);
}

void consumer_state::on(const transport::partition_failed& event) {
  self_->send(supervisor_, partition_failure{event.which, event.why});
}

void consumer_state::on(const transport::consumer_failed& event) {
  self_->send(supervisor_, source_failure{event.why});
}

void consumer_state::serve(const transport::topic_partition& which, fed_partition& partition) {
  if (!partition.to)
    return;
  while (auto batch = partition.feed.next())
    self_->send(partition.to, delivery{partition.life, std::move(*batch)});
  if (auto offset = partition.feed.next_end())
    self_->send(partition.to, partition_end{partition.life, *offset});
  if (partition.feed.wants_checkpoint())
    self_->send(partition.to, save_atom_v);
  auto pause = partition.feed.wants_pause();
  if (pause && !partition.paused)
    source_->pause(which);
  else if (!pause && partition.paused)
    source_->resume(which);
  partition.paused = pause;
}

void consumer_state::note_end(const transport::topic_partition& which, std::int64_t end) {
  if (end != transport::unknown_end)
    progress_->of(which).end_offset = end;
}

void consumer_state::report_taken(const transport::topic_partition& which, std::size_t bytes) {
  if (bytes > 0 && plan_->taken_in && !is_internal(which))
    plan_->taken_in(which, bytes);
}

bool consumer_state::is_internal(const transport::topic_partition& which) const {
  auto found = plan_->topics.find(which.topic);
  return found != plan_->topics.end() && found->second.internal();
}

/// What stands in memory topics can't be read again.
feed_limits consumer_state::limits_of(const transport::topic_partition& which) const {
  auto limits = plan_->bounds.feed;
  if (plan_->memory && is_internal(which))
    limits.replay_bytes = std::max(limits.replay_bytes, replay_bytes);
  return limits;
}

consumer_state::fed_partition* consumer_state::find(const transport::topic_partition& which, life_number life) {
  auto found = partitions_.find(which);
  return found != partitions_.end() && found->second.life == life && found->second.to ? &found->second : nullptr;
}

consumer_actor::behavior_type consumer(consumer_actor::stateful_pointer<consumer_state> self,
                                       const std::shared_ptr<std::unique_ptr<transport::consumer>>& source,
                                       std::shared_ptr<const analysis_plan> plan,
                                       std::shared_ptr<analysis_progress> progress,
                                       consumer_supervisor_actor supervisor) {
  keep_exception_text(*self);
  self->state.begin(std::move(*source), std::move(plan), std::move(progress), std::move(supervisor));
  return {
      [=](const facts_request& what) { return self->state.facts(what); },
      [=](const start_partition& what, const partition_processor_actor& to) { self->state.start(what, to); },
      [=](const batch_credit& what) { self->state.credit(what); },
      [=](const checkpoint_made& what) { self->state.saved(what); },
      [=](const end_partition& what) { self->state.end(what.which); },
      [=](const release_partitions& what) { self->state.release(what.which); },
      [=](poll_atom) { self->state.poll(); },
      [=](close_atom) { self->state.close(); },
  };
}

} // namespace throng::actors
