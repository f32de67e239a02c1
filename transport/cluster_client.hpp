// A client that only asks a real cluster: metadata, offsets and its admin interface, within one limit on how long a dead broker may keep
// silent. What is asked, of topics and of groups, is left to others.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <librdkafka/rdkafka.h>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "transport/kafka_handle.hpp"

namespace throng::transport {

/// Lives as long as one question of a user's, so a dead broker leaves nothing behind. One thread.
class cluster_client {
public:
  /// @param limit for all that is asked of it together
  static expected<std::unique_ptr<cluster_client>> make(const config::kafka_settings& settings,
                                                        std::chrono::milliseconds limit);
  cluster_client(const config::kafka_settings& settings, std::chrono::milliseconds limit);

  /// Of all topics and brokers.
  expected<metadata_owner> metadata();
  /// First and end offset (exclusive) of a partition now.
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const std::string& topic, std::int32_t partition);

  /// Sends a request to the admin interface and waits for its answer.
  /// @param what could not be done, for the sentence of a failure: "topics can't be made"
  using request = std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;
  expected<event_owner> ask(rd_kafka_admin_op_t kind, std::string_view what, const request& send);

  rd_kafka_t* client() const {
    return client_.get();
  }
  bool is_over() const {
    return std::chrono::steady_clock::now() >= deadline_;
  }

private:
  /// At least 1: to librdkafka, 0 may mean for ever.
  int left() const;
  error unanswered(rd_kafka_resp_err_t code, std::string_view what);

  const config::kafka_settings settings_;
  const std::chrono::milliseconds limit_;
  const std::chrono::steady_clock::time_point deadline_;
  last_trouble trouble_;
  client_owner client_;
};

} // namespace throng::transport
