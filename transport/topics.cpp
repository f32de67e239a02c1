#include "transport/topics.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "transport/kafka_error.hpp"
#include "transport/kafka_handle.hpp"

namespace throng::transport {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A client that only asks. It lives as long as one question, so a dead broker leaves nothing behind.
class questioner {
public:
  static expected<std::unique_ptr<questioner>> make(const config::kafka_settings& settings, milliseconds limit) {
    auto made = std::make_unique<questioner>(settings, limit);
    auto conf = make_conf(settings, settings.brokers, {{"socket.nagle.disable", "true"}});
    if (!conf)
      return tl::unexpected(conf.error());
    rd_kafka_conf_set_opaque(conf->get(), made.get());
    rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t*, int code, const char* reason, void* self) {
      auto& of = *static_cast<questioner*>(self);
      of.trouble_.note(static_cast<rd_kafka_resp_err_t>(code), redacted(reason, of.settings_));
    });
    auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf), settings); // needs no group
    if (!client)
      return tl::unexpected(client.error());
    made->client_ = std::move(*client);
    return made;
  }

  questioner(const config::kafka_settings& settings, milliseconds limit)
      : settings_{settings}
      , limit_{limit}
      , deadline_{clock::now() + limit} {}

  expected<metadata_owner> metadata() {
    const struct rd_kafka_metadata* raw = nullptr;
    const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &raw, left());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
      return metadata_owner{raw};
    return tl::unexpected(unanswered(code, "its topics"));
  }

  expected<std::pair<std::int64_t, std::int64_t>> bounds(const std::string& topic, std::int32_t partition) {
    return query_bounds(client_.get(), topic, partition, settings_.brokers, trouble_, milliseconds{left()});
  }

  /// Asks for topics to be made. Those that somebody else made meanwhile are left out of what is returned.
  expected<std::vector<std::string>> create(const std::vector<std::string>& names, const config::topic_settings& like);

private:
  /// At least 1: to librdkafka, 0 may mean for ever.
  int left() const {
    const auto rest = std::chrono::ceil<milliseconds>(deadline_ - clock::now());
    return static_cast<int>(std::max<milliseconds::rep>(rest.count(), 1));
  }

  error unanswered(rd_kafka_resp_err_t code, std::string_view what) {
    rd_kafka_poll(client_.get(), 0); // lets it say why
    const auto kind = kind_of(code);
    if (kind == error_kind::unavailable || kind == error_kind::timed_out)
      return trouble_.unreachable(settings_.brokers, limit_);
    return make_error(code, fmt::format("{}: {}", settings_.brokers, what));
  }

  const config::kafka_settings settings_;
  const milliseconds limit_;
  const clock::time_point deadline_;
  last_trouble trouble_;
  client_owner client_;
};

/// The answer of the broker to one topic of several.
error refusal(const rd_kafka_topic_result_t& result, const config::topic_settings& like) {
  const auto* text = rd_kafka_topic_result_error_string(&result);
  return make_error(rd_kafka_topic_result_error(&result),
                    fmt::format("topic \"{}\" with {} partitions and replication {} can't be made",
                                rd_kafka_topic_result_name(&result), like.partitions, like.replication),
                    text == nullptr ? "" : text);
}

expected<std::vector<std::string>> questioner::create(const std::vector<std::string>& names,
                                                      const config::topic_settings& like) {
  std::vector<new_topic_owner> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  std::array<char, 256> text{};
  for (const auto& name : names) {
    topics.emplace_back(
        rd_kafka_NewTopic_new(name.c_str(), like.partitions, like.replication, text.data(), text.size()));
    if (!topics.back())
      return fail(error_kind::invalid, fmt::format("topic \"{}\": {}", name, text.data()));
    // A world of last January must not be deleted by its age while it is being written (semantics.md 1).
    rd_kafka_NewTopic_set_config(topics.back().get(), "retention.ms", "-1");
    rd_kafka_NewTopic_set_config(topics.back().get(), "retention.bytes", std::to_string(like.retention_bytes).c_str());
    raw.push_back(topics.back().get());
  }
  const admin_options_owner options{rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS)};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), left(), text.data(), text.size());
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), left(), text.data(), text.size());
  const queue_owner queue{rd_kafka_queue_new(client_.get())};
  rd_kafka_CreateTopics(client_.get(), raw.data(), raw.size(), options.get(), queue.get());
  const event_owner answer{rd_kafka_queue_poll(queue.get(), left())};
  if (!answer)
    return tl::unexpected(unanswered(RD_KAFKA_RESP_ERR__TIMED_OUT, "topics can't be made"));
  if (const auto code = rd_kafka_event_error(answer.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(unanswered(code, "topics can't be made"));
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
      made.emplace_back(rd_kafka_topic_result_name(results[i]));
    else if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      return tl::unexpected(refusal(*results[i], like));
  }
  return made;
}

} // namespace

expected<std::vector<topic_description>> list_topics(const config::kafka_settings& settings, bool with_bounds,
                                                     milliseconds limit) {
  auto asker = questioner::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  const auto metadata = (*asker)->metadata();
  if (!metadata)
    return tl::unexpected(metadata.error());
  std::vector<topic_description> topics;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const auto& found = (*metadata)->topics[i];
    topic_description topic;
    topic.name = found.topic;
    topic.partitions = found.partition_cnt;
    if (found.partition_cnt > 0)
      topic.replication = static_cast<std::int16_t>(found.partitions[0].replica_cnt);
    for (std::int32_t partition = 0; with_bounds && partition < found.partition_cnt; ++partition) {
      const auto bounds = (*asker)->bounds(topic.name, partition);
      if (!bounds)
        return tl::unexpected(bounds.error());
      topic.bounds.push_back(*bounds);
    }
    topics.push_back(std::move(topic));
  }
  std::sort(topics.begin(), topics.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return topics;
}

expected<std::vector<std::string>> create_missing(const config::kafka_settings& settings,
                                                  const config::topic_settings& topics,
                                                  const std::vector<std::string>& names, milliseconds limit) {
  const auto deadline = clock::now() + limit;
  auto asker = questioner::make(settings, limit);
  if (!asker)
    return tl::unexpected(asker.error());
  std::vector<std::string> made;
  for (;;) {
    const auto metadata = (*asker)->metadata();
    if (!metadata)
      return tl::unexpected(metadata.error());
    std::vector<std::string> missing;
    for (const auto& name : names) {
      const auto* const begin = (*metadata)->topics;
      const auto* const end = begin + (*metadata)->topic_cnt;
      const auto* const found = std::find_if(begin, end, [&](const auto& topic) { return name == topic.topic; });
      if (found == end || found->partition_cnt == 0)
        missing.push_back(name);
      else if (found->partition_cnt != topics.partitions)
        return fail(error_kind::conflict,
                    fmt::format("topic \"{}\" has {} partitions, not the {} of topics.partitions: set that or another "
                                "topics.prefix",
                                name, found->partition_cnt, topics.partitions));
    }
    if (missing.empty())
      return made;
    if (clock::now() >= deadline)
      return fail(error_kind::timed_out,
                  fmt::format("topic \"{}\" was made, but {} does not show it within {} ms", missing.front(),
                              settings.brokers, limit.count()),
                  true);
    // Those made in the round before are on their way to every broker: only what nobody has made is asked for.
    std::erase_if(missing, [&](const auto& name) { return std::find(made.begin(), made.end(), name) != made.end(); });
    if (missing.empty())
      continue;
    auto created = (*asker)->create(missing, topics);
    if (!created)
      return tl::unexpected(created.error());
    made.insert(made.end(), created->begin(), created->end());
  }
}

} // namespace throng::transport
