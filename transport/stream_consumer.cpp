// A stream that can be read only once, such as standard input, as partitions. What has come is read when somebody has room for it:
// where one partition holds too much that its processor has not asked for, the stream waits, and so does whoever writes it.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "config/murmur2.hpp"
#include "transport/consumer.hpp"
#include "transport/key_field.hpp"
#include "transport/line_reader.hpp"
#include "transport/waiting_messages.hpp"

namespace throng::transport {

namespace {

/// What may wait for a partition whose processor is busy.
constexpr std::size_t most_waiting_bytes = 4U << 20U;
/// Read at most before what was read is handed out.
constexpr std::size_t most_lines_a_poll = 8'192;
/// How often a reader that waits looks whether it is to stop.
constexpr int between_looks_ms = 50;

bool is_readable(int fd, int limit_ms) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, limit_ms) != 0; // an error shows when it is read
}

/// Bytes as they come. Told to stop, it ends.
class descriptor_source final : public byte_source {
public:
  descriptor_source(int fd, std::function<bool()> stopped)
      : fd_{fd}
      , stopped_{std::move(stopped)} {}

  expected<std::size_t> read(std::span<char> into) override {
    for (;;) {
      if (stopped_())
        return 0;
      if (!is_readable(fd_, between_looks_ms))
        continue;
      const auto got = ::read(fd_, into.data(), into.size());
      if (got >= 0)
        return static_cast<std::size_t>(got);
      if (errno != EINTR && errno != EAGAIN)
        return fail(error_kind::unavailable, fmt::format("standard input: {}", std::strerror(errno)));
    }
  }

private:
  int fd_;
  std::function<bool()> stopped_;
};

class stream_consumer final : public consumer {
public:
  stream_consumer(int fd, file_topic topic, std::int32_t partitions, stream_watch watch)
      : fd_{fd}
      , topic_{std::move(topic)}
      , watch_{std::move(watch)}
      , reader_{std::make_unique<descriptor_source>(fd, watch_.stopped), topic_.longest_message}
      , key_{topic_.key_field} {
    std::random_device random;
    identity_ = fmt::format("stdin:{:08x}{:08x}", random(), random());
    assigned all;
    for (std::int32_t i = 0; i < partitions; ++i) {
      all.partitions.push_back({topic_.topic, i});
      lanes_.push_back({waiting_messages{{topic_.topic, i}}, 0, false, false, false});
    }
    pending_.emplace_back(std::move(all));
  }

  std::vector<consumer_event> poll(std::chrono::milliseconds limit) override {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::vector<consumer_event> events;
    events.swap(pending_);
    collect(events);
    if (!events.empty())
      return events;
    if (ended_ || !may_read()) {
      std::this_thread::sleep_until(deadline); // only the caller can change that
      return events;
    }
    read(static_cast<int>(limit.count()));
    collect(events);
    return events;
  }

  expected<void> start(const topic_partition& which, start_offset from) override {
    auto& lane = lanes_.at(static_cast<std::size_t>(which.partition));
    if (lane.started || (from.from == start_offset::where::at && from.offset != 0))
      return fail(error_kind::exhausted, "standard input can be read only once, and from where it stands");
    lane.started = true;
    return {};
  }
  void pause(const topic_partition& which) override {
    lanes_.at(static_cast<std::size_t>(which.partition)).paused = true;
  }
  void resume(const topic_partition& which) override {
    lanes_.at(static_cast<std::size_t>(which.partition)).paused = false;
  }
  void revoked_done(const std::vector<topic_partition>&) override {
    // Nothing is ever revoked.
  }
  void commit(const topic_partition&, std::int64_t) override {
    // A stream has nobody to tell.
  }
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which) override {
    return std::pair{std::int64_t{0}, lanes_.at(static_cast<std::size_t>(which.partition)).next};
  }
  expected<std::optional<batch_ptr>> read_one(const topic_partition&, std::int64_t) override {
    return std::optional<batch_ptr>{};
  }
  std::string source_identity(const std::string&) const override {
    return identity_;
  }
  expected<std::int32_t> partitions(const std::string&) const override {
    return static_cast<std::int32_t>(lanes_.size());
  }

private:
  struct lane {
    waiting_messages waiting;
    std::int64_t next = 0; ///< offset of the next message that is read
    bool started = false;
    bool paused = false;
    bool end_told = false;
  };

  bool may_read() const {
    return std::all_of(lanes_.begin(), lanes_.end(), [](const lane& each) {
      return each.started && (!each.paused || each.waiting.bytes() <= most_waiting_bytes);
    });
  }

  /// Lines that are there whole; waits for the first. A line of which only a part has come keeps the thread until its rest comes, and
  /// by then everything before it has been handed out.
  void read(int limit_ms) {
    if (!reader_.has_line() && !is_readable(fd_, limit_ms) && !watch_.stopped())
      return;
    for (std::size_t lines = 0; lines < most_lines_a_poll && (lines == 0 || reader_.has_line()); ++lines) {
      const auto line = reader_.next();
      if (!line) {
        pending_.emplace_back(consumer_failed{line.error()});
        ended_ = true;
        return;
      }
      if (!*line) {
        end();
        return;
      }
      if ((*line)->find_first_not_of(" \t\r") != std::string_view::npos)
        add(**line);
    }
  }

  void add(std::string_view line) {
    file_message message;
    message.value = line;
    if (line.size() <= topic_.longest_message)
      message.key = key_.of(line);
    message.partition = message.key ? partition_of(*message.key, static_cast<std::int32_t>(lanes_.size())) : 0;
    auto& lane = lanes_[static_cast<std::size_t>(message.partition)];
    message.offset = lane.next++;
    lane.waiting.add(message);
  }

  void end() {
    ended_ = true;
    std::map<topic_partition, std::int64_t> ends;
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      ends.emplace(topic_partition{topic_.topic, static_cast<std::int32_t>(i)}, lanes_[i].next);
    watch_.ended(std::move(ends));
  }

  void collect(std::vector<consumer_event>& events) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      auto& lane = lanes_[i];
      if (!lane.started || lane.paused)
        continue;
      for (auto& batch : lane.waiting.take())
        events.emplace_back(std::move(batch));
      if (ended_ && !std::exchange(lane.end_told, true))
        events.emplace_back(reached_end{{topic_.topic, static_cast<std::int32_t>(i)}, lane.next});
    }
  }

  int fd_;
  file_topic topic_;
  stream_watch watch_;
  line_reader reader_;
  key_field key_;
  std::string identity_;
  std::vector<lane> lanes_;
  std::vector<consumer_event> pending_;
  bool ended_ = false;
};

} // namespace

expected<std::unique_ptr<consumer>> make_stream_consumer(int fd, file_topic topic, std::int32_t partitions,
                                                         stream_watch watch) {
  if (partitions < 1)
    return fail(error_kind::invalid, fmt::format("a stream can be split over 1 partition or more, not {}", partitions));
  return std::make_unique<stream_consumer>(fd, std::move(topic), partitions, std::move(watch));
}

} // namespace throng::transport
