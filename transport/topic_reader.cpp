#include "transport/topic_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "transport/kafka_error.hpp"
#include "transport/kafka_handle.hpp"

namespace throng::transport {

namespace {

constexpr std::chrono::milliseconds answer_limit{5'000};

std::optional<std::string> copy(const void* start, std::size_t size) {
  if (start == nullptr)
    return std::nullopt;
  return std::string{static_cast<const char*>(start), size};
}

record to_record(const rd_kafka_message_t& from) {
  record out;
  out.partition = from.partition;
  out.offset = from.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const auto time = rd_kafka_message_timestamp(&from, &type);
  out.timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time;
  out.key = copy(from.key, from.key_len);
  out.value = copy(from.payload, from.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&from, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      out.headers.emplace_back(name, copy(value, size).value_or(std::string{}));
  }
  return out;
}

} // namespace

struct topic_reader::implementation {
  config::kafka_settings settings;
  std::string topic;
  last_trouble trouble;
  client_owner client;
  std::map<std::int32_t, std::int64_t> ends; ///< of partitions that are not read to their end yet

  ~implementation() {
    if (client)
      rd_kafka_consumer_close(client.get());
  }

  expected<void> connect() {
    auto conf = make_conf(settings, settings.brokers,
                          {{"group.id", "throng.peek"}, // assign() asks for a name; nothing is joined
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"},
                           {"enable.partition.eof", "true"},
                           {"auto.offset.reset", "error"},
                           {"socket.nagle.disable", "true"}});
    if (!conf)
      return tl::unexpected(conf.error());
    rd_kafka_conf_set_opaque(conf->get(), this);
    rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t*, int code, const char* reason, void* self) {
      auto& of = *static_cast<implementation*>(self);
      of.trouble.note(static_cast<rd_kafka_resp_err_t>(code), redacted(reason, of.settings));
    });
    auto made = make_client(RD_KAFKA_CONSUMER, std::move(*conf), settings);
    if (!made)
      return tl::unexpected(made.error());
    client = std::move(*made);
    rd_kafka_poll_set_consumer(client.get());
    return {};
  }

  /// Where to begin in a partition that holds `first` up to `end`.
  expected<std::int64_t> begin(std::int32_t partition, const choice& what, std::int64_t first, std::int64_t end) {
    using where = start_offset::where;
    if (what.last)
      return std::max(first, end - *what.last);
    switch (what.from.from) {
    case where::earliest:
      return first;
    case where::latest:
      return end;
    case where::at:
      if (what.partition && (what.from.offset < first || what.from.offset > end))
        return fail(error_kind::not_found, fmt::format("{} holds the offsets {} to {}, not {}",
                                                       place_of({topic, partition}), first, end - 1, what.from.offset));
      return std::clamp(what.from.offset, first, end);
    case where::time:
      break;
    }
    auto found =
        query_offset_at(client.get(), topic, partition, what.from.offset, settings.brokers, trouble, answer_limit);
    return found.map([&](const auto& at) { return at.value_or(end); });
  }

  expected<void> assign(const choice& what) {
    const auto count = count_partitions(client.get(), topic, settings.brokers, trouble, answer_limit);
    if (!count)
      return tl::unexpected(count.error());
    if (what.partition && *what.partition >= *count)
      return fail(error_kind::not_found,
                  fmt::format("topic \"{}\" has the partitions 0 to {}, not {}", topic, *count - 1, *what.partition));
    const partition_list_owner list{rd_kafka_topic_partition_list_new(*count)};
    for (std::int32_t partition = 0; partition < *count; ++partition) {
      if (what.partition && *what.partition != partition)
        continue;
      const auto bounds = ask_again(answer_limit, [&] {
        return query_bounds(client.get(), topic, partition, settings.brokers, trouble, answer_limit);
      });
      if (!bounds)
        return tl::unexpected(bounds.error());
      const auto from = begin(partition, what, bounds->first, bounds->second);
      if (!from)
        return tl::unexpected(from.error());
      if (!what.follow && *from >= bounds->second)
        continue;
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = *from;
      ends[partition] = what.follow ? unknown_end : bounds->second;
    }
    if (const auto code = rd_kafka_assign(client.get(), list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::unexpected(make_error(code, fmt::format("topic {} at {}", topic, settings.brokers)));
    return {};
  }

  /// Notes that a partition has been read up to there.
  void reached(std::int32_t partition, std::int64_t next) {
    const auto found = ends.find(partition);
    if (found != ends.end() && next >= found->second)
      ends.erase(found);
  }
};

topic_reader::topic_reader(std::unique_ptr<implementation> impl)
    : impl_{std::move(impl)} {}

topic_reader::~topic_reader() = default;

expected<std::unique_ptr<topic_reader>> topic_reader::open(const config::kafka_settings& settings,
                                                           const std::string& topic, const choice& what) {
  auto impl = std::make_unique<implementation>();
  impl->settings = settings;
  impl->topic = topic;
  if (auto connected = impl->connect(); !connected)
    return tl::unexpected(connected.error());
  if (auto assigned = impl->assign(what); !assigned)
    return tl::unexpected(assigned.error());
  return std::unique_ptr<topic_reader>{new topic_reader{std::move(impl)}};
}

bool topic_reader::done() const {
  return impl_->ends.empty();
}

expected<std::optional<record>> topic_reader::next(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left < std::chrono::milliseconds::zero())
      return std::nullopt;
    const message_owner message{rd_kafka_consumer_poll(impl_->client.get(), static_cast<int>(left.count()))};
    if (!message)
      return std::nullopt;
    if (message->err ==
        RD_KAFKA_RESP_ERR__PARTITION_EOF) { // where the last messages are control records, or compacted away
      impl_->reached(message->partition, message->offset);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
      continue; // it asks for a coordinator all the same, and needs none
    if (is_retryable(message->err)) {
      impl_->trouble.note(message->err, redacted(rd_kafka_message_errstr(message.get()), impl_->settings));
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::unexpected(make_error(message->err, place_of({impl_->topic, message->partition}),
                                       redacted(rd_kafka_message_errstr(message.get()), impl_->settings)));
    const auto end = impl_->ends.find(message->partition);
    if (end == impl_->ends.end())
      continue;                                        // came after it was opened
    const auto wanted = message->offset < end->second; // the one at the end may have been compacted away
    impl_->reached(message->partition, message->offset + 1);
    if (wanted)
      return to_record(*message);
  }
  return std::nullopt;
}

} // namespace throng::transport
