#include "analytics/session_windows.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

namespace throng::analytics {

session_windows::session_windows(const window_plan& plan, const task_identity& who, group_table& groups,
                                 std::string state_prefix)
    : plan_(&plan)
    , who_(&who)
    , groups_(&groups)
    , prefix_(std::move(state_prefix)) {}

window_set::placing session_windows::add(const event& e, group_table::id group, timestamp watermark, effects& out) {
  const auto time = e.time.ms;
  const auto gap = plan_->size.count();
  if (watermark != watermark::none && watermark.ms - plan_->lateness.count() >= time + gap)
    return {1, 0};
  if (group >= of_group_.size())
    of_group_.resize(std::size_t{group} + 1);
  auto& ours = of_group_[group];
  // The sessions that lie less than a gap away: neighbours of each other, as any two are at least a gap apart; so at most two.
  auto near = std::find_if(ours.begin(), ours.end(), [&](number each) { return time < end_of(sessions_[each]); });
  number into = 0;
  if (near == ours.end() || sessions_[*near].start - time >= gap) {
    auto place = near - ours.begin();
    into = make(group, time);
    of_group_[group].insert(of_group_[group].begin() + place, into);
  } else {
    into = *near;
    auto& what = sessions_[into];
    if (time < what.start) {
      supersede(what, out, e.origin.offset);
      what.start = time;
    }
    what.last = std::max(what.last, time);
    if (auto next = near + 1; next != ours.end() && sessions_[*next].start - time < gap) {
      auto gone = *next;
      ours.erase(next);
      merge(into, gone, out, e.origin.offset);
    }
  }
  auto& what = sessions_[into];
  what.holds.add(*plan_, e, {e.time, e.origin.source, e.origin.source_offset});
  if (watermark != watermark::none && watermark.ms >= time + gap)
    ++what.late;
  mark(into);
  // It has a turn at the end it had before: that is early enough, unless it had ended and is open again.
  auto due = reached(now_, {end_of(what)}) ? final_at(what) : end_of(what);
  if (due < what.queued)
    queue(into, due);
  next_due_ = std::min(next_due_, next_tick(*plan_, watermark));
  return {0, 1};
}

session_windows::number session_windows::make(group_table::id group, std::int64_t time) {
  number which = 0;
  if (free_.empty()) {
    which = static_cast<number>(sessions_.size());
    sessions_.push_back({group, time, time, 0, window_cell{*plan_}, 0, 0, false, false, false, false});
  } else {
    which = free_.back();
    free_.pop_back();
    sessions_[which] = {group, time, time, 0, window_cell{*plan_}, 0, 0, false, false, false, false};
  }
  sessions_[which].serial = ++made_;
  sessions_[which].queued = INT64_MAX;
  groups_->hold(group);
  ++size_;
  return which;
}

/// @pre it does not stand in of_group_ any more
void session_windows::drop(number which) {
  auto& what = sessions_[which];
  forget_entry(what);
  what.serial = 0;
  what.holds = window_cell{*plan_};
  groups_->release(what.group);
  free_.push_back(which);
  --size_;
}

void session_windows::merge(number into, number gone, effects& out, std::int64_t offset) {
  auto& stays = sessions_[into];
  auto& goes = sessions_[gone];
  supersede(goes, out, offset);
  stays.holds.merge(*plan_, goes.holds);
  stays.late += goes.late;
  stays.last = std::max(stays.last, goes.last);
  drop(gone);
}

/// Its document under its present start is no result any more.
void session_windows::supersede(session& what, effects& out, std::int64_t offset) {
  if (what.written)
    out.documents.push_back(superseded_window(*plan_, *who_, *groups_, what.start, what.group, offset));
  what.written = false;
  forget_entry(what);
}

void session_windows::forget_entry(session& what) {
  if (what.saved_before)
    removed_.push_back(state_key(what));
  what.saved_before = false;
}

void session_windows::mark(number which) {
  auto& what = sessions_[which];
  if (!what.unwritten) {
    what.unwritten = true;
    unwritten_.emplace_back(which, what.serial);
  }
  if (!what.unsaved) {
    what.unsaved = true;
    unsaved_.emplace_back(which, what.serial);
  }
}

void session_windows::queue(number which, std::int64_t due) {
  sessions_[which].queued = due;
  queue_.push_back({due, which, sessions_[which].serial});
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>{});
  next_due_ = std::min(next_due_, due);
}

void session_windows::settle(timestamp from, timestamp to, effects& out) {
  if (ticked(*plan_, from, to))
    write_changed(false, to, out);
  std::vector<number> ended;
  std::vector<number> final;
  while (!queue_.empty() && queue_.front().due <= to.ms) {
    auto now = queue_.front();
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>{});
    queue_.pop_back();
    auto& what = sessions_[now.which];
    if (what.serial != now.serial || what.queued != now.due)
      continue;
    if (reached(to, {final_at(what)})) {
      what.queued = INT64_MAX;
      final.push_back(now.which);
    } else if (reached(to, {end_of(what)})) {
      ended.push_back(now.which);
      queue(now.which, final_at(what));
    } else {
      queue(now.which, end_of(what));
    }
  }
  std::erase_if(ended, [this](number each) { return !sessions_[each].unwritten; });
  write(ended, false, out);
  write(final, true, out);
  for (auto which : final) {
    auto& ours = of_group_[sessions_[which].group];
    ours.erase(std::find(ours.begin(), ours.end(), which));
    drop(which);
  }
  find_next_due(to);
}

void session_windows::find_next_due(timestamp watermark) {
  next_due_ = queue_.empty() ? INT64_MAX : queue_.front().due;
  if (size_ > 0)
    next_due_ = std::min(next_due_, next_tick(*plan_, watermark));
}

void session_windows::write_changed(bool only_ended, timestamp watermark, effects& out) {
  // One that was written when it ended and has changed since stands in the list twice.
  std::sort(unwritten_.begin(), unwritten_.end());
  unwritten_.erase(std::unique(unwritten_.begin(), unwritten_.end()), unwritten_.end());
  std::vector<number> chosen;
  std::vector<std::pair<number, std::uint64_t>> left;
  for (const auto& [which, serial] : unwritten_) {
    const auto& what = sessions_[which];
    if (what.serial != serial || !what.unwritten)
      continue;
    if (only_ended && !reached(watermark, {end_of(what)}))
      left.emplace_back(which, serial);
    else
      chosen.push_back(which);
  }
  unwritten_ = std::move(left);
  write(chosen, false, out);
}

/// In order of (start, group key), whatever their numbers are.
void session_windows::write(const std::vector<number>& which, bool final, effects& out) {
  auto ordered = which;
  std::sort(ordered.begin(), ordered.end(), [this](number a, number b) {
    const auto& x = sessions_[a];
    const auto& y = sessions_[b];
    return x.start != y.start ? x.start < y.start : groups_->key(x.group) < groups_->key(y.group);
  });
  for (auto each : ordered) {
    auto& what = sessions_[each];
    what.unwritten = false;
    what.written = true;
    out.documents.push_back(
        window_document(*plan_, *who_, *groups_, {what.start, end_of(what), what.group, what.late, final}, what.holds));
  }
}

std::string session_windows::state_key(const session& what) const {
  return prefix_ + 's' + std::to_string(what.start) + '/' + groups_->key(what.group);
}

void session_windows::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  auto put_one = [&](session& what) {
    what.unsaved = false;
    what.saved_before = true;
    std::string bytes;
    byte_writer out{bytes};
    out.i64(what.last);
    out.varint(what.late);
    what.holds.save(*plan_, out);
    put({state_key(what), std::move(bytes)});
  };
  if (only_changes) {
    // Removals first: a session may begin where one that is gone began.
    for (auto& key : removed_)
      put({std::move(key), std::nullopt});
    for (const auto& [which, serial] : unsaved_)
      if (sessions_[which].serial == serial)
        put_one(sessions_[which]);
  } else {
    for (auto& what : sessions_)
      if (what.serial != 0)
        put_one(what);
  }
  removed_.clear();
  unsaved_.clear();
}

void session_windows::restore(std::size_t entry, std::string_view key, std::string_view bytes) {
  assert(entry == 0);
  (void)entry;
  if (key.empty() || key.front() != 's')
    throw corrupt_state{"a session's entry whose key names no session"};
  auto name = read_name(key.substr(1));
  auto group = groups_->restore(name.group);
  byte_reader in{bytes};
  auto which = make(group, name.start);
  auto& what = sessions_[which];
  what.last = in.i64();
  what.late = in.varint();
  what.holds.load(*plan_, in);
  if (!in.at_end())
    throw corrupt_state{"more bytes than a session has"};
  if (what.last < what.start)
    throw corrupt_state{"a session that ends before it begins"};
  what.saved_before = true;
  // An earlier processor may have written it behind the checkpoint.
  what.written = true;
  what.unwritten = true;
  unwritten_.emplace_back(which, what.serial);
  if (group >= of_group_.size())
    of_group_.resize(std::size_t{group} + 1);
  of_group_[group].push_back(which);
}

void session_windows::restored(timestamp watermark) {
  now_ = watermark;
  if (size_ == 0)
    return;
  if (watermark == watermark::none)
    throw corrupt_state{"open sessions without a watermark"};
  for (auto& ours : of_group_) {
    std::sort(ours.begin(), ours.end(), [this](number a, number b) { return sessions_[a].start < sessions_[b].start; });
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const auto& what = sessions_[ours[i]];
      if (i > 0 && what.start < end_of(sessions_[ours[i - 1]]))
        throw corrupt_state{"sessions of a group that touch"};
      queue(ours[i], reached(watermark, {end_of(what)}) ? final_at(what) : end_of(what));
    }
  }
  find_next_due(watermark);
}

} // namespace throng::analytics
