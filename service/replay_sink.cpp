#include "service/replay_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>

#include <fmt/format.h>

#include "config/murmur2.hpp"
#include "service/output.hpp"
#include "transport/message_file.hpp"
#include "transport/producer.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

class null_sink final : public replay_sink {
public:
  expected<void> send(std::span<const replayed>) override {
    return {};
  }
};

class stdout_sink final : public replay_sink {
public:
  expected<void> send(std::span<const replayed> messages) override {
    for (const auto& each : messages) {
      auto line = each.value.value_or("") + "\n";
      if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size())
        return tl::unexpected{no_output(errno)};
    }
    return {};
  }
  expected<void> finish() override {
    const auto why = flush_output();
    return why == 0 ? expected<void>{} : tl::unexpected{no_output(why)};
  }
};

/// A file a topic, which appears when all is sent. Null values are no lines.
class file_sink final : public replay_sink {
public:
  file_sink(std::string folder, std::string topic, bool force)
      : folder_(std::move(folder))
      , topic_(std::move(topic))
      , force_(force) {}

  expected<void> open(const std::string& topic) {
    auto file = transport::message_file_writer::create(folder_, topic, force_);
    if (!file)
      return tl::unexpected{file.error()};
    files_.emplace(topic, std::move(*file));
    return {};
  }

  expected<void> send(std::span<const replayed> messages) override {
    for (const auto& each : messages) {
      const auto& topic = each.topic.empty() ? topic_ : each.topic;
      if (!files_.contains(topic))
        if (auto opened = open(topic); !opened)
          return opened;
      if (each.value)
        if (auto written = files_[topic]->append({*each.value}); !written)
          return written;
    }
    return {};
  }

  expected<void> finish() override {
    for (auto& [topic, file] : files_)
      if (auto done = file->finish(); !done)
        return done;
    return {};
  }

private:
  std::string folder_;
  std::string topic_;
  bool force_;
  std::map<std::string, std::unique_ptr<transport::message_file_writer>> files_;
};

class kafka_sink final : public replay_sink {
public:
  kafka_sink(const config::settings& settings, std::string topic)
      : settings_(settings)
      , topic_(std::move(topic)) {}

  expected<void> open() {
    auto made = transport::producer::make(settings_.kafka, nullptr, {});
    if (!made)
      return tl::unexpected{made.error()};
    producer_ = std::move(*made);
    if (!topic_.empty()) {
      auto created = transport::create_missing(settings_.kafka, settings_.topics, {settings_.topics.prefix + topic_});
      // One that is there with other partitions is as good: they are asked for.
      if (!created && created.error().kind != error_kind::conflict)
        return tl::unexpected{created.error()};
    }
    auto topics = transport::list_topics(settings_.kafka, false);
    if (!topics)
      return tl::unexpected{topics.error()};
    for (const auto& each : *topics)
      partitions_[each.name] = each.partitions;
    return {};
  }

  expected<void> send(std::span<const replayed> messages) override {
    auto block = std::make_shared<const std::vector<replayed>>(messages.begin(), messages.end());
    std::map<transport::topic_partition, std::vector<transport::outgoing>> runs;
    for (const auto& each : *block) {
      auto topic = each.topic.empty() ? settings_.topics.prefix + topic_ : each.topic;
      auto found = partitions_.find(topic);
      if (found == partitions_.end())
        return fail(error_kind::not_found, fmt::format("topic {} is not there", topic));
      auto partition = each.key ? partition_of(*each.key, found->second) : 0;
      transport::outgoing made;
      if (each.key)
        made.key = *each.key;
      if (each.value)
        made.value = *each.value;
      made.timestamp_ms = std::max<std::int64_t>(0, each.timestamp_ms);
      made.headers = each.headers.empty() ? nullptr : &each.headers;
      runs[{topic, partition}].push_back(made);
    }
    for (const auto& [where, run] : runs)
      for (std::span<const transport::outgoing> left{run}; !left.empty();) {
        left = left.subspan(producer_->produce(where, left, block));
        if (left.empty())
          break;
        if (auto flushed = settled(); !flushed)
          return flushed;
      }
    return {};
  }

  expected<void> finish() override {
    return settled();
  }

  std::map<std::int32_t, std::int64_t> ends() const override {
    std::map<std::int32_t, std::int64_t> made;
    const auto topic = settings_.topics.prefix + topic_;
    const auto found = partitions_.find(topic);
    for (std::int32_t i = 0; found != partitions_.end() && i < found->second; ++i)
      if (const auto last = producer_->progress({topic, i}).last_offset; last >= 0)
        made[i] = last + 1;
    return made;
  }

private:
  /// All that was handed over has arrived.
  expected<void> settled() {
    constexpr std::chrono::seconds limit{30};
    return producer_->settle(limit);
  }

  config::settings settings_;
  std::string topic_;
  std::map<std::string, std::int32_t> partitions_;
  std::unique_ptr<transport::producer> producer_;
};

} // namespace

expected<std::unique_ptr<replay_sink>> make_replay_sink(const std::string& to, const std::string& topic,
                                                        const config::settings& settings, bool force) {
  if (to == "null")
    return std::make_unique<null_sink>();
  if (to == "stdout")
    return std::make_unique<stdout_sink>();
  if (to.starts_with("file:") && to.size() > 5) {
    auto made = std::make_unique<file_sink>(to.substr(5), topic, force);
    if (!topic.empty())
      if (auto opened = made->open(topic); !opened)
        return tl::unexpected{opened.error()};
    return made;
  }
  if (to != "kafka")
    return fail(error_kind::invalid, fmt::format("--to {}: must be kafka, null, stdout or file:DIR", to));
  if (settings.kafka.embedded())
    return fail(error_kind::invalid,
                "replay --to kafka needs a cluster: name it with --brokers HOST:PORT (the embedded "
                "one lives only inside throng run)");
  auto made = std::make_unique<kafka_sink>(settings, topic);
  if (auto opened = made->open(); !opened)
    return tl::unexpected{opened.error()};
  return made;
}

} // namespace throng::service
