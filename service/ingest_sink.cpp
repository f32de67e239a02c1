#include "service/ingest_sink.hpp"

#include <mutex>

#include <fmt/format.h>

#include "service/interrupt.hpp"
#include "service/replay_sink.hpp"
#include "transport/topic_reader.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

/// What tells whose row a message is (docs/reference/ingest.md).
constexpr const char* source_header = "source";
constexpr const char* row_header = "row";

std::vector<replayed> messages_of(const std::string& source, std::span<const sources::mapped_row> rows) {
  std::vector<replayed> made;
  made.reserve(rows.size());
  for (const auto& row : rows)
    made.push_back({{}, row.key, row.value, row.time.ms, {{source_header, source}, {row_header, row.id}}});
  return made;
}

/// Knows nothing of what is there: each run begins at the first page.
class local_sink final : public ingest_sink {
public:
  explicit local_sink(std::unique_ptr<replay_sink> to)
      : to_(std::move(to)) {}

  expected<sources::partition_ends> ends() override {
    return {};
  }
  expected<sources::partition_ends> send(const std::string& source,
                                         std::span<const sources::mapped_row> rows) override {
    std::lock_guard guard{mutex_};
    return to_->send(messages_of(source, rows)).map([] { return sources::partition_ends{}; });
  }
  expected<std::set<std::string>> landed(const std::string&, const sources::partition_ends&) override {
    return {};
  }
  expected<void> finish() override {
    std::lock_guard guard{mutex_};
    return to_->finish();
  }

private:
  std::mutex mutex_;
  std::unique_ptr<replay_sink> to_;
};

class topic_sink final : public ingest_sink {
public:
  topic_sink(const config::settings& settings, std::string topic)
      : settings_(settings)
      , topic_(std::move(topic)) {}

  expected<void> open() {
    auto made = make_replay_sink("kafka", topic_, settings_, false);
    if (!made)
      return tl::unexpected{made.error()};
    to_ = std::move(*made);
    return {};
  }

  expected<sources::partition_ends> ends() override {
    auto found = transport::find_topics(settings_.kafka, {name()});
    if (!found)
      return tl::unexpected{found.error()};
    if (found->empty())
      return fail(error_kind::not_found, fmt::format("topic {} is not there", name()));
    sources::partition_ends made;
    const auto& bounds = found->front().bounds;
    for (std::size_t i = 0; i < bounds.size(); ++i)
      made[static_cast<std::int32_t>(i)] = bounds[i].second;
    return made;
  }

  expected<sources::partition_ends> send(const std::string& source,
                                         std::span<const sources::mapped_row> rows) override {
    std::lock_guard guard{mutex_};
    // A partition that has failed stays so: after a failure all begins anew.
    if (!to_)
      if (auto opened = open(); !opened)
        return tl::unexpected{later(opened.error())};
    auto sent = to_->send(messages_of(source, rows)).and_then([this] { return to_->finish(); });
    if (!sent) {
      to_.reset();
      return tl::unexpected{later(sent.error())};
    }
    return to_->ends();
  }

  expected<std::set<std::string>> landed(const std::string& source, const sources::partition_ends& behind) override {
    auto found = transport::find_topics(settings_.kafka, {name()});
    if (!found)
      return tl::unexpected{found.error()};
    std::set<std::string> ids;
    if (found->empty())
      return ids; // deleted since
    const auto& bounds = found->front().bounds;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      const auto partition = static_cast<std::int32_t>(i);
      const auto stands = behind.find(partition);
      auto from = std::max(bounds[i].first, stands == behind.end() ? 0 : stands->second);
      if (from > bounds[i].second) // the topic is another one of that name
        from = bounds[i].first;
      if (from == bounds[i].second)
        continue;
      if (auto read = read_tail(source, partition, from, ids); !read)
        return tl::unexpected{read.error()};
    }
    return ids;
  }

  expected<void> finish() override {
    return {};
  }

private:
  std::string name() const {
    return settings_.topics.prefix + topic_;
  }

  /// What goes wrong between us and a broker may come right, whatever the producer that is thrown away says of itself; a refusal won't.
  static error later(error why) {
    why.retryable =
        why.kind != error_kind::denied && why.kind != error_kind::invalid && why.kind != error_kind::not_found;
    return why;
  }

  expected<void> read_tail(const std::string& source, std::int32_t partition, std::int64_t from,
                           std::set<std::string>& ids) {
    transport::topic_reader::choice what;
    what.partition = partition;
    what.from = {transport::start_offset::where::at, from};
    auto reader = transport::topic_reader::open(settings_.kafka, name(), what);
    if (!reader)
      return tl::unexpected{reader.error()};
    constexpr std::chrono::milliseconds patience{200};
    constexpr int most_silences = 150; // half a minute
    for (int silences = 0; !(*reader)->done();) {
      auto message = (*reader)->next(patience);
      if (!message)
        return tl::unexpected{message.error()};
      if (!*message) {
        if (interrupted() || (!(*reader)->done() && ++silences == most_silences))
          return fail(error_kind::timed_out, fmt::format("topic {}: its brokers have said nothing for long", name()),
                      true);
        continue;
      }
      silences = 0;
      const std::string* whose = nullptr;
      const std::string* row = nullptr;
      for (const auto& [header, value] : (*message)->headers)
        if (header == source_header)
          whose = &value;
        else if (header == row_header)
          row = &value;
      if (whose != nullptr && row != nullptr && *whose == source)
        ids.insert(*row);
    }
    return {};
  }

  config::settings settings_;
  std::string topic_;
  std::mutex mutex_;
  std::unique_ptr<replay_sink> to_;
};

} // namespace

expected<std::unique_ptr<ingest_sink>> make_ingest_sink(const std::string& to, const std::string& topic,
                                                        const config::settings& settings, bool force) {
  if (to == "kafka" && settings.kafka.embedded())
    return fail(error_kind::invalid,
                "ingest --to kafka needs a cluster: name it with --brokers HOST:PORT (the embedded one "
                "lives only inside throng run), or look with --to stdout");
  if (to == "kafka") {
    auto made = std::make_unique<topic_sink>(settings, topic);
    if (auto opened = made->open(); !opened)
      return tl::unexpected{opened.error()};
    return made;
  }
  auto local = make_replay_sink(to, topic, settings, force);
  if (!local)
    return tl::unexpected{local.error()};
  return std::make_unique<local_sink>(std::move(*local));
}

} // namespace throng::service
