#include "analytics/pane_windows.hpp"

#include <algorithm>
#include <utility>

namespace throng::analytics {

bool share_panes(const window_plan& a, const window_plan& b) {
  const auto whole_panes = [](const window_plan& each) {
    return each.kind == window_plan::shape::aligned && each.size.count() % each.every.count() == 0;
  };
  return whole_panes(a) && whole_panes(b) && a.every == b.every && a.group == b.group &&
         (a.offset - b.offset).count() % a.every.count() == 0 &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    [](const window_plan::field& x, const window_plan::field& y) {
                      return x.from == y.from && x.plan.wanted == y.plan.wanted;
                    });
}

pane_windows::pane_windows(const std::vector<const window_plan*>& entries, const task_identity& who,
                           group_table& groups, std::vector<std::string> prefixes)
    : groups_(&groups) {
  entries_.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries_.emplace_back(*entries[i], who, groups, std::move(prefixes[i]), panes_);
}

window_set::placing pane_windows::add(const event& e, group_table::id group, timestamp watermark, effects& out) {
  (void)out; // nothing is superseded
  const auto time = e.time.ms;
  placing where;
  bool beside = false; // some windows are final to the event, and open to us
  for (auto& each : entries_) {
    const auto& lies = each.around(time);
    const auto left_out = each.final_ones(lies, watermark);
    where.left_out += left_out;
    where.taken += each.windows_of(lies) - left_out;
    beside = beside || (watermark > now_ && left_out > each.final_ones(lies, now_));
  }
  if (where.taken == 0)
    return where;
  ++panes_.events;
  if (beside) {
    for (auto& each : entries_)
      each.add_beside(e, group, each.around(time), watermark);
    find_next_due();
  } else {
    const auto& lies = entries_.front().around(time);
    auto& into = cell_at(lies.start, lies.end, group, watermark);
    into.holds.add(plan(), e, {e.time, e.origin.source, e.origin.source_offset});
    into.changed = panes_.events;
    mark_unsaved(lies.start, into);
  }
  for (auto& each : entries_)
    each.count_late(each.around(time), group, watermark);
  return where;
}

pane::cell& pane_windows::cell_at(std::int64_t start, std::int64_t end, group_table::id group, timestamp watermark) {
  if (recent_ == nullptr || recent_start_ != start) {
    auto [found, made] = panes_.by_start.try_emplace(start);
    if (made) {
      found->second.end = end;
      for (auto& each : entries_)
        each.open(each.around(start), watermark);
      find_next_due();
    }
    recent_ = &found->second;
    recent_start_ = start;
  }
  return cell_in(*recent_, group);
}

pane::cell& pane_windows::cell_in(pane& in, group_table::id group) {
  auto [found, made] = in.places.try_emplace(group, static_cast<std::uint32_t>(in.cells.size()));
  if (made) {
    in.cells.push_back({group, window_cell{plan()}});
    groups_->hold(group);
    ++cells_;
  }
  return in.cells[found->second];
}

void pane_windows::mark_unsaved(std::int64_t start, pane::cell& what) {
  if (!std::exchange(what.unsaved, true))
    unsaved_.emplace_back(start, what.group);
}

void pane_windows::settle(timestamp from, timestamp to, effects& out) {
  for (auto& each : entries_)
    if (to.ms >= each.next_due())
      each.settle(from, to, out);
  drop_final_panes(to);
  find_next_due();
}

void pane_windows::find_next_due() {
  next_due_ = INT64_MAX;
  for (const auto& each : entries_)
    next_due_ = std::min(next_due_, each.next_due());
}

void pane_windows::drop_final_panes(timestamp watermark) {
  const auto is_final = [&](std::int64_t start) {
    return std::all_of(entries_.begin(), entries_.end(),
                       [&](const open_windows& each) { return each.all_final(start, watermark); });
  };
  auto& panes = panes_.by_start;
  for (auto it = panes.begin(); it != panes.end() && is_final(it->first); it = panes.erase(it)) {
    for (const auto& each : it->second.cells) {
      if (each.saved_before)
        removed_.push_back(pane_key(it->first, each.group));
      groups_->release(each.group);
    }
    cells_ -= it->second.cells.size();
    recent_ = nullptr;
  }
}

void pane_windows::write_changed(bool only_ended, timestamp watermark, effects& out) {
  for (auto& each : entries_)
    each.write_changed(only_ended, watermark, out);
}

std::size_t pane_windows::size() const {
  auto sum = cells_;
  for (const auto& each : entries_)
    sum += each.size();
  return sum;
}

std::size_t pane_windows::results() const {
  std::size_t sum = 0;
  for (const auto& each : entries_)
    sum += each.results();
  return sum;
}

std::string pane_windows::pane_key(std::int64_t start, group_table::id group) const {
  return entries_.front().prefix() + 'p' + std::to_string(start) + '/' + groups_->key(group);
}

void pane_windows::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  const auto put_cell = [&](std::int64_t start, pane::cell& what) {
    what.unsaved = false;
    what.saved_before = true;
    std::string bytes;
    byte_writer out{bytes};
    what.holds.save(plan(), out);
    put({pane_key(start, what.group), std::move(bytes)});
  };
  if (only_changes) {
    for (auto& key : removed_)
      put({std::move(key), std::nullopt});
    for (const auto& [start, group] : unsaved_)
      if (auto found = panes_.by_start.find(start); found != panes_.by_start.end())
        put_cell(start, found->second.cells[found->second.places.at(group)]);
  } else {
    for (auto& [start, in] : panes_.by_start)
      for (auto& what : in.cells)
        put_cell(start, what);
  }
  removed_.clear();
  unsaved_.clear();
  for (auto& each : entries_)
    each.save(only_changes, put);
}

void pane_windows::restore(std::size_t entry, std::string_view key, std::string_view bytes) {
  if (!key.empty() && key.front() == 'p')
    restore_pane(entry, key, bytes);
  else
    entries_[entry].restore(key, bytes);
}

void pane_windows::restore_pane(std::size_t entry, std::string_view key, std::string_view bytes) {
  const auto name = read_name(key.substr(1));
  const auto& lies = entries_.front().around(name.start);
  if (lies.start != name.start)
    throw corrupt_state{"a pane that begins where no window begins or ends"};
  window_cell holds{plan()};
  byte_reader in{bytes};
  holds.load(plan(), in);
  if (!in.at_end())
    throw corrupt_state{"more bytes than a window has"};
  // Windows are opened when the watermark is known.
  auto& into = panes_.by_start[name.start];
  into.end = lies.end;
  const auto group = groups_->restore(name.group);
  // Until schema 4 each entry had panes of its own. They were the same, for as long as both had them: what an entry drops is final, and so
  // takes nothing more.
  const bool is_here = into.places.contains(group);
  auto& what = cell_in(into, group);
  if (entry == 0) {
    what.saved_before = true;
  } else {
    removed_.push_back(entries_[entry].prefix() + std::string{key});
    if (!is_here)
      mark_unsaved(name.start, what);
  }
  if (!is_here) {
    what.holds = std::move(holds);
    what.changed = 1;
  }
}

void pane_windows::restored(timestamp watermark) {
  now_ = watermark;
  panes_.events = 1;
  for (auto& each : entries_)
    each.restored(watermark);
  find_next_due();
}

} // namespace throng::analytics
