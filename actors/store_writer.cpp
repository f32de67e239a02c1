#include "actors/store_writer.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "storage/checkpoint_header.hpp"

namespace throng::actors {

namespace {

constexpr restart_backoff between_tries{std::chrono::milliseconds{50}, std::chrono::seconds{2}};

} // namespace

store_writer_state::store_writer_state(store_writer_actor::pointer self)
    : self_(self) {}

void store_writer_state::begin(std::shared_ptr<const analysis_plan> plan) {
  plan_ = std::move(plan);
  at_once_ = plan_->bounds.documents_a_write;
}

void store_writer_state::work() {
  scheduled_ = false;
  if (!jobs_.empty())
    std::visit([this](auto& x) { work_on(x); }, jobs_.front());
}

void store_writer_state::work_on(write_job&) {
  auto together = group();
  if (!together.front()->stored && !store(together))
    return;
  auto& first = *together.front();
  auto failed = keep_inputs(*first.what.results);
  if (!failed)
    failed = put_rows(first);
  if (!failed)
    failed = send_messages(together);
  if (failed && failed->retryable && try_again(*failed))
    return;
  if (failed && together.size() > 1) {
    part(together);
    return;
  }
  for (auto* x : together)
    x->answer.deliver(write_reply{x->what.id, failed, *x->stored});
  remove_front(together.size());
}

/// False: that was all for now.
bool store_writer_state::store(const std::vector<write_job*>& together) {
  if (together.size() == 1)
    return store_alone(*together.front());
  batch_.clear();
  for (auto* x : together)
    for (std::size_t i = 0; i < x->what.results->documents.size(); ++i)
      batch_.push_back({&x->what.results->documents[i], x->what.results->stamps[i]});
  // An empty bulk is an error to some stores.
  auto written = batch_.empty() ? storage::write_summary{} : plan_->store->write(batch_);
  if (!written && written.error().retryable && try_fewer_again(written.error()))
    return false;
  if (!written || written->fenced > 0) {
    part(together);
    return false;
  }
  stored_some();
  for (auto* x : together)
    x->stored = storage::write_summary{x->what.results->documents.size(), 0, 0};
  return true;
}

/// In as many calls as it takes; what is written by one of them is not written again.
bool store_writer_state::store_alone(write_job& of) {
  const auto& results = *of.what.results;
  while (of.written < results.documents.size()) {
    const auto end = std::min(of.written + at_once_, results.documents.size());
    batch_.clear();
    for (auto i = of.written; i < end; ++i)
      batch_.push_back({&results.documents[i], results.stamps[i]});
    auto written = plan_->store->write(batch_);
    if (!written && written.error().retryable && try_fewer_again(written.error()))
      return false;
    if (!written) {
      of.answer.deliver(write_reply{of.what.id, written.error(), {}});
      remove_front(1);
      return false;
    }
    of.written = end;
    of.sum.written += written->written;
    of.sum.fenced += written->fenced;
    of.sum.repeated += written->repeated;
    stored_some();
  }
  of.stored = of.sum;
  return true;
}

void store_writer_state::stored_some() {
  const auto most = plan_->bounds.documents_a_write;
  at_once_ = std::min(at_once_ + most / 32 + 1, most);
  failing_since_.reset();
  tries_ = 0;
}

bool store_writer_state::try_fewer_again(const error& why) {
  at_once_ = std::max(at_once_ / 2, std::size_t{1});
  return try_again(why);
}

std::optional<error> store_writer_state::keep_inputs(const result_batch& of) {
  if (of.inputs.empty())
    return std::nullopt;
  auto kept = plan_->store->put_records("inputs", of.inputs);
  return kept ? std::nullopt : std::optional{kept.error()};
}

std::optional<error> store_writer_state::put_rows(write_job& of) {
  for (const auto& rows = of.what.results->rows; of.rows_put < rows.size(); ++of.rows_put) {
    const auto& next = rows[of.rows_put];
    const auto still_ours = [this, &next]() -> expected<void> {
      auto header = plan_->store->header(storage::header_id(next.sink, next.topic, next.partition));
      if (!header)
        return tl::unexpected{header.error()};
      if (!*header || (*header)->generation != next.generation)
        return fail(error_kind::fenced, next.sink + ": another process has taken the partition over");
      return {};
    };
    if (auto done = plan_->sinks.at(next.sink)->put(next, still_ours); !done)
      return done.error();
  }
  return std::nullopt;
}

std::optional<error> store_writer_state::send_messages(const std::vector<write_job*>& together) {
  if (!plan_->side_messages)
    return std::nullopt;
  messages_.clear();
  std::span<const analytics::side_message> all = together.front()->what.results->messages;
  if (together.size() > 1) {
    for (auto* x : together)
      messages_.insert(messages_.end(), x->what.results->messages.begin(), x->what.results->messages.end());
    all = messages_;
  }
  if (all.empty())
    return std::nullopt;
  auto sent = plan_->side_messages(all);
  return sent ? std::nullopt : std::optional{sent.error()};
}

/// Whose document or message was refused, or who is fenced, shows when each goes alone; what was written already is a repeat then.
void store_writer_state::part(const std::vector<write_job*>& together) {
  for (auto* x : together)
    x->alone = true;
  schedule();
}

void store_writer_state::work_on(claim_job& what) {
  if (!what.claimed) {
    auto claimed = what.what.log->claim();
    if (!claimed && claimed.error().retryable && try_again(claimed.error()))
      return;
    if (!claimed || !what.what.then) {
      what.answer.deliver(claim_reply{what.what.id, std::move(claimed)});
      remove_front(1);
      return;
    }
    what.claimed = std::move(*claimed);
  }
  const auto done = what.what.then(*what.claimed);
  if (!done && done.error().retryable && try_again(done.error()))
    return;
  what.answer.deliver(claim_reply{what.what.id, done ? expected<storage::claimed>{std::move(*what.claimed)}
                                                     : tl::unexpected<error>{done.error()}});
  remove_front(1);
}

void store_writer_state::work_on(save_job& what) {
  const auto& wanted = what.what;
  auto saved = wanted.log->save(wanted.entries, wanted.whole, wanted.next_offset, wanted.last);
  if (!saved && saved.error().retryable && try_again(saved.error()))
    return;
  save_reply reply{wanted.id, std::nullopt};
  if (!saved)
    reply.failure = saved.error();
  what.answer.deliver(std::move(reply));
  remove_front(1);
}

std::vector<store_writer_state::write_job*> store_writer_state::group() {
  auto size = [](const write_job& x) { return x.what.results->documents.size() + x.what.results->messages.size(); };
  std::vector<write_job*> result{&std::get<write_job>(jobs_.front())};
  const auto& first = *result.front();
  const auto apart = [](const result_batch& x) { return !x.inputs.empty() || !x.rows.empty(); };
  if (first.alone || apart(*first.what.results))
    return result;
  auto together = size(first);
  for (auto next = std::next(jobs_.begin()); next != jobs_.end(); ++next) {
    auto* more = std::get_if<write_job>(&*next);
    // Whose documents are stored already waits for its messages only: what came since is not stored with it.
    if (!more || more->alone || apart(*more->what.results) || more->stored.has_value() != first.stored.has_value())
      break;
    together += size(*more);
    if (together > at_once_)
      break;
    result.push_back(more);
  }
  return result;
}

bool store_writer_state::try_again(const error& why) {
  auto now = self_->clock().now();
  if (!failing_since_)
    failing_since_ = now;
  ++tries_;
  // Readers make room within moments.
  auto wait = why.kind == error_kind::exhausted ? between_tries.before(1) : between_tries.before(tries_);
  if (now + wait - *failing_since_ > plan_->bounds.retry_for)
    return false;
  // A forwarder that waits for its readers is no news.
  if (tries_ == 1 && why.kind != error_kind::exhausted)
    spdlog::warn("results are not taken, trying again: {}", why.message);
  scheduled_ = true;
  self_->delayed_send(self_, wait, work_atom_v);
  return true;
}

void store_writer_state::remove_front(std::size_t jobs) {
  jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(jobs));
  failing_since_.reset();
  tries_ = 0;
  if (!jobs_.empty())
    schedule();
}

void store_writer_state::schedule() {
  if (!std::exchange(scheduled_, true))
    self_->send(self_, work_atom_v);
}

store_writer_actor::behavior_type store_writer(store_writer_actor::stateful_pointer<store_writer_state> self,
                                               std::shared_ptr<const analysis_plan> plan) {
  keep_exception_text(*self);
  self->state.begin(std::move(plan));
  return {
      [=](const write_request& what) { return self->state.queue(what); },
      [=](const claim_request& what) { return self->state.queue(what); },
      [=](const save_request& what) { return self->state.queue(what); },
      [=](work_atom) { self->state.work(); },
  };
}

} // namespace throng::actors
