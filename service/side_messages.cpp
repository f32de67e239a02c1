#include "service/side_messages.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "config/murmur2.hpp"
#include "transport/message_file.hpp"
#include "transport/producer.hpp"

namespace throng::service {

const std::vector<std::string>& analysis_topics() {
  static const std::vector<std::string> names{"analytics.alerts", "analytics.late", "analytics.dead_letter"};
  return names;
}

namespace {

/// Longer than any broker's election, shorter than a user's patience.
constexpr std::chrono::seconds delivery_limit{20};

/// Messages and the owner of their bytes, until their delivery reports.
using message_block = std::vector<analytics::side_message>;

expected<void> deliver(transport::producer& to, const config::topic_settings& topics,
                       std::span<const analytics::side_message> messages) {
  auto block = std::make_shared<const message_block>(messages.begin(), messages.end());
  std::map<transport::topic_partition, std::vector<transport::outgoing>> runs;
  for (const auto& message : *block)
    runs[{topics.prefix + message.topic,
          message.partition ? *message.partition : partition_of(message.key, topics.partitions)}]
        .push_back({message.key, message.value, message.time.ms, &message.headers});
  for (const auto& [where, run] : runs)
    for (std::span<const transport::outgoing> left{run}; !left.empty();) {
      left = left.subspan(to.produce(where, left, block));
      if (left.empty())
        break;
      // Its queue is full, or it has failed: what is under way has to arrive before the rest is offered again.
      if (auto flushed = to.flush(delivery_limit); !flushed)
        return flushed;
      auto taken = to.produce(where, left, block);
      if (taken == 0)
        return fail(error_kind::unavailable, fmt::format("topic {} takes no messages", where.topic), true);
      left = left.subspan(taken);
    }
  return to.flush(delivery_limit);
}

std::string_view header(const analytics::side_message& message, std::string_view name) {
  for (const auto& [key, value] : message.headers)
    if (key == name)
      return value;
  return {};
}

} // namespace

expected<actors::side_message_sink> send_side_messages(const config::settings& settings,
                                                       const transport::embedded_cluster* cluster) {
  transport::producer::callbacks callbacks;
  callbacks.delivered = [](const auto&, std::size_t, std::size_t) {};
  callbacks.failed = [](const transport::topic_partition& where, const error& why) {
    spdlog::error("{} [{}]: {}", where.topic, where.partition, why.message);
  };
  return transport::producer::make(settings.kafka, cluster, std::move(callbacks))
      .map([topics = settings.topics](std::unique_ptr<transport::producer>&& made) -> actors::side_message_sink {
        return [topics, producer = std::shared_ptr<transport::producer>{std::move(made)}](
                   std::span<const analytics::side_message> messages) { return deliver(*producer, topics, messages); };
      });
}

struct reject_folder::implementation {
  std::map<std::string, std::unique_ptr<transport::message_file_writer>> files; ///< by topic
  std::set<std::string> shown;

  expected<void> take(std::span<const analytics::side_message> messages) {
    for (const auto& message : messages) {
      if (message.topic == "analytics.alerts")
        continue; // alerts are in the store
      show_first(message);
      auto file = files.find(message.topic);
      if (file == files.end())
        continue;
      if (auto written = file->second->append({message.value}); !written)
        return written;
    }
    return {};
  }

  void show_first(const analytics::side_message& message) {
    auto reason = std::string{header(message, "reason")};
    if (!shown.insert(message.topic + reason).second)
      return;
    spdlog::warn("first {} message: {} [{}] offset {}: {}{}", message.topic == "analytics.late" ? "late" : "dead",
                 header(message, "source_topic"), header(message, "source_partition"), header(message, "source_offset"),
                 reason, header(message, "detail").empty() ? "" : fmt::format(" ({})", header(message, "detail")));
  }
};

reject_folder::reject_folder()
    : impl_(std::make_unique<implementation>()) {}

reject_folder::~reject_folder() = default;

expected<std::unique_ptr<reject_folder>> reject_folder::make(const std::string& folder) {
  std::unique_ptr<reject_folder> made{new reject_folder};
  if (!folder.empty())
    for (const auto* topic : {"analytics.late", "analytics.dead_letter"}) {
      auto file = transport::message_file_writer::create(folder, topic, true);
      if (!file)
        return tl::unexpected{file.error()};
      made->impl_->files.emplace(topic, std::move(*file));
    }
  return made;
}

actors::side_message_sink reject_folder::sink() {
  return [this](std::span<const analytics::side_message> messages) { return impl_->take(messages); };
}

expected<void> reject_folder::finish() {
  for (auto& [topic, file] : impl_->files)
    if (auto done = file->finish(); !done)
      return done;
  return {};
}

} // namespace throng::service
