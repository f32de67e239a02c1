#include "service/side_messages.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "config/murmur2.hpp"
#include "transport/message_file.hpp"
#include "transport/producer.hpp"
#include "transport/record_file.hpp"
#include "transport/topics.hpp"

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

std::int32_t partition_for(const analytics::side_message& message, const config::topic_settings& topics,
                           const partition_counts& others) {
  if (message.partition)
    return *message.partition;
  const auto other = others.find(message.topic);
  return partition_of(message.key, other != others.end() ? other->second : topics.partitions);
}

/// Topics of messages that could not be used.
constexpr std::array rejecting{"analytics.late", "analytics.dead_letter"};

bool is_rejected(const analytics::side_message& message) {
  return std::find(rejecting.begin(), rejecting.end(), message.topic) != rejecting.end();
}

constexpr const char* longest_property = "message.max.bytes";

/// The longest message that the producer takes, its key, value and headers together.
std::int64_t longest_message(const config::kafka_settings& kafka) {
  return kafka.number(longest_property, 1'000'000);
}

/// What a batch of one record is longer than its key, value and headers (KIP-98: 61 bytes of batch, up to 31 of record).
constexpr std::int64_t batch_overhead = 92;

/// The settings for a producer whose batches every one of the topics takes: a topic may take less than what librdkafka would make of messages, and
/// refuses it for good then.
expected<config::kafka_settings> within_topics(config::kafka_settings kafka, const std::vector<std::string>& topics) {
  const auto least = transport::least_of_property(kafka, topics, "max.message.bytes");
  if (!least)
    return tl::unexpected{least.error()};
  constexpr std::int64_t least_possible = 1'000; // librdkafka's
  if (*least && **least < longest_message(kafka) + batch_overhead)
    kafka.properties[longest_property] = std::to_string(std::max(**least - batch_overhead, least_possible));
  return kafka;
}

/// A rejected message that with its headers is longer than the producer takes becomes its own beginning, and says so: it was as long as a message
/// may be already, and must not end the analysis.
void fit(analytics::side_message& message, std::size_t longest) {
  constexpr std::size_t most_of_a_length = 10; // two to a header, one for their number
  auto taken = most_of_a_length;
  const auto count = [&](std::string_view name, std::string_view value) {
    taken += name.size() + value.size() + 2 * most_of_a_length;
  };
  for (const auto& [name, value] : message.headers)
    count(name, value);
  if (taken + message.key.size() + message.value.size() <= longest)
    return;
  const auto whole = std::to_string(message.value.size());
  count(cut_header, whole);
  const auto room = longest - std::min(longest, taken);
  message.key.resize(std::min(message.key.size(), room));
  message.value.resize(std::min(message.value.size(), room - message.key.size()));
  message.headers.emplace_back(cut_header, whole);
}

/// Retryable where the brokers may still take them: then all are sent again, as at-least-once allows. A delivery that has failed is not: the writer
/// of results tells its partition, the analysis ends, and its checkpoints from before send what is missing when it is started again.
expected<void> deliver(transport::producer& to, const config::topic_settings& topics, const partition_counts& others,
                       std::size_t longest, std::span<const analytics::side_message> messages) {
  auto block = std::make_shared<message_block>(messages.begin(), messages.end());
  for (auto& message : *block)
    if (is_rejected(message)) {
      message.partition = partition_for(message, topics, others); // by the whole key
      fit(message, longest);
    }
  std::map<std::pair<std::string_view, std::int32_t>, std::vector<transport::outgoing>> runs;
  for (const auto& message : *block)
    runs[{message.topic, partition_for(message, topics, others)}].push_back(
        {message.key, message.value, message.time.ms, &message.headers});
  for (const auto& [place, run] : runs) {
    const transport::topic_partition where{topics.prefix + std::string{place.first}, place.second};
    for (std::span<const transport::outgoing> left{run}; !left.empty();) {
      left = left.subspan(to.produce(where, left, block));
      if (left.empty())
        break;
      // Its queue is full, or it has failed: what is under way has to arrive before the rest is offered again.
      if (auto settled = to.settle(delivery_limit); !settled)
        return settled;
      auto taken = to.produce(where, left, block);
      if (taken == 0)
        return fail(error_kind::unavailable, fmt::format("topic {} takes no messages", where.topic), true);
      left = left.subspan(taken);
    }
  }
  return to.settle(delivery_limit);
}

std::string_view header(const analytics::side_message& message, std::string_view name) {
  for (const auto& [key, value] : message.headers)
    if (key == name)
      return value;
  return {};
}

transport::record record_of(const analytics::side_message& message) {
  transport::record made;
  made.timestamp_ms = message.time.ms;
  made.key = message.key;
  made.value = message.value;
  made.headers = message.headers;
  return made;
}

} // namespace

std::vector<std::string> named_topics(const std::vector<plan_ptr>& plans) {
  std::set<std::string> names;
  for (const auto& plan : plans)
    for (auto& topic : plan->topics_written())
      names.insert(std::move(topic));
  return {names.begin(), names.end()};
}

expected<partition_counts> make_named_topics(const config::settings& settings, const std::vector<plan_ptr>& plans) {
  partition_counts partitions;
  const auto names = named_topics(plans);
  if (names.empty())
    return partitions;
  std::vector<std::string> broker_names;
  broker_names.reserve(names.size());
  for (const auto& name : names)
    broker_names.push_back(settings.topics.prefix + name);
  auto there = transport::find_topics(settings.kafka, broker_names);
  if (!there)
    return tl::unexpected{there.error()};
  for (const auto& topic : *there) {
    std::erase(broker_names, topic.name);
    partitions[topic.name.substr(settings.topics.prefix.size())] = topic.partitions;
  }
  auto made = transport::create_missing(settings.kafka, settings.topics, broker_names);
  if (!made)
    return tl::unexpected{made.error()};
  for (const auto& name : *made)
    spdlog::info("made topic {} with {} partitions", name, settings.topics.partitions);
  return partitions;
}

expected<actors::side_message_sink> send_side_messages(const config::settings& settings,
                                                       const transport::embedded_cluster* cluster,
                                                       partition_counts partitions) {
  transport::producer::callbacks callbacks;
  callbacks.failed = [](const transport::topic_partition& where, const error& why) {
    spdlog::error("{} [{}]: {}", where.topic, where.partition, why.message);
  };
  auto kafka = settings.kafka;
  if (cluster == nullptr) {
    std::vector<std::string> written;
    for (const auto& name : analysis_topics())
      written.push_back(settings.topics.prefix + name);
    for (const auto& [name, count] : partitions)
      written.push_back(settings.topics.prefix + name);
    auto fitting = within_topics(std::move(kafka), written);
    if (!fitting)
      return tl::unexpected{fitting.error()};
    kafka = std::move(*fitting);
  }
  auto made = transport::producer::make(kafka, cluster, std::move(callbacks));
  if (!made)
    return tl::unexpected{made.error()};
  return actors::side_message_sink{[topics = settings.topics, partitions = std::move(partitions),
                                    longest = static_cast<std::size_t>(longest_message(kafka)),
                                    producer = std::shared_ptr<transport::producer>{std::move(*made)}](
                                       std::span<const analytics::side_message> messages) {
    return deliver(*producer, topics, partitions, longest, messages);
  }};
}

struct message_folders::implementation {
  std::map<std::string, std::unique_ptr<transport::message_file_writer>, std::less<>> rejects; ///< by topic
  std::map<std::string, std::unique_ptr<transport::record_file_writer>, std::less<>> topics;
  std::set<std::string> shown;

  expected<void> take(std::span<const analytics::side_message> messages) {
    for (const auto& message : messages)
      if (auto taken = take(message); !taken)
        return taken;
    // Behind this answer a checkpoint may be made.
    for (auto& [topic, file] : topics)
      if (auto flushed = file->flush(); !flushed)
        return flushed;
    return {};
  }

  /// Alerts are in the store, and go nowhere else.
  expected<void> take(const analytics::side_message& message) {
    if (auto file = topics.find(message.topic); file != topics.end())
      return file->second->append(record_of(message));
    if (!is_rejected(message))
      return {};
    show_first(message);
    auto file = rejects.find(message.topic);
    return file != rejects.end() ? file->second->append({message.value}) : expected<void>{};
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

message_folders::message_folders()
    : impl_(std::make_unique<implementation>()) {}

message_folders::~message_folders() = default;

expected<std::unique_ptr<message_folders>> message_folders::make(const std::string& rejects) {
  std::unique_ptr<message_folders> made{new message_folders};
  if (!rejects.empty())
    for (const std::string topic : rejecting) {
      auto file = transport::message_file_writer::create(rejects, topic, true);
      if (!file)
        return tl::unexpected{file.error()};
      made->impl_->rejects.emplace(topic, std::move(*file));
    }
  return made;
}

expected<void> message_folders::open_topics(const std::string& folder, std::int32_t partitions,
                                            const std::vector<plan_ptr>& plans, storage::result_store& store,
                                            bool force) {
  std::map<std::string, bool> goes_on; ///< by topic
  for (const auto& plan : plans) {
    const auto topics = plan->topics_written();
    const auto known = topics.empty() ? expected<bool>{false} : has_checkpoint(*plan, store);
    if (!known)
      return tl::unexpected{known.error()};
    for (const auto& topic : topics)
      goes_on[topic] = goes_on[topic] || *known;
  }
  for (const auto& [topic, resumes] : goes_on) {
    auto file = resumes ? transport::record_file_writer::resume(folder, topic, partitions)
                        : transport::record_file_writer::create(folder, topic, partitions, force);
    if (!file)
      return tl::unexpected{file.error()};
    impl_->topics.emplace(topic, std::move(*file));
  }
  return {};
}

actors::side_message_sink message_folders::sink() {
  return [this](std::span<const analytics::side_message> messages) { return impl_->take(messages); };
}

expected<void> message_folders::finish() {
  for (auto& [topic, file] : impl_->rejects)
    if (auto done = file->finish(); !done)
      return done;
  for (auto& [topic, file] : impl_->topics)
    if (auto done = file->finish(); !done)
      return done;
  return {};
}

actors::side_message_sink one_at_a_time(actors::side_message_sink of) {
  if (!of)
    return of;
  return
      [of = std::move(of), lock = std::make_shared<std::mutex>()](std::span<const analytics::side_message> messages) {
        const std::lock_guard guard{*lock};
        return of(messages);
      };
}

} // namespace throng::service
