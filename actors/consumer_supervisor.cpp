#include "actors/consumer_supervisor.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/partition_processor.hpp"

namespace throng::actors {

namespace {

const std::string consumer_name = "consumer";
const std::string writer_name = "store writer";
const std::string forwarder_name = "forwarder";
/// How much longer than a member that was killed keeps its partitions a group may take to hand over all of a topic, counted from the last change, before
/// those missing are taken to be another process's.
constexpr auto patience_for_assignment = std::chrono::seconds{15};

std::string child_name(const transport::topic_partition& which) {
  return "partition " + which.topic + "/" + std::to_string(which.partition);
}

} // namespace

consumer_supervisor_state::consumer_supervisor_state(consumer_supervisor_actor::pointer self)
    : self_(self) {}

consumer_supervisor_state::~consumer_supervisor_state() {
  if (!children_ || closed_)
    return;
  // A defect of this actor itself: nobody is above it but those who wait for the analysis.
  children_->stop_all(caf::exit_reason::kill);
  analysis_result result{failure_.value_or(error{error_kind::internal, "the supervisor of the analysis failed"})};
  if (!ready_told_)
    cast_.ready(tl::unexpected<error>(*result.failure));
  cast_.ended(result);
}

void consumer_supervisor_state::begin(std::shared_ptr<const analysis_plan> plan,
                                      std::shared_ptr<analysis_progress> progress, analysis_cast cast) {
  plan_ = std::move(plan);
  progress_ = std::move(progress);
  cast_ = std::move(cast);
  one_for_one::callbacks on;
  on.restart_later = [this](const std::string& name, wall_duration wait) {
    self_->delayed_send(self_, wait, child_restart{name});
  };
  on.ended = [this](const std::string& name, const caf::error& reason) { child_ended(name, reason); };
  on.escalate = [this](const std::string& name, const caf::error& reason) { child_escalated(name, reason); };
  children_ = std::make_unique<one_for_one>(*self_, std::move(on));
}

void consumer_supervisor_state::open() {
  start_writer(writer_name, writer_);
  if (std::any_of(plan_->topics.begin(), plan_->topics.end(), [](const auto& x) { return x.second.writes; }))
    start_writer(forwarder_name, forwarder_);
  // The handle is the source's one reader: what it knew of its partitions dies with it, so that it is not started again.
  children_->start({consumer_name,
                    [this] {
                      consumer_ = cast_.consumer(consumer_supervisor_actor{self_});
                      return caf::actor_cast<caf::actor>(consumer_);
                    },
                    restart_kind::temporary, plan_->restarts, plan_->backoff});
  self_->delayed_send(self_, plan_->bounds.tick, tick_atom_v);
}

void consumer_supervisor_state::start_writer(const std::string& name, store_writer_actor& made) {
  children_->start({name,
                    [this, name, &made] {
                      made = cast_.writer();
                      for (auto& [which, x] : partitions_)
                        if (x.processor && writer_of(which) == name)
                          self_->send(x.processor, writer_atom_v, made);
                      return caf::actor_cast<caf::actor>(made);
                    },
                    restart_kind::transient, plan_->restarts, plan_->backoff});
}

const std::string& consumer_supervisor_state::writer_of(const transport::topic_partition& which) const {
  return plan_->topics.at(which.topic).writes ? forwarder_name : writer_name;
}

bool consumer_supervisor_state::is_internal(const transport::topic_partition& which) const {
  return plan_->topics.at(which.topic).internal();
}

void consumer_supervisor_state::assigned(const partitions_assigned& what) {
  assigned_ = true;
  drained_since_.reset();
  for (const auto& which : what.which) {
    if (plan_->topics.count(which.topic) == 0)
      continue;
    partitions_.erase(which);
    auto& added = partitions_[which];
    if (stopping_) {
      added.now = watched_partition::phase::finished;
      continue;
    }
    if (finish_ && !is_internal(which)) {
      auto found = finish_->ends.find(which);
      added.finish = finish_partition{found == finish_->ends.end() ? 0 : found->second};
    }
    children_->start({child_name(which),
                      [this, which] {
                        start_processor(which);
                        return caf::actor_cast<caf::actor>(partitions_.at(which).processor);
                      },
                      restart_kind::transient, plan_->restarts, plan_->backoff});
  }
  check_ready();
  check_end();
}

void consumer_supervisor_state::revoked(const partitions_revoked& what) {
  drained_since_.reset();
  std::set<transport::topic_partition> ours;
  // The group has put this member out: it joins anew, and what it has not finished comes back, here or elsewhere. Till then there is no end.
  if (what.lost)
    assigned_ = false;
  for (const auto& which : what.which) {
    auto found = partitions_.find(which);
    if (found == partitions_.end())
      continue;
    if (what.lost) {
      for (auto& revocation : revocations_) // of what was being given up: it may come back before the rest is settled
        revocation.erase(which);
      drop_processor(which, found->second);
      partitions_.erase(which);
      continue;
    }
    ours.insert(which);
  }
  if (!what.lost) {
    revocations_.push_back(ours);
    for (const auto& which : ours)
      finish_partition_with(which, partitions_.at(which), {});
    check_revocations();
  }
  check_end();
}

void consumer_supervisor_state::failed(const partition_failure& what) {
  auto found = partitions_.find(what.which);
  if (found == partitions_.end() || found->second.now != watched_partition::phase::working)
    return;
  found->second.why = what.why;
  finish_partition_with(what.which, found->second, {});
}

void consumer_supervisor_state::failed(const source_failure& what) {
  fail_all(what.why, true);
}

void consumer_supervisor_state::started(const processor_started& what) {
  auto found = partitions_.find(what.which);
  if (found == partitions_.end() || found->second.life != what.life)
    return;
  auto& partition = found->second;
  if (!partition.fed) {
    partition.fed = true;
    partition.fresh_from = what.fresh_from;
    if (plan_->until_end && !partition.finish && !is_internal(what.which))
      finish_partition_with(what.which, partition, {what.end});
  }
  check_ready();
  check_drained();
}

void consumer_supervisor_state::drained(const partition_drained& what) {
  auto found = partitions_.find(what.which);
  if (found == partitions_.end() || found->second.life != what.life)
    return;
  found->second.drained = true;
  check_drained();
}

void consumer_supervisor_state::check_drained() {
  if (closing_ || stopping_ || (!plan_->until_end && !finish_))
    return;
  for (auto& [which, partition] : partitions_) {
    if (!is_internal(which) || partition.now != watched_partition::phase::working || !partition.fed ||
        partition.end_asked || partition.finish)
      continue;
    std::size_t wanted = 0;
    std::size_t known = 0;
    std::size_t drained = 0;
    for (const auto& source : plan_->topics.at(which.topic).written_by) {
      wanted += static_cast<std::size_t>(plan_->topics.at(source).partitions);
      for (const auto& [other, x] : partitions_)
        if (other.topic == source) {
          ++known;
          drained += x.drained || x.now != watched_partition::phase::working ? 1 : 0;
        }
    }
    if (drained < known)
      continue;
    if (known < wanted) {
      auto now = self_->clock().now();
      if (now - drained_since_.value_or(now) < plan_->silent_member_kept + patience_for_assignment) {
        drained_since_ = drained_since_.value_or(now);
        continue;
      }
      spdlog::warn("{}: some partitions of what it is made from are read by other processes; what they have not sent "
                   "by now is not in its results",
                   child_name(which));
    }
    ask_end(which, partition);
  }
}

void consumer_supervisor_state::ask_end(const transport::topic_partition& which, watched_partition& partition) {
  if (!consumer_)
    return;
  partition.end_asked = true;
  self_->request(consumer_, caf::infinite, facts_request{which, partition.life, {}})
      .then(
          [this, which](const partition_facts& facts) {
            auto found = partitions_.find(which);
            if (found == partitions_.end())
              return;
            found->second.end_asked = false; // and again with the next tick, where it is not known
            if (!facts.failure && facts.end != transport::unknown_end)
              finish_partition_with(which, found->second, {facts.end});
          },
          [this, which](const caf::error&) {
            if (auto found = partitions_.find(which); found != partitions_.end())
              found->second.end_asked = false;
          });
}

void consumer_supervisor_state::failed(const message_failure& what) {
  if (auto found = partitions_.find(what.which); found != partitions_.end())
    found->second.poison.note(what.owner, what.offset, what.why);
}

void consumer_supervisor_state::ended(const processor_end& what) {
  auto found = partitions_.find(what.which);
  if (found == partitions_.end() || found->second.life != what.life)
    return;
  auto& partition = found->second;
  using how = processor_end::how;
  using phase = watched_partition::phase;
  switch (what.as) {
  case how::finished:
    settle(what.which, partition, partition.why ? phase::failed : phase::finished, partition.why);
    break;
  case how::fenced:
    settle(
        what.which, partition, phase::fenced,
        error{error_kind::fenced, child_name(what.which) + " was claimed by another process, which goes on with it"});
    break;
  case how::failed:
    settle(what.which, partition, phase::failed, what.why);
    break;
  case how::conflict:
    settle(what.which, partition, phase::failed, what.why);
    fail_all(*what.why, true);
    break;
  case how::store_failed:
    settle(what.which, partition, phase::failed, what.why);
    fail_all(*what.why, false);
    break;
  }
}

void consumer_supervisor_state::restart(const child_restart& what) {
  if (closing_)
    return;
  progress_->count_restart();
  children_->restart(what.name);
}

void consumer_supervisor_state::tick() {
  if (closed_)
    return;
  for (auto& [which, x] : partitions_)
    if (x.processor)
      self_->send(x.processor, tick_atom_v);
  check_drained();
  if (stop_by_ && self_->clock().now() >= *stop_by_ && !closing_)
    fail_all({error_kind::timed_out, "not everything could be saved in time; the last checkpoints hold"}, false);
  self_->delayed_send(self_, plan_->bounds.tick, tick_atom_v);
}

void consumer_supervisor_state::finish(const finish_request& what) {
  finish_ = what;
  for_each_partition([&](const transport::topic_partition& which, watched_partition& x) {
    auto found = what.ends.find(which);
    if (!x.why && !is_internal(which))
      finish_partition_with(which, x, {found == what.ends.end() ? 0 : found->second});
  });
  check_end();
}

void consumer_supervisor_state::stop() {
  if (std::exchange(stopping_, true))
    return;
  stop_by_ = self_->clock().now() + plan_->bounds.stop_within;
  for_each_partition(
      [this](const transport::topic_partition& which, watched_partition& x) { finish_partition_with(which, x, {}); });
  check_end();
}

void consumer_supervisor_state::abandon() {
  if (!failure_)
    failure_ = error{error_kind::internal, "the analysis was abandoned"};
  fail_all(*failure_, false);
}

void consumer_supervisor_state::for_each_partition(
    const std::function<void(const transport::topic_partition&, watched_partition&)>& what) {
  std::vector<transport::topic_partition> all;
  for (const auto& [which, x] : partitions_)
    all.push_back(which);
  for (const auto& which : all)
    if (auto found = partitions_.find(which); found != partitions_.end())
      what(which, found->second);
}

void consumer_supervisor_state::start_processor(const transport::topic_partition& which) {
  auto& partition = partitions_.at(which);
  const auto& writer = writer_of(which);
  partition.life = ++last_life_;
  partition.drained = false;
  partition.processor = self_->spawn(
      partition_processor,
      processor_start{plan_, progress_, which, partition.life, partition.fresh_from, partition.finish, partition.poison,
                      consumer_,
                      children_->find(writer) ? writer == writer_name ? writer_ : forwarder_ : store_writer_actor{},
                      consumer_supervisor_actor{self_}});
}

void consumer_supervisor_state::child_ended(const std::string& name, const caf::error& reason) {
  if (name == consumer_name) {
    consumer_ = nullptr;
    if (is_failure(reason))
      fail_all({error_kind::internal, "the consumer failed: " + text_of(reason)}, true);
    if (closing_ || !is_failure(reason))
      close(); // one that fails where it was to close has closed
  } else if (name == writer_name || name == forwarder_name) {
    (name == writer_name ? writer_ : forwarder_) = nullptr;
    if (closing_ && !writer_ && !forwarder_)
      closed();
  }
}

void consumer_supervisor_state::child_escalated(const std::string& name, const caf::error& reason) {
  error why{error_kind::internal,
            name + " failed more than " + std::to_string(plan_->restarts.restarts) + " times in " +
                format_duration(std::chrono::duration_cast<milliseconds>(plan_->restarts.within)) + ": " +
                text_of(reason)};
  if (name == writer_name || name == forwarder_name) {
    (name == writer_name ? writer_ : forwarder_) = nullptr;
    fail_all(std::move(why), false);
    return;
  }
  for_each_partition([&](const transport::topic_partition& which, watched_partition& x) {
    if (child_name(which) == name)
      settle(which, x, watched_partition::phase::failed, why);
  });
  fail_all(std::move(why), true);
}

void consumer_supervisor_state::finish_partition_with(const transport::topic_partition& which,
                                                      watched_partition& partition, finish_partition how) {
  if (partition.now != watched_partition::phase::working)
    return;
  partition.finish = how;
  if (children_->find(child_name(which)))
    self_->send(partition.processor, how);
  else if (!how.at) // it waits for its restart: its last checkpoint is all there is to save
    drop_processor(which, partition);
}

void consumer_supervisor_state::drop_processor(const transport::topic_partition& which, watched_partition& partition) {
  auto name = child_name(which);
  auto handle = children_->find(name);
  children_->forget(name);
  if (handle)
    caf::anon_send<caf::message_priority::high>(handle, caf::exit_msg{self_->address(), caf::exit_reason::kill});
  if (partition.now == watched_partition::phase::working)
    settle(which, partition, partition.why ? watched_partition::phase::failed : watched_partition::phase::finished,
           partition.why);
}

void consumer_supervisor_state::settle(const transport::topic_partition& which, watched_partition& partition,
                                       watched_partition::phase as, std::optional<error> why) {
  if (partition.now != watched_partition::phase::working)
    return;
  partition.now = as;
  partition.why = std::move(why);
  partition.processor = nullptr;
  // A conflict is the whole analysis's, and said by fail_all, once.
  if (partition.why && partition.why->kind != error_kind::conflict)
    spdlog::error("{} has ended: {}", child_name(which), partition.why->message);
  if (consumer_)
    self_->send(consumer_, end_partition{which});
  if (plan_->memory && is_internal(which)) {
    plan_->memory->abandon(which);
    // Its writers could never save again.
    if (partition.why && !stopping_)
      fail_all(*partition.why, true);
  }
  check_drained();
  check_revocations();
  check_end();
}

void consumer_supervisor_state::fail_all(error why, bool save) {
  if (!failure_) {
    spdlog::error("the analysis fails: {}", why.message);
    failure_ = std::move(why);
  }
  if (save) {
    stop();
  } else {
    stopping_ = true;
    for_each_partition(
        [this](const transport::topic_partition& which, watched_partition& x) { drop_processor(which, x); });
  }
  check_ready();
  check_end();
}

void consumer_supervisor_state::check_ready() {
  if (ready_told_)
    return;
  if (failure_) {
    ready_told_ = true;
    cast_.ready(tl::unexpected<error>(*failure_));
    return;
  }
  std::size_t wanted = 0;
  for (const auto& [topic, x] : plan_->topics)
    wanted += static_cast<std::size_t>(x.partitions);
  auto fed = std::count_if(partitions_.begin(), partitions_.end(), [](const auto& x) { return x.second.fed; });
  if (static_cast<std::size_t>(fed) == wanted) {
    ready_told_ = true;
    cast_.ready({});
  }
}

void consumer_supervisor_state::check_revocations() {
  for (auto revocation = revocations_.begin(); revocation != revocations_.end();) {
    bool settled = std::none_of(revocation->begin(), revocation->end(), [&](const auto& which) {
      auto found = partitions_.find(which);
      return found != partitions_.end() && found->second.now == watched_partition::phase::working;
    });
    if (!settled) {
      ++revocation;
      continue;
    }
    for (const auto& which : *revocation)
      partitions_.erase(which);
    if (consumer_)
      self_->send(consumer_, release_partitions{{revocation->begin(), revocation->end()}});
    revocation = revocations_.erase(revocation);
  }
}

void consumer_supervisor_state::check_end() {
  if (closing_)
    return;
  std::size_t working = 0;
  std::size_t failed = 0;
  for (const auto& [which, x] : partitions_) {
    working += x.now == watched_partition::phase::working ? 1 : 0;
    failed += x.now == watched_partition::phase::failed ? 1 : 0;
  }
  if (working > 0) {
    // Books of other topics alone are not what an analysis is for, and nobody would see that it does nothing else.
    if (!stopping_ && !plan_->until_end && !finish_ && nothing_left_to_analyse()) {
      spdlog::error("all partitions that the pipelines read here have ended: the analysis saves the others and ends");
      stop();
    }
    return;
  }
  bool all_failed = failed > 0 && failed == partitions_.size();
  bool to_end = assigned_ && (plan_->until_end || finish_);
  if (stopping_ || to_end || all_failed)
    close();
}

bool consumer_supervisor_state::nothing_left_to_analyse() const {
  auto any = false;
  for (const auto& [which, x] : partitions_) {
    if (!plan_->topics.at(which.topic).feeds_pipelines())
      continue;
    if (x.now != watched_partition::phase::failed)
      return false;
    any = true;
  }
  return any;
}

void consumer_supervisor_state::close() {
  if (!std::exchange(closing_, true) && consumer_) {
    self_->send(consumer_, close_atom_v);
    return;
  }
  if (consumer_)
    return; // it is closing
  auto any = false;
  for (const auto& name : {writer_name, forwarder_name})
    if (auto writer = children_->find(name)) {
      any = true;
      caf::anon_send_exit(writer, caf::exit_reason::user_shutdown);
    }
  if (!any)
    closed();
}

void consumer_supervisor_state::closed() {
  if (std::exchange(closed_, true))
    return;
  analysis_result result{failure_};
  for (const auto& [which, x] : partitions_)
    if (!result.failure && x.why)
      result.failure = x.why;
  if (!std::exchange(ready_told_, true))
    cast_.ready(result.failure ? expected<void>{tl::unexpected<error>(*result.failure)} : expected<void>{});
  cast_.ended(result);
  self_->quit();
}

consumer_supervisor_actor::behavior_type
consumer_supervisor(consumer_supervisor_actor::stateful_pointer<consumer_supervisor_state> self,
                    std::shared_ptr<const analysis_plan> plan, std::shared_ptr<analysis_progress> progress,
                    analysis_cast cast) {
  keep_exception_text(*self);
  self->state.begin(std::move(plan), std::move(progress), std::move(cast));
  return {
      [=](open_atom) { self->state.open(); },
      [=](const partitions_assigned& x) { self->state.assigned(x); },
      [=](const partitions_revoked& x) { self->state.revoked(x); },
      [=](const partition_failure& x) { self->state.failed(x); },
      [=](const source_failure& x) { self->state.failed(x); },
      [=](const processor_started& x) { self->state.started(x); },
      [=](const partition_drained& x) { self->state.drained(x); },
      [=](const message_failure& x) { self->state.failed(x); },
      [=](const processor_end& x) { self->state.ended(x); },
      [=](const child_restart& x) { self->state.restart(x); },
      [=](tick_atom) { self->state.tick(); },
      [=](const finish_request& x) { self->state.finish(x); },
      [=](stop_atom) { self->state.stop(); },
      [=](abandon_atom) { self->state.abandon(); },
  };
}

} // namespace throng::actors
