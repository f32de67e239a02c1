// Files of messages as partitions: the consumer over shared_reading, one a file.
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "transport/consumer.hpp"
#include "transport/shared_reading.hpp"
#include "transport/topic_file.hpp"
#include "transport/waiting_messages.hpp"

namespace throng::transport {

namespace {

class file_consumer final : public consumer {
public:
  explicit file_consumer(std::vector<topic_file> files) {
    assigned all;
    for (auto& file : files)
      for (std::int32_t partition = 0; partition < file.partitions(); ++partition)
        all.partitions.push_back({file.topic(), partition});
    for (auto& file : files) {
      auto topic = file.topic();
      auto placed = files_.emplace(topic, std::move(file)).first;
      readings_.emplace(std::move(topic), shared_reading{placed->second});
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
  expected<std::pair<std::int64_t, std::int64_t>> bounds_at_hand(const topic_partition& which) override;
  expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset) override;
  std::string source_identity(const std::string& topic) const override;
  bool is_same_source(const std::string& topic, const std::string& earlier) const override;
  expected<std::int32_t> partitions(const std::string& topic) const override;

private:
  expected<const topic_file*> file_of(const std::string& topic) const;
  expected<const topic_file*> file_of(const topic_partition& which) const;
  void collect(std::vector<consumer_event>& events);
  bool advance();

  std::map<std::string, topic_file> files_;
  std::map<std::string, shared_reading> readings_; ///< of each file
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
  auto file = file_of(which.topic);
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

void file_consumer::collect(std::vector<consumer_event>& events) {
  for (auto& [topic, reading] : readings_)
    reading.collect(events);
}

bool file_consumer::advance() {
  bool moved = false;
  for (auto& [topic, reading] : readings_)
    moved = reading.advance() || moved;
  return moved;
}

expected<void> file_consumer::start(const topic_partition& which, start_offset from) {
  if (const auto file = file_of(which); !file)
    return tl::unexpected(file.error());
  if (from.from == start_offset::where::earliest) {
    from.offset = 0;
  } else if (from.from == start_offset::where::time) {
    const auto found = offset_at(which, from.offset);
    if (!found)
      return tl::unexpected(found.error());
    from.offset = *found;
  } else if (from.from == start_offset::where::latest) {
    const auto now = bounds(which);
    if (!now)
      return tl::unexpected(now.error());
    from.offset = now->second;
  }
  return readings_.at(which.topic).start(which.partition, from.offset);
}

void file_consumer::pause(const topic_partition& which) {
  if (const auto found = readings_.find(which.topic); found != readings_.end())
    found->second.pause(which.partition);
}

void file_consumer::resume(const topic_partition& which) {
  if (const auto found = readings_.find(which.topic); found != readings_.end())
    found->second.resume(which.partition);
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

expected<std::pair<std::int64_t, std::int64_t>> file_consumer::bounds_at_hand(const topic_partition& which) {
  if (const auto file = file_of(which); !file)
    return tl::unexpected(file.error());
  const auto known = bounds_.find(which);
  return known != bounds_.end() ? known->second : std::pair{std::int64_t{0}, unknown_end};
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
    auto found =
        topic_file::find(folder, std::move(topic.topic), std::move(topic.key_field), topic.longest_message, partitions);
    if (!found)
      return tl::unexpected(found.error());
    files.push_back(std::move(*found));
  }
  return std::make_unique<file_consumer>(std::move(files));
}

} // namespace throng::transport
