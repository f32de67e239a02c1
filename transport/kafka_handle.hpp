// Owners of librdkafka's C objects, and how its clients are configured: our defaults first, then the user's properties.
// What a client is for (producing, consuming, asking) is left to others.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "config/error.hpp"
#include "config/settings.hpp"

namespace throng::transport {

/// A deleter from one of librdkafka's functions.
template <auto Destroy>
struct destroy_with {
  template <class T>
  void operator()(T* object) const {
    Destroy(object);
  }
};

template <class T, auto Destroy>
using c_owner = std::unique_ptr<T, destroy_with<Destroy>>;

using client_owner = c_owner<rd_kafka_t, rd_kafka_destroy>;
using conf_owner = c_owner<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using topic_owner = c_owner<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using queue_owner = c_owner<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using event_owner = c_owner<rd_kafka_event_t, rd_kafka_event_destroy>;
using headers_owner = c_owner<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using kafka_error_owner = c_owner<rd_kafka_error_t, rd_kafka_error_destroy>;
using message_owner = c_owner<rd_kafka_message_t, rd_kafka_message_destroy>;
using partition_list_owner = c_owner<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using metadata_owner = c_owner<const struct rd_kafka_metadata, rd_kafka_metadata_destroy>;
using new_topic_owner = c_owner<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using admin_options_owner = c_owner<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

/// What librdkafka last complained of (a refused connection, a failed log-in), for the sentence of whatever times out because
/// of it. Written by whichever thread serves the client's errors. Must outlive the client.
class last_trouble {
public:
  /// `text` is redacted already. "All brokers are down" does not hide why they are.
  void note(rd_kafka_resp_err_t code, std::string text);
  std::string text() const;

  /// `no broker of BROKERS answered within LIMIT: WHY`: denied where it was a log-in, else unavailable.
  error unreachable(const std::string& brokers, std::chrono::milliseconds limit) const;

private:
  mutable std::mutex mutex_;
  rd_kafka_resp_err_t code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string text_;
  int x509_ = 0; ///< what was found of the certificate of the broker that `text_` is about
};

using properties = std::vector<std::pair<std::string, std::string>>;

/// A configuration of `defaults` and over them the user's properties. Log lines of librdkafka are dropped: what matters arrives as
/// an error.
/// invalid: a property that librdkafka does not know or whose value it refuses; the sentence names the property, never the value.
expected<conf_owner> make_conf(const config::kafka_settings& settings, const std::string& brokers,
                               const properties& defaults);

/// invalid: properties that contradict each other, in librdkafka's words.
expected<client_owner> make_client(rd_kafka_type_t type, conf_owner conf, const config::kafka_settings& settings);

/// How many partitions a topic has.
/// not_found: there is no such topic; unavailable or denied: no broker tells.
expected<std::int32_t> count_partitions(rd_kafka_t* client, const std::string& topic, const std::string& brokers,
                                        const last_trouble& trouble, std::chrono::milliseconds limit);

/// First and end offset (exclusive) of a partition now.
expected<std::pair<std::int64_t, std::int64_t>> query_bounds(rd_kafka_t* client, const std::string& topic,
                                                             std::int32_t partition, const std::string& brokers,
                                                             const last_trouble& trouble,
                                                             std::chrono::milliseconds limit);

/// Offset of the first message with a Kafka timestamp at or past `time_ms`; none: there is none.
expected<std::optional<std::int64_t>> query_offset_at(rd_kafka_t* client, const std::string& topic,
                                                      std::int32_t partition, std::int64_t time_ms,
                                                      const std::string& brokers, const last_trouble& trouble,
                                                      std::chrono::milliseconds limit);

/// Asks again for as long as `limit` while a partition changes its leader, as after a broker's end or a topic's making. librdkafka
/// asks the leader that it heard of last, which may have died since, and waits for its answer: so each time only for a while, and
/// where none comes the brokers are asked for the leader anew.
rd_kafka_resp_err_t asked_of_the_leader(rd_kafka_t* client, const std::string& topic, std::chrono::milliseconds limit,
                                        const std::function<rd_kafka_resp_err_t(int left_ms)>& question);

/// Asks again while the answer is one that passes by itself, such as a leader that is not elected yet, for at most `limit`.
template <class Ask>
auto ask_again(std::chrono::milliseconds limit, Ask ask) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto answer = ask();
    if (answer || !answer.error().retryable || std::chrono::steady_clock::now() >= deadline)
      return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

} // namespace throng::transport
