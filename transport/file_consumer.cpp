// Files of messages as partitions. A file is read once for all its partitions by a shared cursor. A partition that is paused while
// the others go on is put aside up to a bound; beyond it, it falls off the shared cursor, remembers its place, and is read by a cursor
// of its own when it goes on, until that meets the other one again. So memory is bounded, nobody waits for anybody, and the usual
// case costs one pass.
#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "transport/batching.hpp"
#include "transport/consumer.hpp"
#include "transport/topic_file.hpp"

namespace throng::transport {

namespace {

/// What is put aside for a paused partition.
constexpr std::size_t most_aside_bytes = 4U << 20U;
/// A cursor reads so much at a time before the others have their turn.
constexpr std::uint64_t step_bytes = 1U << 20U;

/// Messages of one partition that have been read and not handed out, as one or more batches.
class waiting_messages {
public:
  explicit waiting_messages(topic_partition from)
      : from_{std::move(from)} {}

  void add(const file_message& message) {
    const auto size = message.key.value_or("").size() + message.value.value_or("").size();
    if (entries_.size() == most_batch_messages || (!text_.empty() && text_.size() + size > most_batch_bytes))
      cut();
    entries_.push_back({message.offset, message.timestamp_ms, append(message.key), append(message.value)});
    bytes_ += size;
  }

  bool empty() const {
    return entries_.empty() && full_.empty();
  }
  std::size_t bytes() const {
    return bytes_;
  }
  bool has_full_batch() const {
    return !full_.empty();
  }

  std::vector<batch_ptr> take() {
    if (!entries_.empty())
      cut();
    bytes_ = 0;
    return std::exchange(full_, {});
  }

private:
  struct piece {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  struct entry {
    std::int64_t offset;
    std::int64_t timestamp_ms;
    std::optional<piece> key;
    std::optional<piece> value;
  };

  std::optional<piece> append(std::optional<std::string_view> text) {
    if (!text)
      return std::nullopt;
    const piece added{text_.size(), text->size()};
    text_ += *text;
    return added;
  }

  void cut() {
    auto memory = std::make_shared<const std::string>(std::exchange(text_, {}));
    const auto view = [&](const std::optional<piece>& of) {
      return of ? std::optional{std::string_view{*memory}.substr(of->begin, of->size)} : std::nullopt;
    };
    auto made = std::make_shared<batch>();
    made->from = from_;
    made->messages.reserve(entries_.size());
    for (const auto& entry : entries_)
      made->messages.push_back({entry.offset, entry.timestamp_ms, view(entry.key), view(entry.value)});
    made->bytes = memory->size();
    made->memory = std::move(memory);
    entries_.clear();
    full_.push_back(std::move(made));
  }

  topic_partition from_;
  std::string text_;
  std::vector<entry> entries_;
  std::vector<batch_ptr> full_;
  std::size_t bytes_ = 0;
};

struct shared_cursor;

/// A started partition.
struct lane {
  explicit lane(const topic_partition& which)
      : id{which}
      , waiting{which} {}
  topic_partition id;
  std::int64_t wanted = 0; ///< the next offset; messages before it are read over
  bool paused = false;
  bool done = false; ///< its end or its failure has been told
  waiting_messages waiting;
  shared_cursor* reader = nullptr; ///< null: fallen off, and `wanted` stands at `position` or later
  std::uint64_t position = 0;

  bool is_hungry() const {
    return !paused && !done && waiting.empty();
  }
};

struct shared_cursor {
  const topic_file* file;
  topic_file::cursor at;
  std::map<std::int32_t, lane*> lanes; ///< that it reads for
  bool ended = false;
  std::optional<error> failure;
};

class file_consumer final : public consumer {
public:
  explicit file_consumer(std::vector<topic_file> files) {
    assigned all;
    for (auto& file : files)
      for (std::int32_t partition = 0; partition < file.partitions(); ++partition)
        all.partitions.push_back({file.topic(), partition});
    for (auto& file : files) {
      auto topic = file.topic();
      files_.emplace(std::move(topic), std::move(file));
    }
    pending_.emplace_back(std::move(all));
  }

  std::vector<consumer_event> poll(std::chrono::milliseconds limit) override;
  expected<void> start(const topic_partition& which, start_offset from) override;
  void pause(const topic_partition& which) override;
  void resume(const topic_partition& which) override;
  void revoked_done(const std::vector<topic_partition>&) override {
    // Nothing is ever revoked.
  }
  void commit(const topic_partition&, std::int64_t) override {
    // A file has nobody to tell.
  }
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which) override;
  expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset) override;
  std::string source_identity(const std::string& topic) const override;
  bool is_same_source(const std::string& topic, const std::string& earlier) const override;
  expected<std::int32_t> partitions(const std::string& topic) const override;

private:
  expected<const topic_file*> file_of(const std::string& topic) const;
  expected<const topic_file*> file_of(const topic_partition& which) const;
  expected<void> join(lane& joining);
  void leave(lane& leaving);
  void collect(std::vector<consumer_event>& events);
  bool advance();
  void step(shared_cursor& cursor);
  shared_cursor* next_ahead(const shared_cursor& of);
  void take(shared_cursor& cursor, const file_message& message);
  void merge(shared_cursor& from, shared_cursor& into);

  std::map<std::string, topic_file> files_;
  std::map<topic_partition, lane> lanes_;
  std::list<shared_cursor> cursors_;
  std::map<topic_partition, std::pair<std::int64_t, std::int64_t>> bounds_;
  std::vector<consumer_event> pending_;
};

expected<const topic_file*> file_consumer::file_of(const std::string& topic) const {
  const auto found = files_.find(topic);
  if (found == files_.end())
    return fail(error_kind::not_found, fmt::format("no file of topic \"{}\" is read here", topic));
  return &found->second;
}

expected<const topic_file*> file_consumer::file_of(const topic_partition& which) const {
  const auto file = file_of(which.topic);
  if (file && (which.partition < 0 || which.partition >= (*file)->partitions()))
    return fail(error_kind::not_found, fmt::format("{} is read as partitions 0 to {}, not {}", (*file)->path(),
                                                   (*file)->partitions() - 1, which.partition));
  return file;
}

std::vector<consumer_event> file_consumer::poll(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::vector<consumer_event> events;
  for (bool tried = false;; tried = true) {
    events.swap(pending_);
    collect(events);
    // One step is made even without time, so that polling gets on.
    if (!events.empty() || (tried && std::chrono::steady_clock::now() >= deadline))
      return events;
    if (!advance()) {
      // All are paused or at their end, and only the caller can change that: what is left of the time passes as with a topic.
      std::this_thread::sleep_until(deadline);
      return events;
    }
  }
}

/// What is there of the partitions that are not paused.
void file_consumer::collect(std::vector<consumer_event>& events) {
  for (auto& [which, lane] : lanes_) {
    if (lane.paused || lane.done)
      continue;
    for (auto& batch : lane.waiting.take())
      events.emplace_back(std::move(batch));
    if (lane.reader == nullptr)
      continue;
    lane.done = lane.reader->ended || lane.reader->failure;
    if (lane.reader->failure)
      events.emplace_back(partition_failed{which, *lane.reader->failure});
    else if (lane.reader->ended)
      events.emplace_back(reached_end{which, lane.reader->at.next_offset(which.partition)});
  }
}

/// Reads on for whoever waits for messages. False: nobody does.
bool file_consumer::advance() {
  bool moved = false;
  for (auto& [which, lane] : lanes_)
    if (lane.reader == nullptr && lane.is_hungry()) {
      moved = true;
      if (auto joined = join(lane); !joined) {
        lane.done = true;
        pending_.emplace_back(partition_failed{which, joined.error()});
      }
    }
  for (auto at = cursors_.begin(); at != cursors_.end();) {
    auto& cursor = *at;
    const auto hungry = std::any_of(cursor.lanes.begin(), cursor.lanes.end(),
                                    [](const auto& each) { return each.second->is_hungry(); });
    if (hungry && !cursor.ended && !cursor.failure) {
      step(cursor);
      moved = true;
    }
    at = cursor.lanes.empty() ? cursors_.erase(at) : std::next(at);
  }
  return moved;
}

shared_cursor* file_consumer::next_ahead(const shared_cursor& of) {
  shared_cursor* nearest = nullptr;
  for (auto& other : cursors_)
    if (&other != &of && other.file == of.file && !other.failure && other.at.position() > of.at.position() &&
        (nearest == nullptr || other.at.position() < nearest->at.position()))
      nearest = &other;
  return nearest;
}

void file_consumer::step(shared_cursor& cursor) {
  const auto stop = cursor.at.position() + step_bytes;
  auto* ahead = next_ahead(cursor);
  while (cursor.at.position() < stop) {
    const auto message = cursor.at.next();
    if (!message) {
      cursor.failure = message.error();
      return;
    }
    if (!*message) {
      cursor.ended = true;
      return;
    }
    take(cursor, **message);
    if (ahead != nullptr && cursor.at.position() >= ahead->at.position()) {
      if (cursor.at.position() == ahead->at.position())
        merge(cursor, *ahead);
      return;
    }
  }
}

void file_consumer::take(shared_cursor& cursor, const file_message& message) {
  const auto found = cursor.lanes.find(message.partition);
  if (found == cursor.lanes.end() || message.offset < found->second->wanted)
    return;
  auto& lane = *found->second;
  lane.waiting.add(message);
  lane.wanted = message.offset + 1;
  if (lane.paused && lane.waiting.bytes() > most_aside_bytes) {
    lane.position = cursor.at.position();
    leave(lane);
  }
}

/// Both stand at the same line, so one is enough. `from` is left without lanes and is dropped by advance().
void file_consumer::merge(shared_cursor& from, shared_cursor& into) {
  into.at.learn(from.at);
  for (auto& [partition, lane] : from.lanes) {
    lane->reader = &into;
    into.lanes.emplace(partition, lane);
  }
  from.lanes.clear();
}

/// Finds a cursor that has not passed what the partition wants, or makes one.
expected<void> file_consumer::join(lane& joining) {
  const auto file = file_of(joining.id);
  if (!file)
    return tl::unexpected(file.error());
  for (auto& cursor : cursors_) {
    const auto next = cursor.at.next_offset(joining.id.partition);
    if (cursor.file == *file && !cursor.failure && next != topic_file::cursor::unknown && next <= joining.wanted) {
      joining.reader = &cursor;
      cursor.lanes.insert_or_assign(joining.id.partition, &joining);
      return {};
    }
  }
  auto made = joining.position == 0
                  ? (*file)->begin()
                  : topic_file::cursor::at(**file, joining.position, joining.id.partition, joining.wanted);
  if (!made)
    return tl::unexpected(made.error());
  cursors_.push_back({*file, std::move(*made), {{joining.id.partition, &joining}}, false, std::nullopt});
  joining.reader = &cursors_.back();
  return {};
}

void file_consumer::leave(lane& leaving) {
  if (leaving.reader != nullptr)
    leaving.reader->lanes.erase(leaving.id.partition);
  leaving.reader = nullptr;
}

expected<void> file_consumer::start(const topic_partition& which, start_offset from) {
  if (const auto file = file_of(which); !file)
    return tl::unexpected(file.error());
  if (from.from == start_offset::where::earliest) {
    from.offset = 0;
  } else if (from.from == start_offset::where::latest) {
    const auto now = bounds(which);
    if (!now)
      return tl::unexpected(now.error());
    from.offset = now->second;
  }
  if (const auto found = lanes_.find(which); found != lanes_.end()) {
    leave(found->second);
    lanes_.erase(found);
  }
  auto& started = lanes_.emplace(which, which).first->second;
  started.wanted = from.offset;
  return join(started);
}

void file_consumer::pause(const topic_partition& which) {
  if (const auto found = lanes_.find(which); found != lanes_.end())
    found->second.paused = true;
}

void file_consumer::resume(const topic_partition& which) {
  if (const auto found = lanes_.find(which); found != lanes_.end())
    found->second.paused = false;
}

expected<std::pair<std::int64_t, std::int64_t>> file_consumer::bounds(const topic_partition& which) {
  const auto file = file_of(which);
  if (!file)
    return tl::unexpected(file.error());
  if (const auto known = bounds_.find(which); known != bounds_.end())
    return known->second;
  auto from = (*file)->begin();
  if (!from)
    return tl::unexpected(from.error());
  std::map<std::int32_t, std::int64_t> first;
  for (;;) {
    const auto message = from->next();
    if (!message)
      return tl::unexpected(message.error());
    if (!*message)
      break;
    first.try_emplace((*message)->partition, (*message)->offset);
  }
  for (std::int32_t partition = 0; partition < (*file)->partitions(); ++partition)
    bounds_[{which.topic, partition}] = {first.contains(partition) ? first[partition] : 0,
                                         from->next_offset(partition)};
  return bounds_[which];
}

expected<std::optional<batch_ptr>> file_consumer::read_one(const topic_partition& which, std::int64_t offset) {
  const auto file = file_of(which);
  if (!file)
    return tl::unexpected(file.error());
  auto from = (*file)->begin();
  if (!from)
    return tl::unexpected(from.error());
  for (;;) {
    const auto message = from->next();
    if (!message)
      return tl::unexpected(message.error());
    if (!*message || from->next_offset(which.partition) > offset + 1)
      return std::optional<batch_ptr>{};
    if ((*message)->partition == which.partition && (*message)->offset == offset) {
      waiting_messages one{which};
      one.add(**message);
      return std::optional{one.take().front()};
    }
  }
}

std::string file_consumer::source_identity(const std::string& topic) const {
  const auto file = file_of(topic);
  if (!file)
    return {};
  return (*file)->identity().value_or("file:" + (*file)->path());
}

bool file_consumer::is_same_source(const std::string& topic, const std::string& earlier) const {
  const auto file = file_of(topic);
  return file && (*file)->has_identity(earlier);
}

expected<std::int32_t> file_consumer::partitions(const std::string& topic) const {
  const auto file = file_of(topic);
  if (!file)
    return tl::unexpected(file.error());
  return (*file)->partitions();
}

} // namespace

expected<std::unique_ptr<consumer>> make_file_consumer(const std::string& folder, std::vector<file_topic> topics,
                                                       std::int32_t partitions) {
  if (partitions < 1)
    return fail(error_kind::invalid, fmt::format("files can be split over 1 partition or more, not {}", partitions));
  std::vector<topic_file> files;
  for (auto& topic : topics) {
    auto found = topic_file::find(folder, topic.topic, topic.key_field, topic.longest_message, partitions);
    if (!found)
      return tl::unexpected(found.error());
    files.push_back(std::move(*found));
  }
  return std::make_unique<file_consumer>(std::move(files));
}

} // namespace throng::transport
