#include "transport/shared_reading.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace throng::transport {

namespace {

/// What is put aside for a paused partition.
constexpr std::size_t most_aside_bytes = 4U << 20U;
/// A reader reads so much at a time before the others have their turn.
constexpr std::uint64_t step_bytes = 1U << 20U;

} // namespace

expected<void> shared_reading::start(std::int32_t partition, std::int64_t offset) {
  if (const auto found = lanes_.find(partition); found != lanes_.end()) {
    leave(found->second);
    lanes_.erase(found);
  }
  auto& started = lanes_.emplace(partition, topic_partition{file_->topic(), partition}).first->second;
  started.wanted = offset;
  return join(started);
}

void shared_reading::pause(std::int32_t partition) {
  if (const auto found = lanes_.find(partition); found != lanes_.end())
    found->second.paused = true;
}

void shared_reading::resume(std::int32_t partition) {
  if (const auto found = lanes_.find(partition); found != lanes_.end())
    found->second.paused = false;
}

void shared_reading::collect(std::vector<consumer_event>& events) {
  std::move(failed_.begin(), failed_.end(), std::back_inserter(events));
  failed_.clear();
  for (auto& [partition, lane] : lanes_) {
    if (lane.paused || lane.done)
      continue;
    for (auto& batch : lane.waiting.take())
      events.emplace_back(std::move(batch));
    if (lane.from == nullptr)
      continue;
    lane.done = lane.from->ended || lane.from->failure;
    if (lane.from->failure)
      events.emplace_back(partition_failed{lane.id, *lane.from->failure});
    else if (lane.from->ended)
      events.emplace_back(reached_end{lane.id, lane.from->at.next_offset(partition)});
  }
}

bool shared_reading::advance() {
  bool moved = false;
  for (auto& [partition, lane] : lanes_)
    if (lane.from == nullptr && lane.is_hungry()) {
      moved = true;
      if (auto joined = join(lane); !joined) {
        lane.done = true;
        failed_.emplace_back(partition_failed{lane.id, joined.error()});
      }
    }
  for (auto at = readers_.begin(); at != readers_.end();) {
    const auto hungry =
        std::any_of(at->lanes.begin(), at->lanes.end(), [](const auto& each) { return each.second->is_hungry(); });
    if (hungry && !at->ended && !at->failure) {
      step(*at);
      moved = true;
    }
    at = at->lanes.empty() ? readers_.erase(at) : std::next(at);
  }
  return moved;
}

shared_reading::reader* shared_reading::next_ahead(const reader& of) {
  reader* nearest = nullptr;
  for (auto& other : readers_)
    if (&other != &of && !other.failure && other.at.position() > of.at.position() &&
        (nearest == nullptr || other.at.position() < nearest->at.position()))
      nearest = &other;
  return nearest;
}

void shared_reading::step(reader& at) {
  const auto stop = at.at.position() + step_bytes;
  auto* ahead = next_ahead(at);
  while (at.at.position() < stop) {
    const auto message = at.at.next();
    if (!message) {
      at.failure = message.error();
      return;
    }
    if (!*message) {
      at.ended = true;
      return;
    }
    take(at, **message);
    if (ahead != nullptr && at.at.position() >= ahead->at.position()) {
      if (at.at.position() == ahead->at.position())
        merge(at, *ahead);
      return;
    }
  }
}

void shared_reading::take(reader& at, const file_message& message) {
  const auto found = at.lanes.find(message.partition);
  if (found == at.lanes.end() || message.offset < found->second->wanted)
    return;
  auto& lane = *found->second;
  lane.waiting.add(message);
  lane.wanted = message.offset + 1;
  if (lane.paused && lane.waiting.bytes() > most_aside_bytes) {
    lane.position = at.at.position();
    leave(lane);
  }
}

/// Both stand at the same line, so one is enough. `from` is left without lanes and is dropped by advance().
void shared_reading::merge(reader& from, reader& into) {
  into.at.learn(from.at);
  for (auto& [partition, lane] : from.lanes) {
    lane->from = &into;
    into.lanes.emplace(partition, lane);
  }
  from.lanes.clear();
}

/// Finds a reader that has not passed what the partition wants, or makes one.
expected<void> shared_reading::join(lane& joining) {
  const auto partition = joining.id.partition;
  for (auto& reader : readers_) {
    const auto next = reader.at.next_offset(partition);
    if (!reader.failure && next != topic_file::cursor::unknown && next <= joining.wanted) {
      joining.from = &reader;
      reader.lanes.insert_or_assign(partition, &joining);
      return {};
    }
  }
  auto made = joining.position == 0 ? file_->begin()
                                    : topic_file::cursor::at(*file_, joining.position, partition, joining.wanted);
  if (!made)
    return tl::unexpected(made.error());
  readers_.push_back({std::move(*made), {{partition, &joining}}, false, std::nullopt});
  joining.from = &readers_.back();
  return {};
}

void shared_reading::leave(lane& leaving) {
  if (leaving.from != nullptr)
    leaving.from->lanes.erase(leaving.id.partition);
  leaving.from = nullptr;
}

} // namespace throng::transport
