#include "transport/memory_topics.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace throng::transport {

memory_topics::memory_topics(std::vector<memory_topic> topics, std::size_t waiting_bytes)
    : topics_(std::move(topics))
    , waiting_bytes_(waiting_bytes) {
  for (const auto& topic : topics_)
    for (std::int32_t i = 0; i < topic.partitions; ++i)
      partitions_.try_emplace({topic.topic, i}, topic_partition{topic.topic, i});
}

bool memory_topics::has(const std::string& topic) const {
  return std::any_of(topics_.begin(), topics_.end(), [&](const memory_topic& x) { return x.topic == topic; });
}

expected<void> memory_topics::append(const std::vector<addition>& messages, std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  auto has_room = [&] {
    return std::all_of(messages.begin(), messages.end(), [&](const addition& x) {
      const auto& to = partitions_.at(x.to);
      return to.abandoned || (to.begun && to.waiting.bytes() < waiting_bytes_);
    });
  };
  if (!room_.wait_for(lock, limit, has_room))
    return fail(error_kind::exhausted, "what was re-keyed is not read fast enough", true);
  for (const auto& x : messages) {
    auto& to = partitions_.at(x.to);
    auto offset = to.next++;
    if (!to.abandoned)
      to.waiting.add({x.to.partition, offset, x.timestamp_ms, x.key, x.value});
  }
  return {};
}

memory_topics::mark memory_topics::now() const {
  std::lock_guard guard{mutex_};
  mark ends;
  for (const auto& [which, x] : partitions_)
    ends.push_back(x.next);
  return ends;
}

memory_topics::safety memory_topics::safe(const mark& before) const {
  std::lock_guard guard{mutex_};
  auto end = before.begin();
  auto result = safety::yes;
  for (const auto& [which, x] : partitions_)
    if (x.saved < *end++) {
      if (x.abandoned)
        return safety::never;
      result = safety::not_yet;
    }
  return result;
}

void memory_topics::abandon(const topic_partition& which) {
  std::lock_guard guard{mutex_};
  auto& x = partitions_.at(which);
  x.abandoned = true;
  x.waiting.take();
  room_.notify_all();
}

class composite_consumer final : public consumer {
public:
  composite_consumer(std::unique_ptr<consumer> base, std::shared_ptr<memory_topics> topics)
      : base_(std::move(base))
      , topics_(std::move(topics)) {
    assigned all;
    for (const auto& [which, x] : topics_->partitions_)
      all.partitions.push_back(which);
    pending_.emplace_back(std::move(all));
  }

  std::vector<consumer_event> poll(std::chrono::milliseconds limit) override {
    auto events = std::exchange(pending_, {});
    {
      std::lock_guard guard{topics_->mutex_};
      for (auto& [which, x] : topics_->partitions_)
        if (x.begun && !x.paused && !x.waiting.empty())
          for (auto& batch : x.waiting.take())
            events.emplace_back(std::move(batch));
      if (!events.empty())
        topics_->room_.notify_all();
    }
    auto more = base_->poll(events.empty() ? limit : std::chrono::milliseconds{0});
    events.insert(events.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return events;
  }

  expected<void> start(const topic_partition& which, start_offset from) override {
    if (!topics_->has(which.topic))
      return base_->start(which, from);
    std::lock_guard guard{topics_->mutex_};
    auto& x = topics_->partitions_.at(which);
    if (x.begun && from.offset != x.next)
      return fail(error_kind::exhausted,
                  fmt::format("{}/{} offset {} is not in memory any more", which.topic, which.partition, from.offset));
    x.begun = true;
    x.paused = false;
    x.next = x.saved = from.offset;
    topics_->room_.notify_all();
    return {};
  }
  void pause(const topic_partition& which) override {
    if (!set_paused(which, true))
      base_->pause(which);
  }
  void resume(const topic_partition& which) override {
    if (!set_paused(which, false))
      base_->resume(which);
  }
  void revoked_done(const std::vector<topic_partition>& which) override {
    base_->revoked_done(which); // of these topics, nothing is ever revoked
  }
  /// The reader's checkpoint holds what comes before.
  void commit(const topic_partition& which, std::int64_t next_offset) override {
    if (!topics_->has(which.topic)) {
      base_->commit(which, next_offset);
      return;
    }
    std::lock_guard guard{topics_->mutex_};
    auto& x = topics_->partitions_.at(which);
    x.saved = std::max(x.saved, next_offset);
  }
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which) override {
    return topics_->has(which.topic) ? own_bounds(which) : base_->bounds(which);
  }
  std::int64_t known_end(const topic_partition& which) const override {
    if (!topics_->has(which.topic))
      return base_->known_end(which);
    const auto own = own_bounds(which);
    return own ? own->second : unknown_end;
  }
  expected<std::pair<std::int64_t, std::int64_t>> bounds_at_hand(const topic_partition& which) override {
    return topics_->has(which.topic) ? own_bounds(which) : base_->bounds_at_hand(which);
  }
  expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset) override {
    if (topics_->has(which.topic))
      return std::optional<batch_ptr>{}; // it went with the process that wrote it
    return base_->read_one(which, offset);
  }
  expected<std::int64_t> offset_at(const topic_partition& which, std::int64_t time_ms) override {
    return base_->offset_at(which, time_ms);
  }
  std::string source_identity(const std::string& topic) const override {
    if (const auto* own = find(topic))
      return base_->source_identity(own->made_from) + suffix(*own);
    return base_->source_identity(topic);
  }
  bool is_same_source(const std::string& topic, const std::string& earlier) const override {
    const auto* own = find(topic);
    if (own == nullptr)
      return base_->is_same_source(topic, earlier);
    auto end = suffix(*own);
    return earlier.ends_with(end) &&
           base_->is_same_source(own->made_from, earlier.substr(0, earlier.size() - end.size()));
  }
  expected<std::int32_t> partitions(const std::string& topic) const override {
    if (const auto* own = find(topic))
      return own->partitions;
    return base_->partitions(topic);
  }

private:
  const memory_topic* find(const std::string& topic) const {
    const auto& all = topics_->topics();
    auto found = std::find_if(all.begin(), all.end(), [&](const memory_topic& x) { return x.topic == topic; });
    return found == all.end() ? nullptr : &*found;
  }
  static std::string suffix(const memory_topic& of) {
    return " > " + of.topic;
  }
  bool set_paused(const topic_partition& which, bool paused) {
    if (!topics_->has(which.topic))
      return false;
    std::lock_guard guard{topics_->mutex_};
    topics_->partitions_.at(which).paused = paused;
    return true;
  }
  /// The end is known once the reader has said where it begins: what it has read before is nowhere but in its checkpoint.
  expected<std::pair<std::int64_t, std::int64_t>> own_bounds(const topic_partition& which) const {
    std::lock_guard guard{topics_->mutex_};
    const auto& x = topics_->partitions_.at(which);
    return std::pair{std::int64_t{0}, x.begun ? x.next : unknown_end};
  }

  std::unique_ptr<consumer> base_;
  std::shared_ptr<memory_topics> topics_;
  std::vector<consumer_event> pending_;
};

std::unique_ptr<consumer> with_memory_topics(std::unique_ptr<consumer> base, std::shared_ptr<memory_topics> topics) {
  return std::make_unique<composite_consumer>(std::move(base), std::move(topics));
}

} // namespace throng::transport
