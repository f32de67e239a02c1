#include "actors/partition_processor.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/supervision.hpp"
#include "analytics/codec.hpp"

namespace throng::actors {

namespace {

std::string named(const transport::topic_partition& which) {
  return which.topic + "/" + std::to_string(which.partition);
}

/// Windows among these that are final, or that are not.
std::uint64_t windows_in(const result_batch& results, bool final) {
  return static_cast<std::uint64_t>(
      std::count_if(results.documents.begin(), results.documents.end(), [&](const analytics::document& x) {
        const auto* is_final = x.body.if_contains("final");
        return x.into == analytics::collection::windows && !x.superseded && is_final && is_final->is_bool() &&
               is_final->get_bool() == final;
      }));
}

} // namespace

std::size_t result_batch::bytes() const {
  // A document's JSON is some fields of a few dozen bytes; its state can be kilobytes.
  constexpr std::size_t usual_document = 1'024;
  constexpr std::size_t usual_message = 512;
  auto sum = documents.size() * usual_document + messages.size() * usual_message;
  for (const auto& x : documents)
    sum += x.state.size();
  for (const auto& x : messages)
    sum += x.value.size();
  for (const auto& x : rows)
    sum += x.bytes();
  return sum;
}

partition_processor_state::partition_processor_state(partition_processor_actor::pointer self)
    : self_(self) {}

void partition_processor_state::begin(processor_start start) {
  start_ = std::move(start);
  counts_ = &start_.progress->of(start_.which);
  counts_->internal = topic().internal();
  for (const auto& task : topic().tasks)
    unclaimed_.push_back(task.make(start_.which.partition));
  logs_.resize(unclaimed_.size());
  claims_.resize(unclaimed_.size());
  claim_missing();
}

const topic_plan& partition_processor_state::topic() const {
  return start_.plan->topics.at(start_.which.topic);
}

void partition_processor_state::claim_missing() {
  const auto& plan = *start_.plan;
  const auto& topic = this->topic();
  if (!start_.writer)
    return;
  for (std::size_t i = 0; i < claims_.size(); ++i)
    if (!claims_[i]) {
      const auto& owner = unclaimed_[i]->owner();
      auto known = topic.known_as.find(owner);
      const auto& source = known != topic.known_as.end() ? known->second : topic.source;
      storage::checkpoint_identity identity{
          owner, topic.name, start_.which.partition, unclaimed_[i]->definition(), source, topic.partitions};
      // A log that a writer died with is left to its fate: what it believes may be wrong.
      logs_[i] = std::make_shared<storage::checkpoint_log>(*plan.store, std::move(identity),
                                                           plan.writer + "." + std::to_string(start_.life));
      claim_request ask{i, logs_[i]};
      if (const auto& also = topic.tasks[i].claimed)
        ask.then = [also, partition = start_.which.partition](const storage::claimed& x) { return also(partition, x); };
      self_->send(start_.writer, std::move(ask));
    }
}

void partition_processor_state::claimed(const claim_reply& reply) {
  if (phase_ != phase::claiming || reply.id >= claims_.size() || claims_[reply.id])
    return;
  if (!reply.result) {
    end_by_store(reply.result.error());
    return;
  }
  if (reply.result->fell_back)
    spdlog::warn("{} {}: the newest checkpoint is damaged, going on from the one before, at offset {}",
                 unclaimed_[reply.id]->owner(), named(start_.which), reply.result->next_offset);
  claims_[reply.id] = *reply.result;
  if (!std::all_of(claims_.begin(), claims_.end(), [](const auto& x) { return x.has_value(); }))
    return;
  if (start_.fresh_from) {
    // Not the first life: what the partition holds was checked then, and it has been read ever since.
    std::int64_t offset = INT64_MAX;
    for (const auto& x : claims_)
      offset = std::min(offset, x->fresh ? *start_.fresh_from : x->next_offset);
    run(*start_.fresh_from, offset, counts_->end_offset);
    return;
  }
  phase_ = phase::asking;
  facts_request ask{start_.which, start_.life, {}};
  for (const auto& x : claims_)
    if (!x->fresh && x->last.offset >= 0)
      ask.offsets.push_back(x->last.offset);
  self_->send(start_.consumer, std::move(ask));
}

void partition_processor_state::facts(const partition_facts& facts) {
  if (phase_ != phase::asking || facts.life != start_.life)
    return;
  if (facts.failure) {
    if (facts.failure->retryable)
      throw std::runtime_error{facts.failure->message}; // the restart asks again, after its wait
    end(processor_end::how::failed, facts.failure);
    return;
  }
  std::vector<storage::claimed> claims;
  for (const auto& x : claims_)
    claims.push_back(*x);
  auto begin = find_start(start_.which, claims, facts);
  if (!begin) {
    end(processor_end::how::conflict, begin.error());
    return;
  }
  run(begin->fresh_from, begin->offset, facts.end);
}

void partition_processor_state::run(std::int64_t fresh_from, std::int64_t offset, std::int64_t end) {
  try {
    restore();
  } catch (const analytics::corrupt_state& e) {
    this->end(processor_end::how::failed,
              error{error_kind::corrupt, "the checkpoint of " + named(start_.which) + " can't be read (" + e.what() +
                                             "); --reset starts over"});
    return;
  }
  core_.begin_fresh_at(fresh_from);
  phase_ = phase::running;
  position_ = offset;
  last_news_ = last_checkpoint_ = began_ = self_->clock().now();
  if (!start_.fresh_from)
    begin_counts(offset);
  publish_counts();
  look_for_inputs();
  self_->send(start_.supervisor, processor_started{start_.which, start_.life, fresh_from, end});
  self_->send(start_.consumer,
              start_partition{start_.which, start_.life, offset, start_.plan->bounds.batches_under_way},
              partition_processor_actor{self_});
  check_finish();
}

void partition_processor_state::restore() {
  const auto& tasks = topic().tasks;
  for (std::size_t i = 0; i < unclaimed_.size(); ++i) {
    auto condemned = start_.poison.condemned(unclaimed_[i]->owner());
    core_.add(std::move(unclaimed_[i]), tasks[i].idle, *claims_[i], std::move(condemned), tasks[i].save_every);
  }
  unclaimed_.clear();
  claims_.clear();
}

namespace {

/// Tells the alerts among results, each with the Kafka timestamp of the message that raised it. Those of an earlier batch were
/// told with that.
void tell_alerts(const result_batch& results, const transport::batch& batch,
                 const std::function<void(const analytics::side_message&, timestamp)>& tell) {
  for (const auto& message : results.messages) {
    if (message.topic != "analytics.alerts")
      continue;
    const auto id = std::find_if(message.headers.begin(), message.headers.end(),
                                 [](const auto& header) { return header.first == "id"; });
    const auto document = std::find_if(results.documents.begin(), results.documents.end(), [&](const auto& each) {
      return each.into == analytics::collection::alerts && id != message.headers.end() && each.id == id->second;
    });
    if (document == results.documents.end())
      continue;
    const auto raising =
        std::lower_bound(batch.messages.begin(), batch.messages.end(), document->offset,
                         [](const transport::incoming& each, std::int64_t offset) { return each.offset < offset; });
    if (raising != batch.messages.end() && raising->offset == document->offset)
      tell(message, timestamp{raising->timestamp_ms});
  }
}

} // namespace

void partition_processor_state::take(const delivery& what) {
  if (phase_ != phase::running || what.life != start_.life)
    return;
  if (hold_ != hold::none) {
    held_.emplace_back(what);
    return;
  }
  auto end = start_.finish && start_.finish->at ? *start_.finish->at : INT64_MAX;
  try {
    if (auto taken = core_.take(*what.batch, end); !taken) {
      this->end(processor_end::how::failed, taken.error());
      return;
    }
  } catch (const task_failure& e) {
    self_->send(start_.supervisor, message_failure{start_.which, e.owner, e.offset, e.why});
    throw;
  }
  position_ = std::max(position_, std::min(what.batch->next_offset(), end));
  last_news_ = self_->clock().now();
  auto news = what.batch->next_offset() > counts_->counted_to;
  count(*what.batch, end);
  // What an earlier life had taken in and handed over is counted.
  if (auto results = hand_over(); results) {
    if (news)
      counts_->windows += windows_in(*results, true);
    if (start_.plan->raised)
      tell_alerts(*results, *what.batch, start_.plan->raised);
  }
  ++owed_;
  grant();
  check_finish();
}

void partition_processor_state::reached(const partition_end& what) {
  if (phase_ != phase::running || what.life != start_.life)
    return;
  if (hold_ != hold::none) {
    held_.emplace_back(what);
    return;
  }
  // Offsets may have gaps before the end too: nothing that would ever come stands there.
  position_ = std::max(position_, what.offset);
  end_reached_ = what.offset;
  know_end();
  core_.caught_up();
  hand_over();
  check_finish();
}

void partition_processor_state::written(const write_reply& reply) {
  auto found = outstanding_.find(reply.id);
  if (phase_ == phase::ended || found == outstanding_.end())
    return; // answered twice: it was sent again to a restarted writer
  if (reply.failure) {
    end_by_store(*reply.failure);
    return;
  }
  if (reply.summary.fenced > 0) {
    end(processor_end::how::fenced);
    return;
  }
  outstanding_documents_ -= found->second->size();
  outstanding_bytes_ -= found->second->bytes();
  outstanding_.erase(found);
  grant();
  go_on_with_checkpoint();
  check_finish();
}

void partition_processor_state::saved(const save_reply& reply) {
  if (phase_ == phase::ended || !checkpoint_ || !checkpoint_->saving)
    return;
  if (reply.failure) {
    end_by_store(*reply.failure);
    return;
  }
  if (--checkpoint_->answers_left == 0)
    checkpoint_done();
}

void partition_processor_state::save_now() {
  if (phase_ != phase::running && phase_ != phase::finishing)
    return;
  // A new base, of all tasks: a delta would leave the oldest epoch that a fall-back could need where it is.
  if (checkpoint_)
    whole_wanted_ = true;
  else
    start_checkpoint(true);
}

void partition_processor_state::tick() {
  if (phase_ == phase::ended)
    return;
  go_on_with_checkpoint(); // what it waits for may have come without a word
  if (phase_ != phase::running)
    return;
  look_for_inputs();
  auto now = self_->clock().now();
  // With credit held back there may be news that can't be heard.
  if (owed_ == 0 && core_.emit_idle(std::chrono::duration_cast<milliseconds>(now - last_news_)))
    hand_over();
  if (now - last_checkpoint_ >= start_.plan->checkpoint_every && core_.unsaved())
    start_checkpoint(false);
}

void partition_processor_state::use(store_writer_actor writer) {
  start_.writer = std::move(writer);
  if (phase_ == phase::ended)
    return;
  // Writes may be repeated. Whether a claim or a save was done before the writer died can't be known; a new claim finds out.
  if (checkpoint_ && checkpoint_->saving)
    throw std::runtime_error{"the store writer failed during a checkpoint"};
  if (phase_ == phase::claiming)
    claim_missing();
  for (const auto& [id, results] : outstanding_)
    self_->send(start_.writer, write_request{id, results});
  go_on_with_checkpoint();
}

/// Where the source does not know its end, the end is where it was reached, which may be told before or after the wish to finish there.
void partition_processor_state::know_end() {
  if (end_reached_ && start_.finish && start_.finish->at == transport::unknown_end)
    start_.finish->at = end_reached_;
}

void partition_processor_state::finish(const finish_partition& how) {
  start_.finish = how;
  know_end();
  if (phase_ == phase::claiming || phase_ == phase::asking) {
    if (!how.at)
      end(processor_end::how::finished); // nothing taken in yet
    return;
  }
  check_finish();
}

std::shared_ptr<const result_batch> partition_processor_state::hand_over() {
  auto results = core_.collect();
  if (results.empty())
    return nullptr;
  outstanding_documents_ += results.size();
  outstanding_bytes_ += results.bytes();
  auto shared = std::make_shared<const result_batch>(std::move(results));
  outstanding_.emplace(++last_request_, shared);
  if (start_.writer)
    self_->send(start_.writer, write_request{last_request_, shared});
  return shared;
}

void partition_processor_state::grant() {
  if (owed_ == 0 || phase_ != phase::running || outstanding_documents_ > start_.plan->bounds.documents_under_way ||
      outstanding_bytes_ > start_.plan->bounds.bytes_under_way)
    return;
  self_->send(start_.consumer, batch_credit{start_.which, start_.life, std::exchange(owed_, 0), position_});
}

void partition_processor_state::start_checkpoint(bool whole) {
  if (checkpoint_)
    return;
  if (hold_ == hold::until_checkpoint_begins)
    hold_ = hold::until_checkpoint_is_made;
  const auto all = whole || phase_ == phase::finishing;
  core_.before_checkpoint(self_->clock().now() - began_, all);
  hand_over();
  std::vector<bool> bases;
  for (const auto& x : logs_)
    bases.push_back(whole || x->wants_base());
  checkpoint_ = checkpoint{last_request_, core_.snapshot(bases, whole), false, 0};
  last_checkpoint_ = self_->clock().now();
  go_on_with_checkpoint();
}

void partition_processor_state::go_on_with_checkpoint() {
  if (!checkpoint_ || checkpoint_->saving ||
      (!outstanding_.empty() && outstanding_.begin()->first <= checkpoint_->barrier))
    return;
  if (auto safe = sent_is_safe(); safe == transport::memory_topics::safety::never) {
    checkpoint_.reset(); // the one before holds
    never_safe_ = true;
    check_finish();
    return;
  } else if (safe == transport::memory_topics::safety::not_yet) {
    return;
  }
  if (checkpoint_->parts.empty()) {
    checkpoint_done();
    return;
  }
  if (!start_.writer)
    return; // go on when it is there again
  checkpoint_->saving = true;
  checkpoint_->answers_left = checkpoint_->parts.size();
  for (auto& x : std::exchange(checkpoint_->parts, {}))
    self_->send(start_.writer,
                save_request{x.task, logs_[x.task], std::move(x.entries), x.whole, x.next_offset, x.last});
}

transport::memory_topics::safety partition_processor_state::sent_is_safe() {
  const auto& memory = start_.plan->memory;
  if (!memory || !topic().writes)
    return transport::memory_topics::safety::yes;
  if (!checkpoint_->sent)
    checkpoint_->sent = memory->now();
  return memory->safe(*checkpoint_->sent);
}

void partition_processor_state::checkpoint_done() {
  checkpoint_.reset();
  if (hold_ == hold::until_checkpoint_is_made)
    hold_ = hold::none;
  std::int64_t oldest = INT64_MAX;
  for (const auto& x : logs_)
    oldest = std::min(oldest, x->oldest_offset());
  self_->send(start_.consumer, checkpoint_made{start_.which, start_.life, core_.saved_to(), oldest});
  if (std::exchange(whole_wanted_, false))
    start_checkpoint(true);
  if (hold_ == hold::until_checkpoint_begins)
    start_checkpoint(false);
  take_held();
  check_finish();
}

void partition_processor_state::look_for_inputs() {
  const auto& tasks = topic().tasks;
  auto any = false;
  for (std::size_t i = 0; i < tasks.size() && hold_ == hold::none; ++i)
    if (tasks[i].lookups)
      any |= core_.use(i, topic().name, start_.which.partition, tasks[i].lookups());
  if (!any)
    return;
  hold_ = hold::until_checkpoint_begins;
  start_checkpoint(false);
}

void partition_processor_state::take_held() {
  while (hold_ == hold::none && phase_ == phase::running && !held_.empty()) {
    auto next = std::move(held_.front());
    held_.pop_front();
    if (const auto* batch = std::get_if<delivery>(&next))
      take(*batch);
    else
      reached(std::get<partition_end>(next));
  }
}

void partition_processor_state::check_finish() {
  if (!start_.finish || (phase_ != phase::running && phase_ != phase::finishing))
    return;
  if (phase_ == phase::running) {
    if (start_.finish->at) {
      if (position_ < *start_.finish->at)
        return;
      core_.emit_at_end();
      publish_counts(); // what was taken in at the end alone
      auto results = hand_over();
      counts_->open_windows = results ? windows_in(*results, false) : 0;
    }
    phase_ = phase::finishing;
  }
  if (topic().writes && start_.finish->at && outstanding_.empty() && !std::exchange(drained_told_, true))
    self_->send(start_.supervisor, partition_drained{start_.which, start_.life});
  // Stopped in the middle: its readers stop too, and will not hold what was sent to them last. The checkpoint before does.
  const auto unsafe = topic().writes && start_.plan->memory && !start_.finish->at;
  if (unsafe && checkpoint_ && !checkpoint_->saving)
    checkpoint_.reset();
  if (checkpoint_)
    return;
  if (core_.unsaved() && !unsafe && !never_safe_)
    start_checkpoint(false);
  else if (outstanding_.empty())
    end(processor_end::how::finished);
}

void partition_processor_state::end(processor_end::how as, std::optional<error> why) {
  phase_ = phase::ended;
  self_->send(start_.supervisor, processor_end{start_.which, start_.life, as, std::move(why)});
  self_->quit();
}

void partition_processor_state::end_by_store(const error& why) {
  switch (why.kind) {
  case error_kind::fenced:
    end(processor_end::how::fenced, why);
    return;
  case error_kind::conflict:
    end(processor_end::how::conflict, why);
    return;
  case error_kind::corrupt:
    end(processor_end::how::failed, why);
    return;
  default:
    end(processor_end::how::store_failed, why);
  }
}

void partition_processor_state::count(const transport::batch& batch, std::int64_t end) {
  auto news = partition_core::count(batch, counts_->counted_to, end);
  counts_->consumed += news.messages;
  counts_->skipped += news.tombstones;
  counts_->counted_to = std::max(counts_->counted_to, std::min(batch.next_offset(), end));
  publish_counts();
}

void partition_processor_state::begin_counts(std::int64_t offset) {
  std::uint64_t spared = UINT64_MAX;
  for (std::size_t i = 0; i < core_.size(); ++i) {
    const auto& found = core_.task(i).counters();
    spared = std::min(spared, found.consumed);
    counts_->before[core_.task(i).owner()] = found;
  }
  if (counts_->counted_to >= 0) // had before and lost: others may have gone on with it meanwhile
    spared = static_cast<std::uint64_t>(std::max<std::int64_t>(0, offset - counts_->counted_to));
  counts_->resumed += spared;
  counts_->counted_to = std::max(counts_->counted_to, offset);
  counts_->carried = counts_->told;
}

void partition_processor_state::publish_counts() {
  auto& told = counts_->told = counts_->carried;
  for (std::size_t i = 0; i < core_.size(); ++i) {
    told += core_.task(i).counters();
    told -= counts_->before[core_.task(i).owner()];
  }
  counts_->alerts = told.alerts;
  counts_->late = told.late;
  counts_->late_by_window = told.late_by_window;
  counts_->dead_letters = told.dead_letters;
  counts_->not_fed = told.not_fed;
  counts_->written = told.written;
  counts_->next_offset = position_;
  counts_->watermark_ms = core_.watermark().ms;
}

partition_processor_actor::behavior_type
partition_processor(partition_processor_actor::stateful_pointer<partition_processor_state> self,
                    processor_start start) {
  keep_exception_text(*self);
  self->state.begin(std::move(start));
  return {
      [=](const claim_reply& x) { self->state.claimed(x); },
      [=](const partition_facts& x) { self->state.facts(x); },
      [=](const delivery& x) { self->state.take(x); },
      [=](const partition_end& x) { self->state.reached(x); },
      [=](const write_reply& x) { self->state.written(x); },
      [=](const save_reply& x) { self->state.saved(x); },
      [=](save_atom) { self->state.save_now(); },
      [=](tick_atom) { self->state.tick(); },
      [=](writer_atom, const store_writer_actor& x) { self->state.use(x); },
      [=](const finish_partition& x) { self->state.finish(x); },
  };
}

} // namespace throng::actors
