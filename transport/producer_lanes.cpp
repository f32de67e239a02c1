#include "transport/producer_lanes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace throng::transport {

namespace {

bool stands_before(const unsent& a, const unsent& b) {
  const auto& x = *a.place->block;
  const auto& y = *b.place->block;
  return x.number != y.number ? x.number < y.number : a.place < b.place;
}

} // namespace

unsent unsent::of(const rd_kafka_message_t& report) {
  unsent one;
  one.place = static_cast<message_place*>(report._private);
  one.has_key = report.key != nullptr;
  if (one.has_key)
    one.key.assign(static_cast<const char*>(report.key), report.key_len);
  one.value = {static_cast<const char*>(report.payload), report.len};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&report, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      one.headers.emplace_back(name, std::string{static_cast<const char*>(value), size});
  }
  return one;
}

/// rd_kafka_produce_batch would be cheaper, but stamps every message with the wall clock; the Kafka timestamp is the emission
/// time (semantics.md 1).
rd_kafka_resp_err_t producer_lane::hand_over(const outgoing& message, message_place* place) const {
  constexpr std::size_t most_fields = 8;
  std::array<rd_kafka_vu_t, most_fields> fields; // NOLINT: filled below, as far as it is used
  std::size_t count = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> auto& {
    fields[count].vtype = type;
    return fields[count++].u;
  };
  next(RD_KAFKA_VTYPE_RKT).rkt = topic;
  next(RD_KAFKA_VTYPE_PARTITION).i32 = id.partition;
  next(RD_KAFKA_VTYPE_MSGFLAGS).i = 0; // the value is not copied: the block keeps it
  next(RD_KAFKA_VTYPE_OPAQUE).ptr = place;
  next(RD_KAFKA_VTYPE_TIMESTAMP).i64 = message.timestamp_ms;
  auto& value = next(RD_KAFKA_VTYPE_VALUE).mem;
  value.ptr = const_cast<char*>(message.value.data()); // NOLINT: librdkafka only reads it
  value.size = message.value.size();
  auto& key = next(RD_KAFKA_VTYPE_KEY).mem;
  key.ptr = const_cast<char*>(message.key.data()); // NOLINT
  key.size = message.key.size();
  // As one list of our own: of single ones librdkafka 2.0.2 makes a list that it frees twice where it refuses the message.
  headers_owner headers;
  if (message.headers != nullptr) {
    headers.reset(rd_kafka_headers_new(message.headers->size()));
    for (const auto& [name, text] : *message.headers)
      rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), text.data(),
                          static_cast<ssize_t>(text.size()));
    next(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
  }
  const kafka_error_owner refused{rd_kafka_produceva(client, fields.data(), count)};
  if (refused)
    return rd_kafka_error_code(refused.get());
  headers.release(); // NOLINT: the message's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

payload_block& payload_block::begin(std::shared_ptr<const void> owner, producer_lane& of,
                                    std::span<const outgoing> messages) {
  auto* made = new payload_block; // NOLINT: its last drop() deletes it
  made->owner = std::move(owner);
  made->of = &of;
  made->number = of.blocks++;
  made->remaining = messages.size();
  made->places.reserve(messages.size());
  for (const auto& message : messages)
    made->places.push_back({made, message.timestamp_ms});
  return *made;
}

producer_lane& producer_lanes::of(const topic_partition& id) {
  const std::lock_guard lock{mutex_};
  auto& found = lanes_[id];
  if (!found) {
    found = std::make_unique<producer_lane>();
    found->id = id;
    found->client = connection_->client.get();
    found->topic = connection_->topic(id.topic);
  }
  return *found;
}

const producer_lane* producer_lanes::find(const topic_partition& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = lanes_.find(id);
  return found != lanes_.end() ? found->second.get() : nullptr;
}

std::vector<producer_lane*> producer_lanes::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<producer_lane*> all;
  for (const auto& [id, lane] : lanes_)
    all.push_back(lane.get());
  return all;
}

std::shared_ptr<producer_connection> producer_lanes::connection() const {
  const std::lock_guard lock{mutex_};
  return connection_;
}

void producer_lanes::move_to(std::shared_ptr<producer_connection> next) {
  {
    const std::lock_guard lock{mutex_};
    connection_.swap(next);
  }
  for (auto* lane : all()) {
    const std::lock_guard order{lane->order};
    lane->client = connection_->client.get();
    {
      const std::lock_guard lock{mutex_};
      lane->topic = connection_->topic(lane->id.topic);
    }
    lane->known = false;
    lane->alone = false;
    std::sort(lane->given_back.begin(), lane->given_back.end(), stands_before);
  }
}

void producer_lanes::take_back(producer_lane& to, const rd_kafka_message_t& report) {
  to.given_back.push_back(unsent::of(report));
  ++given_back_;
}

std::size_t producer_lanes::give_up(producer_lane& which) {
  const auto messages = which.given_back.size();
  for (const auto& one : which.given_back) {
    which.bytes_in_flight -= one.bytes();
    one.place->block->drop(1);
  }
  which.given_back.clear();
  given_back_ -= messages;
  return messages;
}

bool producer_lanes::send_given_back() {
  for (auto* lane : all()) {
    const std::lock_guard order{lane->order};
    while (!lane->given_back.empty()) {
      if (!lane->known && lane->alone)
        break; // the first goes alone
      auto& one = lane->given_back.front();
      const std::string_view key = one.has_key ? std::string_view{one.key} : std::string_view{};
      const auto code = lane->hand_over(
          {key, one.value, one.place->timestamp_ms, one.headers.empty() ? nullptr : &one.headers}, one.place);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        break; // and again with the next round
      lane->alone = true;
      lane->given_back.pop_front();
      --given_back_;
    }
  }
  return given_back_ == 0;
}

} // namespace throng::transport
