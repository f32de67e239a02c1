#include "transport/producer_connection.hpp"

#include <utility>

namespace throng::transport {

expected<std::shared_ptr<producer_connection>> producer_connection::make(const config::kafka_settings& settings,
                                                                         const std::string& brokers) {
  properties defaults{
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"compression.type", "lz4"},
      {"linger.ms", "5"},
      // A message waits for its broker for ever: giving up would leave a gap (semantics.md 1).
      {"message.timeout.ms", "0"},
      // Our own bound is by partition; librdkafka's is for the whole process and would let one partition starve the others.
      {"queue.buffering.max.messages", "0"},
      {"queue.buffering.max.kbytes", "2147483647"},
  };
  // After a failed message nothing later of the partition may be sent, not even what is queued: librdkafka then stops as a whole.
  const auto idempotence = settings.properties.find("enable.idempotence");
  if (idempotence == settings.properties.end() || idempotence->second == "true")
    defaults.emplace_back("enable.gapless.guarantee", "true");
  auto conf = make_conf(settings, brokers, defaults);
  if (!conf)
    return tl::unexpected(conf.error());
  rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf), settings);
  if (!client)
    return tl::unexpected(client.error());
  auto made = std::make_shared<producer_connection>();
  made->client = std::move(*client);
  made->queue.reset(rd_kafka_queue_get_main(made->client.get()));
  return made;
}

rd_kafka_topic_t* producer_connection::topic(const std::string& name) {
  auto& found = topics[name];
  if (!found)
    found.reset(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
  return found.get();
}

std::optional<bool> producer_connection::knows(rd_kafka_topic_t* topic, std::int32_t partition,
                                               std::chrono::milliseconds limit) const {
  const struct rd_kafka_metadata* raw = nullptr;
  const auto code = rd_kafka_metadata(client.get(), 0, topic, &raw, static_cast<int>(limit.count()));
  const metadata_owner answer{raw};
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  return answer->topic_cnt == 1 && answer->topics[0].partition_cnt > partition;
}

} // namespace throng::transport
