#include "actors/partition_core.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <xxhash.h>

namespace throng::actors {

namespace {

storage::last_message fingerprint(const transport::incoming& message) {
  auto value = message.value.value_or(std::string_view{});
  return {message.offset, message.timestamp_ms, XXH64(value.data(), value.size(), 0)};
}

std::string place(const transport::topic_partition& which, std::int64_t offset) {
  return which.topic + "/" + std::to_string(which.partition) + " offset " + std::to_string(offset);
}

bool same(const storage::last_message& a, const storage::last_message& b) {
  return a.offset == b.offset && a.timestamp_ms == b.timestamp_ms && a.hash == b.hash;
}

} // namespace

storage::last_message last_message_of(const transport::batch& batch) {
  return batch.messages.empty() ? storage::last_message{} : fingerprint(batch.messages.back());
}

task_failure::task_failure(std::string owner, std::int64_t offset, const std::string& why)
    : std::runtime_error(owner + " failed at offset " + std::to_string(offset) + ": " + why)
    , owner(std::move(owner))
    , offset(offset)
    , why(why) {}

void poison_watch::note(const std::string& owner, std::int64_t offset, std::string why) {
  auto& found = seen_[{owner, offset}];
  ++found.times;
  found.why = std::move(why);
}

std::map<std::int64_t, std::string> poison_watch::condemned(const std::string& owner) const {
  std::map<std::int64_t, std::string> result;
  for (const auto& [where, what] : seen_)
    if (where.first == owner && what.times >= lives)
      result.emplace(where.second, what.why);
  return result;
}

expected<starting_point> find_start(const transport::topic_partition& which,
                                    const std::vector<storage::claimed>& claims, const partition_facts& facts) {
  starting_point result;
  result.fresh_from = facts.fresh_from;
  std::optional<std::int64_t> least;
  for (const auto& claim : claims) {
    auto from = claim.fresh ? result.fresh_from : claim.next_offset;
    least = std::min(least.value_or(from), from);
    if (claim.fresh)
      continue;
    if (claim.last.offset >= 0) {
      if (facts.end <= claim.last.offset)
        return fail(error_kind::conflict,
                    place(which, claim.last.offset) + " was taken in before, but the partition ends at " +
                        std::to_string(facts.end) + ": the topic was made anew; --reset starts over");
      auto found = facts.messages.find(claim.last.offset);
      if (found != facts.messages.end() && !same(found->second, claim.last))
        return fail(error_kind::conflict, place(which, claim.last.offset) +
                                              " holds another message than the one taken in before: the topic was made "
                                              "anew; --reset starts over");
    }
    if (claim.next_offset < facts.first)
      return fail(error_kind::conflict, place(which, claim.next_offset) + " is gone, the partition begins at " +
                                            std::to_string(facts.first) +
                                            " now: what lies between was never taken in; --reset starts over");
  }
  result.offset = least.value_or(result.fresh_from);
  return result;
}

void partition_core::add(std::unique_ptr<analytics::partition_task> task, milliseconds idle,
                         const storage::claimed& claim, std::map<std::int64_t, std::string> condemned,
                         wall_duration save_every) {
  entry added;
  added.save_every = save_every;
  if (!claim.fresh) {
    std::vector<analytics::state_entry> entries;
    entries.reserve(claim.entries.size());
    for (const auto& x : claim.entries)
      entries.push_back({x.key, x.value});
    task->restore(entries);
  }
  added.task = std::move(task);
  added.idle = idle;
  added.generation = claim.generation;
  added.fresh = claim.fresh;
  added.from = added.saved_to = claim.next_offset;
  added.last = claim.last;
  added.condemned = std::move(condemned);
  tasks_.push_back(std::move(added));
}

void partition_core::begin_fresh_at(std::int64_t offset) {
  for (auto& x : tasks_)
    if (x.fresh)
      x.from = x.saved_to = offset;
}

expected<void> partition_core::take(const transport::batch& batch, std::int64_t end) {
  for (auto& x : tasks_) {
    const transport::incoming* last = nullptr;
    for (const auto& message : batch.messages) {
      if (message.offset < x.from)
        continue;
      if (message.offset >= end)
        break;
      if (auto only = batch.only_for.find(message.offset);
          only != batch.only_for.end() && only->second != x.task->owner()) {
        last = &message; // another task refused it, and this one had it when it first came
        continue;
      }
      analytics::raw_message raw{message.offset, message.timestamp_ms, message.key, message.value};
      try {
        if (auto why = x.condemned.find(message.offset); why != x.condemned.end())
          x.task->skip_poison(raw, why->second, effects_);
        else if (auto taken = x.task->take(raw, effects_); !taken)
          return tl::unexpected<error>(taken.error());
      } catch (const std::exception& e) {
        throw task_failure{x.task->owner(), message.offset, e.what()};
      }
      last = &message;
    }
    if (last) {
      x.from = last->offset + 1;
      x.last = fingerprint(*last);
      x.emitted_idle = false;
    }
    stamp_new(x);
  }
  return {};
}

intake partition_core::count(const transport::batch& batch, std::int64_t counted_to, std::int64_t end) {
  intake result;
  for (const auto& message : batch.messages)
    if (message.offset >= counted_to && message.offset < end) {
      ++result.messages;
      result.tombstones += message.value ? 0 : 1;
    }
  return result;
}

bool partition_core::emit_idle(milliseconds without_news) {
  bool any = false;
  for (auto& x : tasks_)
    if (!x.emitted_idle && without_news >= x.idle) {
      x.task->emit_open(effects_);
      x.emitted_idle = any = true;
      stamp_new(x);
    }
  return any;
}

bool partition_core::use(std::size_t place, const std::string& topic, std::int32_t partition,
                         const analytics::lookup_tables& latest) {
  auto& x = tasks_[place];
  for (auto& change : x.task->use(latest)) {
    auto offset = std::to_string(x.from);
    collected_.inputs.emplace_back(
        analytics::document_id({"lookup", x.task->owner(), topic, std::to_string(partition), offset, change.name}),
        boost::json::object{{"kind", "lookup"},
                            {"pipeline", x.task->owner()},
                            {"topic", topic},
                            {"partition", partition},
                            {"offset", x.from},
                            {"name", change.name},
                            {"version", change.version},
                            {"content", change.content}});
    x.inputs_unsaved = true;
  }
  return x.inputs_unsaved;
}

void partition_core::caught_up() {
  for (auto& x : tasks_) {
    x.task->caught_up(effects_);
    stamp_new(x);
  }
}

void partition_core::emit_at_end() {
  for (auto& x : tasks_) {
    x.task->emit_at_end(effects_);
    stamp_new(x);
  }
}

void partition_core::before_checkpoint(wall_duration now, bool all) {
  for (auto& x : tasks_) {
    x.due = all || now - x.last_due >= x.save_every;
    if (!x.due)
      continue;
    x.last_due = now;
    x.task->before_checkpoint(effects_);
    stamp_new(x);
  }
}

result_batch partition_core::collect() {
  auto all = std::exchange(collected_, {});
  // Ids are of one collection and task, so of documents with the same id in a batch only the last has anything to say.
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < all.documents.size(); ++i) {
    const auto [before, is_new] = last.try_emplace(all.documents[i].id, i);
    if (!is_new) {
      // An alert that began in this batch is news, whatever else the batch has of it.
      auto& latest = all.documents[i];
      latest.told = latest.told && all.documents[before->second].told;
      before->second = i;
    }
  }
  if (last.size() == all.documents.size())
    return all;
  result_batch kept;
  kept.messages = std::move(all.messages);
  kept.inputs = std::move(all.inputs);
  kept.rows = std::move(all.rows);
  std::vector<bool> keep(all.documents.size());
  for (const auto& [id, at] : last)
    keep[at] = true;
  for (std::size_t i = 0; i < all.documents.size(); ++i)
    if (keep[i]) {
      kept.documents.push_back(std::move(all.documents[i]));
      kept.stamps.push_back(all.stamps[i]);
    }
  return kept;
}

bool partition_core::unsaved() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const entry& x) { return x.unsaved(); });
}

std::vector<task_snapshot> partition_core::snapshot(const std::vector<bool>& whole, bool all) {
  std::vector<task_snapshot> result;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    auto& x = tasks_[i];
    if (!all && (!x.due || !x.unsaved()))
      continue;
    task_snapshot made{i, {}, whole[i], x.from, x.last};
    x.task->save(!whole[i], [&](analytics::state_entry&& part) {
      made.entries.push_back({std::move(part.key), std::move(part.value)});
    });
    x.saved_to = x.from;
    x.inputs_unsaved = false;
    result.push_back(std::move(made));
  }
  return result;
}

std::int64_t partition_core::next_offset() const {
  std::int64_t least = INT64_MAX;
  for (const auto& x : tasks_)
    least = std::min(least, x.from);
  return least;
}

std::int64_t partition_core::saved_to() const {
  std::int64_t least = INT64_MAX;
  for (const auto& x : tasks_)
    least = std::min(least, x.saved_to);
  return least;
}

timestamp partition_core::watermark() const {
  timestamp least{INT64_MAX};
  for (const auto& x : tasks_)
    least = std::min(least, x.task->watermark());
  return least;
}

std::size_t partition_core::size() const {
  return tasks_.size();
}

const analytics::partition_task& partition_core::task(std::size_t place) const {
  return *tasks_[place].task;
}

void partition_core::stamp_new(entry& of) {
  for (auto& x : effects_.documents) {
    collected_.documents.push_back(std::move(x));
    collected_.stamps.push_back({of.generation, ++of.writes});
  }
  for (auto& x : effects_.messages)
    collected_.messages.push_back(std::move(x));
  for (auto& x : effects_.rows) {
    x.generation = of.generation;
    collected_.rows.push_back(std::move(x));
  }
  effects_.clear();
}

} // namespace throng::actors
