#include "analytics/window_set.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

/// Rounded towards minus infinity. @pre b > 0
std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

} // namespace

std::int64_t last_start(const window_plan& plan, std::int64_t t) {
  auto every = plan.every.count();
  auto offset = plan.offset.count();
  return floor_div(t - offset, every) * every + offset;
}

window_set::window_set(const window_plan& plan, const task_identity& who, group_table& groups, std::string state_prefix)
    : plan_(&plan)
    , who_(&who)
    , groups_(&groups)
    , prefix_(std::move(state_prefix)) {}

window_set::placing window_set::add(const event& e, group_table::id group, timestamp watermark) {
  placing where;
  const auto size = plan_->size.count();
  const event_position at{e.time, who_->partition, e.origin.offset};
  for (auto start = last_start(*plan_, e.time.ms); start > e.time.ms - size; start -= plan_->every.count()) {
    if (reached(watermark, {start + size + plan_->lateness.count()})) {
      ++where.left_out;
      continue;
    }
    ++where.taken;
    auto& into = cell_at(bucket_at(start, watermark), group);
    auto late = reached(watermark, {start + size});
    ++into.events;
    into.late += late ? 1 : 0;
    into.offset = e.origin.offset;
    for (std::size_t i = 0; i < plan_->fields.size(); ++i)
      into.fields[i].add(plan_->fields[i].plan, e.slots[plan_->fields[i].from], at);
    if (!into.unwritten) {
      into.unwritten = true;
      if (late)
        ended_changed_.emplace_back(start, group);
    }
    if (!into.unsaved) {
      into.unsaved = true;
      unsaved_.emplace_back(start, group);
    }
  }
  return where;
}

window_set::bucket& window_set::bucket_at(std::int64_t start, timestamp watermark) {
  if (recent_ != nullptr && recent_start_ == start)
    return *recent_;
  auto [found, made] = open_.try_emplace(start);
  if (made) {
    auto end = start + plan_->size.count();
    next_due_ = std::min(next_due_, reached(watermark, {end}) ? end + plan_->lateness.count() : end);
    if (plan_->emit_every.count() > 0) {
      auto tick = plan_->emit_every.count();
      next_due_ =
          std::min(next_due_, watermark == watermark::none ? INT64_MIN : (floor_div(watermark.ms, tick) + 1) * tick);
    }
  }
  recent_start_ = start;
  recent_ = &found->second;
  return found->second;
}

window_set::cell& window_set::cell_at(bucket& in, group_table::id group) {
  auto [found, made] = in.places.try_emplace(group, static_cast<std::uint32_t>(in.cells.size()));
  if (made) {
    auto& fresh = in.cells.emplace_back();
    fresh.group = group;
    fresh.fields.reserve(plan_->fields.size());
    for (const auto& field : plan_->fields)
      fresh.fields.emplace_back(field.plan);
    groups_->hold(group);
    ++size_;
  }
  return in.cells[found->second];
}

void window_set::settle(timestamp from, timestamp to, effects& out) {
  auto every = plan_->emit_every.count();
  auto tick = every > 0 && from != watermark::none && floor_div(to.ms, every) > floor_div(from.ms, every);
  for (auto it = open_.begin(); it != open_.end();) {
    auto& [start, in] = *it;
    timestamp end{start + plan_->size.count()};
    if (reached(to, end + plan_->lateness)) {
      write(start, in, true, out);
      for (const auto& gone : in.cells) {
        if (gone.saved_before)
          removed_.push_back(state_key(start, gone));
        groups_->release(gone.group);
      }
      size_ -= in.cells.size();
      it = open_.erase(it);
      recent_ = nullptr;
      continue;
    }
    if (tick || (reached(to, end) && !reached(from, end)))
      write(start, in, false, out);
    ++it;
  }
  find_next_due(to);
}

void window_set::find_next_due(timestamp watermark) {
  next_due_ = INT64_MAX;
  if (open_.empty())
    return;
  next_due_ = open_.begin()->first + plan_->size.count() + plan_->lateness.count();
  if (auto ends = open_.upper_bound(watermark.ms - plan_->size.count()); ends != open_.end())
    next_due_ = std::min(next_due_, ends->first + plan_->size.count());
  if (auto tick = plan_->emit_every.count(); tick > 0)
    next_due_ = std::min(next_due_, (floor_div(watermark.ms, tick) + 1) * tick);
}

void window_set::write(std::int64_t start, bucket& in, bool final, effects& out) {
  std::vector<cell*> chosen;
  for (auto& what : in.cells)
    if (final || what.unwritten)
      chosen.push_back(&what);
  std::sort(chosen.begin(), chosen.end(),
            [this](const cell* a, const cell* b) { return groups_->key(a->group) < groups_->key(b->group); });
  for (auto* what : chosen)
    write_one(start, *what, final, out);
}

void window_set::write_one(std::int64_t start, cell& what, bool final, effects& out) {
  what.unwritten = false;
  const auto& key = groups_->key(what.group);
  auto& made = out.documents.emplace_back();
  made.into = collection::windows;
  made.id = document_id(
      {who_->pipeline, plan_->name, std::to_string(start), key, who_->topic, std::to_string(who_->partition)});
  made.offset = what.offset;
  auto& body = made.body;
  body.reserve(11 + what.fields.size());
  body["pipeline"] = who_->pipeline;
  body["window"] = plan_->name;
  body["start"] = start;
  body["end"] = start + plan_->size.count();
  body["group"] = groups_->json(what.group);
  body["events"] = static_cast<std::int64_t>(what.events);
  body["final"] = final;
  body["late"] = static_cast<std::int64_t>(what.late);
  for (std::size_t i = 0; i < plan_->fields.size(); ++i)
    body[plan_->fields[i].name] = what.fields[i].render(plan_->fields[i].plan);
  body["topic"] = who_->topic;
  body["partition"] = static_cast<std::int64_t>(who_->partition);
  body["group_key"] = key;
  made.state = plan_->state_header;
  byte_writer bytes{made.state};
  for (std::size_t i = 0; i < plan_->fields.size(); ++i)
    what.fields[i].save(plan_->fields[i].plan, bytes);
}

void window_set::write_changed(bool only_ended, timestamp watermark, effects& out) {
  if (!only_ended) {
    ended_changed_.clear();
    for (auto& [start, in] : open_)
      write(start, in, false, out);
    return;
  }
  std::vector<std::pair<std::int64_t, cell*>> chosen;
  for (const auto& [start, group] : ended_changed_) {
    auto found = open_.find(start);
    if (found == open_.end())
      continue; // final meanwhile, and written as such
    auto& what = found->second.cells[found->second.places.at(group)];
    if (what.unwritten) {
      what.unwritten = false; // it may stand in the list twice
      chosen.emplace_back(start, &what);
    }
  }
  ended_changed_.clear();
  std::sort(chosen.begin(), chosen.end(), [this](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : groups_->key(a.second->group) < groups_->key(b.second->group);
  });
  for (const auto& [start, what] : chosen) {
    assert(reached(watermark, {start + plan_->size.count()}));
    write_one(start, *what, false, out);
  }
  (void)watermark;
}

std::string window_set::state_key(std::int64_t start, const cell& what) const {
  return prefix_ + std::to_string(start) + '/' + groups_->key(what.group);
}

std::string window_set::state_bytes(const cell& what) const {
  std::string bytes;
  byte_writer out{bytes};
  out.varint(what.events);
  out.varint(what.late);
  out.i64(what.offset);
  for (std::size_t i = 0; i < plan_->fields.size(); ++i)
    what.fields[i].save(plan_->fields[i].plan, out);
  return bytes;
}

void window_set::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  auto put_one = [&](std::int64_t start, cell& what) {
    what.unsaved = false;
    what.saved_before = true;
    put({state_key(start, what), state_bytes(what)});
  };
  if (only_changes) {
    for (auto& key : removed_)
      put({std::move(key), std::nullopt});
    for (const auto& [start, group] : unsaved_)
      if (auto found = open_.find(start); found != open_.end())
        put_one(start, found->second.cells[found->second.places.at(group)]);
  } else {
    for (auto& [start, in] : open_)
      for (auto& what : in.cells)
        put_one(start, what);
  }
  removed_.clear();
  unsaved_.clear();
}

void window_set::restore(std::string_view key, std::string_view bytes) {
  std::int64_t start = 0;
  auto [digits_end, wrong] = std::from_chars(key.data(), key.data() + key.size(), start);
  auto digits = static_cast<std::size_t>(digits_end - key.data());
  if (wrong != std::errc{} || digits >= key.size() || key[digits] != '/' || last_start(*plan_, start) != start)
    throw corrupt_state{"a window's entry whose key names no window"};
  auto group = groups_->restore(key.substr(digits + 1));
  byte_reader in{bytes};
  auto& what = cell_at(open_[start], group);
  what.events = in.varint();
  what.late = in.varint();
  what.offset = in.i64();
  for (std::size_t i = 0; i < plan_->fields.size(); ++i)
    what.fields[i] = aggregate_cell::load(plan_->fields[i].plan, in);
  if (!in.at_end())
    throw corrupt_state{"more bytes than a window has"};
  // Whoever claimed the partition may have deleted what was written behind the checkpoint, so it is written again.
  what.unwritten = true;
  what.saved_before = true;
}

void window_set::restored(timestamp watermark) {
  for (auto& [start, in] : open_)
    if (reached(watermark, {start + plan_->size.count()}))
      for (const auto& what : in.cells)
        ended_changed_.emplace_back(start, what.group);
  if (watermark != watermark::none)
    find_next_due(watermark);
  else if (!open_.empty())
    throw corrupt_state{"open windows without a watermark"};
}

} // namespace throng::analytics
