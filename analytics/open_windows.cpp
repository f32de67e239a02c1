#include "analytics/open_windows.hpp"

#include <algorithm>
#include <utility>

namespace throng::analytics {

namespace {

/// The greatest start of an aligned window that is not after `t`: windows start at offset + n * every.
std::int64_t last_start(const window_plan& plan, std::int64_t t) {
  auto every = plan.every.count();
  auto offset = plan.offset.count();
  return floor_div(t - offset, every) * every + offset;
}

} // namespace

open_windows::open_windows(const window_plan& plan, const task_identity& who, group_table& groups,
                           std::string state_prefix, pane_map& panes)
    : plan_(&plan)
    , who_(&who)
    , groups_(&groups)
    , prefix_(std::move(state_prefix))
    , panes_(&panes) {}

open_windows::place open_windows::place_of(std::int64_t time) const {
  if (plan_->calendar) {
    auto unit = plan_->calendar->at(time);
    return {unit.start, unit.end, unit.start, unit.end, unit.start, unit.end};
  }
  const auto size = plan_->size.count();
  const auto every = plan_->every.count();
  auto start = last_start(*plan_, time);
  // Windows end at `rest` behind each start.
  auto rest = size % every;
  place lies{start, start + every, 0, 0, start, start + size};
  if (rest > 0) {
    if (time < start + rest)
      lies.end = start + rest;
    else
      lies.start = start + rest;
  }
  lies.first_window = last_start(*plan_, lies.start - size) + every;
  lies.first_end = lies.first_window + size;
  return lies;
}

std::int64_t open_windows::window_end(std::int64_t start) const {
  return plan_->calendar ? plan_->calendar->at(start).end : start + plan_->size.count();
}

std::uint32_t open_windows::windows_of(const place& lies) const {
  if (lies.first_window == lies.last_window)
    return 1;
  return static_cast<std::uint32_t>((lies.last_window - lies.first_window) / plan_->every.count() + 1);
}

std::uint32_t open_windows::final_ones(const place& lies, timestamp watermark) const {
  if (watermark == watermark::none)
    return 0;
  if (plan_->calendar)
    return reached(watermark, timestamp{lies.end} + plan_->lateness) ? 1 : 0;
  auto behind = watermark.ms - plan_->lateness.count() - lies.first_end;
  if (behind < 0)
    return 0;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(behind / plan_->every.count() + 1, windows_of(lies)));
}

void open_windows::add_beside(const event& e, group_table::id group, const place& lies, timestamp watermark) {
  const auto every = plan_->every.count();
  for (auto start = lies.first_window + final_ones(lies, watermark) * every; start <= lies.last_window;
       start += every) {
    auto& beside = extra_at(open_window(start, start + plan_->size.count(), watermark), group);
    if (!beside.own) {
      beside.own = std::make_unique<window_cell>(*plan_);
      ++size_;
    }
    beside.own->add(*plan_, e, {e.time, e.origin.source, e.origin.source_offset});
    beside.changed = panes_->events;
    mark_unsaved(start, group, beside);
  }
}

void open_windows::count_late(const place& lies, group_table::id group, timestamp watermark) {
  if (!reached(watermark, {lies.first_end}))
    return;
  const auto first = lies.first_window + final_ones(lies, watermark) * plan_->every.count();
  for (auto it = windows_.lower_bound(first); it != windows_.end() && it->first <= lies.last_window; ++it) {
    auto& [start, what] = *it;
    if (!reached(watermark, {what.end}))
      return;
    auto& beside = extra_at(what, group);
    ++beside.late;
    mark_unsaved(start, group, beside);
    ended_changed_.emplace_back(start, group);
  }
}

void open_windows::open(const place& lies, timestamp watermark) {
  if (plan_->calendar) {
    open_window(lies.start, lies.end, watermark);
    return;
  }
  const auto every = plan_->every.count();
  for (auto start = lies.first_window + final_ones(lies, watermark) * every; start <= lies.last_window; start += every)
    open_window(start, start + plan_->size.count(), watermark);
}

open_windows::window& open_windows::open_window(std::int64_t start, std::int64_t end, timestamp watermark) {
  auto [found, made] = windows_.try_emplace(start);
  if (made) {
    found->second.end = end;
    // Whether it has ended by what the event is judged by or not: the watermark of those that were re-keyed may be behind.
    next_due_ = std::min({next_due_, end, next_tick(*plan_, watermark)});
  }
  return found->second;
}

open_windows::extra& open_windows::extra_at(window& in, group_table::id group) {
  auto [found, made] = in.extras.try_emplace(group);
  if (made)
    groups_->hold(group);
  return found->second;
}

void open_windows::mark_unsaved(std::int64_t start, group_table::id group, extra& what) {
  if (!std::exchange(what.unsaved, true))
    unsaved_.emplace_back(start, group);
}

void open_windows::settle(timestamp from, timestamp to, effects& out) {
  const auto tick = ticked(*plan_, from, to);
  for (auto it = windows_.begin(); it != windows_.end();) {
    auto& [start, what] = *it;
    timestamp end{what.end};
    if (reached(to, end + plan_->lateness)) {
      write(start, what, true, out);
      drop(start, what);
      it = windows_.erase(it);
      continue;
    }
    if (tick || (reached(to, end) && !reached(from, end)))
      write(start, what, false, out);
    else if (!reached(to, end))
      break; // nor have those behind it
    ++it;
  }
  find_next_due(to);
}

void open_windows::drop(std::int64_t start, window& what) {
  for (const auto& [group, beside] : what.extras) {
    if (beside.saved_before)
      removed_.push_back(extra_key(start, group));
    if (beside.own)
      --size_;
    groups_->release(group);
  }
}

void open_windows::find_next_due(timestamp watermark) {
  next_due_ = INT64_MAX;
  if (windows_.empty())
    return;
  next_due_ = windows_.begin()->second.end + plan_->lateness.count();
  auto ends = plan_->calendar ? windows_.begin() : windows_.upper_bound(watermark.ms - plan_->size.count());
  while (ends != windows_.end() && reached(watermark, {ends->second.end}))
    ++ends;
  if (ends != windows_.end())
    next_due_ = std::min(next_due_, ends->second.end);
  next_due_ = std::min(next_due_, next_tick(*plan_, watermark));
}

void open_windows::write(std::int64_t start, window& what, bool final, effects& out) {
  if (!final && what.written == panes_->events)
    return;
  parts_.clear();
  for (auto it = panes_->by_start.lower_bound(start); it != panes_->by_start.end() && it->first < what.end; ++it)
    for (const auto& each : it->second.cells)
      parts_.push_back({each.group, &each});
  for (const auto& [group, beside] : what.extras)
    if (beside.own)
      parts_.push_back({group, nullptr});
  write_parts(start, what, final, out);
  what.written = panes_->events;
}

/// Writes the groups of parts_ that have changed since the window was last written, or all; by key.
void open_windows::write_parts(std::int64_t start, window& what, bool final, effects& out) {
  // Panes stay in order of time within a group: sums are the same in their last bits after a crash.
  std::stable_sort(parts_.begin(), parts_.end(), [](const part& a, const part& b) { return a.group < b.group; });
  using run = std::pair<std::vector<part>::const_iterator, std::vector<part>::const_iterator>;
  std::vector<run> runs;
  for (auto it = parts_.cbegin(); it != parts_.cend();) {
    auto next = std::find_if(it, parts_.cend(), [&](const part& each) { return each.group != it->group; });
    if (final || std::any_of(it, next, [&](const part& each) {
          return (each.from == nullptr ? what.extras.at(each.group).changed : each.from->changed) > what.written;
        }))
      runs.emplace_back(it, next);
    it = next;
  }
  std::sort(runs.begin(), runs.end(),
            [this](const run& a, const run& b) { return groups_->key(a.first->group) < groups_->key(b.first->group); });
  for (const auto& [begin, end] : runs) {
    window_view view{start, what.end, begin->group, 0, final};
    auto beside = what.extras.find(begin->group);
    if (beside != what.extras.end())
      view.late = beside->second.late;
    if (end - begin == 1 && begin->from != nullptr) {
      out.documents.push_back(window_document(*plan_, *who_, *groups_, view, begin->from->holds));
      continue;
    }
    window_cell whole{*plan_};
    for (auto it = begin; it != end; ++it)
      whole.merge(*plan_, it->from == nullptr ? *beside->second.own : it->from->holds);
    out.documents.push_back(window_document(*plan_, *who_, *groups_, view, whole));
  }
}

void open_windows::write_changed(bool only_ended, timestamp watermark, effects& out) {
  auto changed = std::move(ended_changed_);
  ended_changed_.clear();
  if (!only_ended) {
    for (auto& [start, what] : windows_)
      write(start, what, false, out);
    return;
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (auto it = changed.begin(); it != changed.end();) {
    const auto start = it->first;
    auto found = windows_.find(start); // none: final meanwhile, and written as such
    const bool gone = found == windows_.end();
    // A re-keyed event is judged by its own partition's watermark, which may be ahead: such a window's end is yet to come.
    const bool ended = !gone && reached(watermark, {found->second.end});
    parts_.clear();
    for (; it != changed.end() && it->first == start; ++it) {
      if (!gone && !ended)
        ended_changed_.push_back(*it);
      if (!ended)
        continue;
      const auto group = it->second;
      for (auto in = panes_->by_start.lower_bound(start); in != panes_->by_start.end() && in->first < found->second.end;
           ++in)
        if (auto at = in->second.places.find(group); at != in->second.places.end())
          parts_.push_back({group, &in->second.cells[at->second]});
      if (auto beside = found->second.extras.find(group); beside != found->second.extras.end() && beside->second.own)
        parts_.push_back({group, nullptr});
    }
    if (parts_.empty())
      continue;
    write_parts(start, found->second, false, out);
    found->second.written = panes_->events;
  }
}

std::string open_windows::extra_key(std::int64_t start, group_table::id group) const {
  return prefix_ + 'x' + std::to_string(start) + '/' + groups_->key(group);
}

void open_windows::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  auto put_extra = [&](std::int64_t start, group_table::id group, extra& what) {
    what.unsaved = false;
    what.saved_before = true;
    std::string bytes;
    byte_writer out{bytes};
    out.varint(what.late);
    out.u8(what.own ? 1 : 0);
    if (what.own)
      what.own->save(*plan_, out);
    put({extra_key(start, group), std::move(bytes)});
  };
  if (only_changes) {
    for (auto& key : removed_)
      put({std::move(key), std::nullopt});
    for (const auto& [start, group] : unsaved_)
      if (auto found = windows_.find(start); found != windows_.end())
        put_extra(start, group, found->second.extras.at(group));
  } else {
    for (auto& [start, in] : windows_)
      for (auto& [group, what] : in.extras)
        put_extra(start, group, what);
  }
  removed_.clear();
  unsaved_.clear();
}

/// What a checkpoint's entry says of a window's group beside its panes, to be filled in.
std::pair<const group_table::id, open_windows::extra>& open_windows::restored_extra(const entry_name& name) {
  if (place_of(name.start).last_window != name.start)
    throw corrupt_state{"a window that does not begin where one may"};
  auto& in = windows_[name.start];
  in.end = window_end(name.start);
  const auto group = groups_->restore(name.group);
  extra_at(in, group);
  return *in.extras.find(group);
}

void open_windows::restore(std::string_view key, std::string_view bytes) {
  if (key.empty() || key.front() != 'x') {
    restore_whole_window(key, bytes);
    return;
  }
  auto& what = restored_extra(read_name(key.substr(1))).second;
  byte_reader in{bytes};
  what.late = in.varint();
  what.saved_before = true;
  if (auto flag = in.u8(); flag > 1) {
    throw corrupt_state{"an impossible flag"};
  } else if (flag == 1) {
    what.own = std::make_unique<window_cell>(*plan_);
    what.own->load(*plan_, in);
    what.changed = 1;
    ++size_;
  }
  if (!in.at_end())
    throw corrupt_state{"more bytes than a window has"};
}

/// An entry of schema 1, `START/GROUP`: one window of a group, with all its events.
void open_windows::restore_whole_window(std::string_view key, std::string_view bytes) {
  const auto name = read_name(key);
  auto& [group, what] = restored_extra(name);
  byte_reader in{bytes};
  what.own = std::make_unique<window_cell>(*plan_);
  what.own->events = in.varint();
  what.late = in.varint();
  what.own->offset = in.i64();
  for (std::size_t i = 0; i < plan_->fields.size(); ++i)
    what.own->fields[i] = aggregate_cell::load(plan_->fields[i].plan, in);
  if (!in.at_end())
    throw corrupt_state{"more bytes than a window has"};
  ++size_;
  what.changed = 1;
  // The next checkpoint holds it under its new name; the old one goes.
  removed_.push_back(prefix_ + std::string{key});
  mark_unsaved(name.start, group, what);
}

void open_windows::restored(timestamp watermark) {
  if (panes_->by_start.empty() && windows_.empty())
    return;
  if (watermark == watermark::none)
    throw corrupt_state{"open windows without a watermark"};
  for (const auto& [start, in] : panes_->by_start)
    open(place_of(start), watermark);
  for (const auto& [start, what] : windows_) {
    if (!reached(watermark, {what.end}))
      break;
    if (reached(watermark, timestamp{what.end} + plan_->lateness))
      throw corrupt_state{"a final window that is still open"};
    for (auto it = panes_->by_start.lower_bound(start); it != panes_->by_start.end() && it->first < what.end; ++it)
      for (const auto& each : it->second.cells)
        ended_changed_.emplace_back(start, each.group);
    for (const auto& [group, beside] : what.extras)
      if (beside.own)
        ended_changed_.emplace_back(start, group);
  }
  find_next_due(watermark);
}

} // namespace throng::analytics
