#include "transport/kafka_batch.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "transport/batching.hpp"

namespace throng::transport {

namespace {

std::optional<std::string_view> view(const void* start, std::size_t size) {
  if (start == nullptr)
    return std::nullopt;
  return std::string_view{static_cast<const char*>(start), size};
}

} // namespace

batch_ptr to_batch(const topic_partition& from, rd_kafka_message_t* const* messages, std::size_t count,
                   std::size_t bytes) {
  batch_builder built{from, count, bytes};
  for (std::size_t i = 0; i < count; ++i) {
    const auto& message = *messages[i];
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const auto time = rd_kafka_message_timestamp(&message, &type);
    built.add(message.offset, type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time, view(message.key, message.key_len),
              view(message.payload, message.len));
    // A message that was sent again because a pipeline had refused it (`throng replay --from-dead-letter`). Few have headers at all.
    rd_kafka_headers_t* headers = nullptr;
    const void* owner = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, "replay_for", &owner, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
      built.mark(message.offset, std::string{static_cast<const char*>(owner), size});
  }
  return built.finish();
}

} // namespace throng::transport
