#include "actors/partition_feed.hpp"

#include <algorithm>
#include <string>

namespace throng::actors {

namespace {

/// Bytes of the messages from `offset` on.
std::size_t bytes_from(const transport::batch& batch, std::int64_t offset) {
  if (batch.messages.front().offset >= offset)
    return batch.bytes;
  std::size_t sum = 0;
  for (const auto& x : batch.messages)
    if (x.offset >= offset)
      sum += x.key.value_or("").size() + x.value.value_or("").size();
  return sum;
}

} // namespace

partition_feed::partition_feed(feed_limits limits)
    : limits_(limits) {}

void partition_feed::append(transport::batch_ptr batch) {
  if (batch->messages.empty())
    return;
  auto next = batch->next_offset();
  if (next > noted_to_) {
    untaken_.emplace_back(next, bytes_from(*batch, noted_to_));
    noted_to_ = next;
  }
  bytes_ += batch->bytes;
  waiting_ += batch->bytes;
  batches_.push_back(std::move(batch));
}

void partition_feed::reached_end(std::int64_t offset) {
  end_ = last_end_ = offset;
}

std::optional<transport::batch_ptr> partition_feed::next() {
  if (credit_ == 0 || handed_over_ == batches_.size())
    return std::nullopt;
  --credit_;
  auto batch = batches_[handed_over_];
  waiting_ -= batch->bytes;
  ++handed_over_;
  if (limits_.replay_bytes == 0)
    drop_front();
  return batch;
}

std::optional<std::int64_t> partition_feed::next_end() {
  if (handed_over_ != batches_.size())
    return std::nullopt;
  return std::exchange(end_, std::nullopt);
}

void partition_feed::grant(std::uint32_t batches) {
  credit_ += batches;
}

std::size_t partition_feed::taken_in(std::int64_t next_offset) {
  std::size_t bytes = 0;
  for (; !untaken_.empty() && untaken_.front().first <= next_offset; untaken_.pop_front()) {
    bytes += untaken_.front().second;
    taken_to_ = untaken_.front().first;
  }
  return bytes;
}

expected<bool> partition_feed::restart(std::int64_t offset, std::uint32_t credit) {
  credit_ = credit;
  if (limits_.replay_bytes == 0 || !started_) {
    batches_.clear();
    handed_over_ = bytes_ = waiting_ = 0;
    end_.reset();
    // What a life took in and saved but did not report any more is taken in; the rest comes again, in other batches perhaps.
    while (!untaken_.empty() && untaken_.back().first > offset)
      untaken_.pop_back();
    noted_to_ = untaken_.empty() ? taken_to_ : untaken_.back().first;
    trimmed_to_ = offset;
    started_ = true;
    return false;
  }
  if (offset < trimmed_to_)
    return fail(error_kind::exhausted, "offset " + std::to_string(offset) +
                                           " is not in memory any more, which begins at " +
                                           std::to_string(trimmed_to_));
  auto first = std::find_if(batches_.begin(), batches_.end(),
                            [&](const transport::batch_ptr& x) { return x->next_offset() > offset; });
  handed_over_ = static_cast<std::size_t>(first - batches_.begin());
  waiting_ = 0;
  for (; first != batches_.end(); ++first)
    waiting_ += (*first)->bytes;
  // The end may have been told to the life before only; the source tells it once.
  end_ = end_ ? end_ : last_end_;
  return true;
}

void partition_feed::trim(std::int64_t oldest) {
  trimmed_to_ = std::max(trimmed_to_, oldest);
  auto before = bytes_;
  while (handed_over_ > 0 && batches_.front()->next_offset() <= oldest)
    drop_front();
  // A log keeps the epoch before as well: it can take two checkpoints until the first lets anything go, but never many.
  if (bytes_ < before || bytes_ < limits_.replay_bytes / 2)
    asked_in_vain_ = 0;
  checkpoint_asked_ = false;
}

bool partition_feed::wants_pause() {
  auto over = [&](std::size_t part) {
    return waiting_ >= limits_.waiting_bytes / part ||
           (limits_.replay_bytes > 0 && bytes_ >= limits_.replay_bytes / part);
  };
  pausing_ = pausing_ ? over(2) : over(1);
  return pausing_;
}

bool partition_feed::wants_checkpoint() {
  if (limits_.replay_bytes == 0 || checkpoint_asked_ || asked_in_vain_ == 3 || bytes_ < limits_.replay_bytes / 2)
    return false;
  checkpoint_asked_ = true;
  ++asked_in_vain_;
  return true;
}

void partition_feed::drop_front() {
  bytes_ -= batches_.front()->bytes;
  batches_.pop_front();
  --handed_over_;
}

} // namespace throng::actors
