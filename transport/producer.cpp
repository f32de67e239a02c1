#include "transport/producer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include "transport/embedded.hpp"
#include "transport/kafka_error.hpp"
#include "transport/kafka_handle.hpp"

namespace throng::transport {

namespace {

constexpr std::chrono::seconds stall_after{5}; ///< without a report, though messages wait: then it is said

/// One partition's account. Taken from by whoever produces, given back to by the delivery thread.
struct lane {
  topic_partition id;
  rd_kafka_topic_t* topic = nullptr;
  std::mutex order; ///< one produce() at a time, so that a call's messages stay together
  std::atomic<std::size_t> bytes_in_flight{0};
  std::atomic<std::size_t> delivered{0};
  std::atomic<std::int64_t> last_offset{-1};
  std::atomic<bool> failed{false};
  std::atomic<bool> starved{false}; ///< librdkafka's own queue was full though ours was not
  /// The broker has taken a message of this producer. Until then only one is under way: a leader that knows nothing of a
  /// producer takes any sequence number as its first, so that of two requests to a partition that is just getting its leader
  /// the first may be refused and the second taken; sent again, the first then counts as delivered, and is lost (KAFKA-15591;
  /// seen here with Kafka 3.9.2 and librdkafka 2.0.2, once in 15 runs into topics made just before).
  std::atomic<bool> known{false};

  // The delivery thread's alone.
  bool told = false; ///< of its failure
  /// What the reports at hand add up to.
  std::size_t reported_messages = 0;
  std::size_t reported_bytes = 0;
};

/// The values of one produce() call, until the last of their delivery reports.
struct payload_block {
  std::shared_ptr<const void> owner;
  lane* of = nullptr;
  std::atomic<std::size_t> remaining{0};

  /// Deletes the block with the last message.
  void drop(std::size_t messages) {
    if (messages > 0 && remaining.fetch_sub(messages, std::memory_order_acq_rel) == messages)
      delete this;
  }
};

/// Reported of messages that were not sent because another failed.
bool is_consequence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE ||
         code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

class kafka_producer final : public producer {
public:
  kafka_producer(config::kafka_settings settings, std::string brokers, callbacks on, std::size_t queue_bytes)
      : settings_{std::move(settings)}
      , brokers_{std::move(brokers)}
      , on_{std::move(on)}
      , queue_bytes_{queue_bytes} {}

  ~kafka_producer() override;

  expected<void> open();
  std::size_t produce(const topic_partition& to, std::span<const outgoing> messages,
                      const std::shared_ptr<const void>& owner) override;
  expected<void> flush(std::chrono::milliseconds limit) override;
  expected<void> settle(std::chrono::milliseconds limit) override;
  delivery_progress progress(const topic_partition& of) const override;

private:
  lane& lane_of(const topic_partition& id);
  rd_kafka_resp_err_t hand_over(lane& to, const outgoing& message, payload_block* block);
  void fail_lane(lane& which, const error& why);
  void fail_all();
  void serve(std::chrono::milliseconds limit);
  void take_reports(rd_kafka_event_t* reports);
  void take_error(rd_kafka_event_t* event);
  void wake_starved();
  void watch_for_stall();

  const config::kafka_settings settings_;
  const std::string brokers_;
  const callbacks on_;
  const std::size_t queue_bytes_;
  last_trouble trouble_;
  client_owner client_;
  queue_owner queue_;
  std::map<std::string, topic_owner> topics_;
  mutable std::mutex lanes_mutex_; ///< guards the maps, not the lanes
  std::map<topic_partition, std::unique_ptr<lane>> lanes_;
  std::atomic<std::size_t> in_flight_{0}; ///< messages without a report
  std::mutex failures_mutex_;
  std::vector<std::pair<lane*, error>> failures_; ///< found by produce(), told by the delivery thread
  std::optional<error> first_failure_;            ///< of all, and kept
  std::atomic<bool> stopped_{false}; ///< librdkafka has met a fatal error that not every partition has been told of
  std::chrono::steady_clock::time_point last_report_ = std::chrono::steady_clock::now(); ///< or when nothing waited
  bool stalled_ = false; ///< and said so; both are the delivery thread's
  std::mutex drained_mutex_;
  std::condition_variable drained_;
  std::atomic<bool> any_starved_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

expected<void> kafka_producer::open() {
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
  const auto idempotence = settings_.properties.find("enable.idempotence");
  if (idempotence == settings_.properties.end() || idempotence->second == "true")
    defaults.emplace_back("enable.gapless.guarantee", "true");
  auto conf = make_conf(settings_, brokers_, defaults);
  if (!conf)
    return tl::unexpected(conf.error());
  rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf), settings_);
  if (!client)
    return tl::unexpected(client.error());
  client_ = std::move(*client);
  queue_.reset(rd_kafka_queue_get_main(client_.get()));
  thread_ = std::thread{[this] {
    while (!stopping_)
      serve(std::chrono::milliseconds{100});
  }};
  return {};
}

kafka_producer::~kafka_producer() {
  stopping_ = true;
  if (thread_.joinable()) {
    rd_kafka_queue_yield(queue_.get());
    thread_.join();
  }
  if (client_) {
    // What was not flushed is given up, but its blocks are freed by their reports.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (in_flight_ > 0 && std::chrono::steady_clock::now() < deadline)
      serve(std::chrono::milliseconds{100});
  }
  topics_.clear();
  queue_.reset();
}

lane& kafka_producer::lane_of(const topic_partition& id) {
  const std::lock_guard lock{lanes_mutex_};
  auto& found = lanes_[id];
  if (!found) {
    auto& topic = topics_[id.topic];
    if (!topic)
      topic.reset(rd_kafka_topic_new(client_.get(), id.topic.c_str(), nullptr));
    found = std::make_unique<lane>();
    found->id = id;
    found->topic = topic.get();
  }
  return *found;
}

/// rd_kafka_produce_batch would be cheaper, but stamps every message with the wall clock; the Kafka timestamp is the emission
/// time (semantics.md 1).
rd_kafka_resp_err_t kafka_producer::hand_over(lane& to, const outgoing& message, payload_block* block) {
  constexpr std::size_t fixed = 7;
  constexpr std::size_t most_headers = 16;
  std::array<rd_kafka_vu_t, fixed + most_headers> fields; // NOLINT: filled below, as far as it is used
  std::size_t count = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> auto& {
    fields[count].vtype = type;
    return fields[count++].u;
  };
  next(RD_KAFKA_VTYPE_RKT).rkt = to.topic;
  next(RD_KAFKA_VTYPE_PARTITION).i32 = to.id.partition;
  next(RD_KAFKA_VTYPE_MSGFLAGS).i = 0; // the value is not copied: the block keeps it
  next(RD_KAFKA_VTYPE_OPAQUE).ptr = block;
  next(RD_KAFKA_VTYPE_TIMESTAMP).i64 = message.timestamp_ms;
  auto& value = next(RD_KAFKA_VTYPE_VALUE).mem;
  value.ptr = const_cast<char*>(message.value.data()); // NOLINT: librdkafka only reads it
  value.size = message.value.size();
  auto& key = next(RD_KAFKA_VTYPE_KEY).mem;
  key.ptr = const_cast<char*>(message.key.data()); // NOLINT
  key.size = message.key.size();
  headers_owner many;
  if (message.headers != nullptr && message.headers->size() <= most_headers) {
    for (const auto& [name, text] : *message.headers) {
      auto& header = next(RD_KAFKA_VTYPE_HEADER).header;
      header.name = name.c_str();
      header.val = text.data();
      header.size = static_cast<ssize_t>(text.size());
    }
  } else if (message.headers != nullptr) {
    many.reset(rd_kafka_headers_new(message.headers->size()));
    for (const auto& [name, text] : *message.headers)
      rd_kafka_header_add(many.get(), name.data(), static_cast<ssize_t>(name.size()), text.data(),
                          static_cast<ssize_t>(text.size()));
    next(RD_KAFKA_VTYPE_HEADERS).headers = many.get();
  }
  const kafka_error_owner refused{rd_kafka_produceva(client_.get(), fields.data(), count)};
  if (refused)
    return rd_kafka_error_code(refused.get());
  many.release(); // NOLINT: the message's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::size_t kafka_producer::produce(const topic_partition& to, std::span<const outgoing> messages,
                                    const std::shared_ptr<const void>& owner) {
  auto& lane = lane_of(to);
  const std::lock_guard one_at_a_time{lane.order};
  if (messages.empty() || lane.failed)
    return 0;
  auto* block = new payload_block{owner, &lane, messages.size()}; // NOLINT: freed by the last delivery report
  in_flight_ += messages.size();
  std::size_t taken = 0;
  const auto room = lane.known ? queue_bytes_ : 0;
  for (const auto& message : messages) {
    const auto size = message.key.size() + message.value.size();
    const auto before = lane.bytes_in_flight.fetch_add(size);
    auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (before == 0 || before + size <= room) {
      code = hand_over(lane, message, block);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++taken;
        continue;
      }
    }
    lane.bytes_in_flight -= size;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      lane.starved = true;
      any_starved_ = true;
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && rd_kafka_fatal_error(client_.get(), nullptr, 0) != 0) {
      stopped_ = true; // the delivery thread tells why
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !lane.failed.exchange(true)) {
      const std::lock_guard lock{failures_mutex_};
      failures_.emplace_back(&lane,
                             make_error(code, fmt::format("topic {}, partition {}: a message of {} bytes was refused",
                                                          to.topic, to.partition, size)));
      rd_kafka_queue_yield(queue_.get());
    }
    break;
  }
  const auto refused = messages.size() - taken;
  block->drop(refused);
  if (refused > 0 && (in_flight_ -= refused) == 0) {
    const std::lock_guard lock{drained_mutex_};
    drained_.notify_all();
  }
  return taken; // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the last delivery report frees the block
}

void kafka_producer::fail_lane(lane& which, const error& why) {
  which.failed = true;
  {
    const std::lock_guard lock{failures_mutex_};
    if (!first_failure_)
      first_failure_ = why;
  }
  if (!std::exchange(which.told, true) && on_.failed && !stopping_)
    on_.failed(which.id, why);
}

void kafka_producer::fail_all() {
  stopped_ = false;
  std::array<char, 512> text{};
  const auto cause = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
  const auto why =
      make_error(cause, fmt::format("the producer to {} has stopped", brokers_), redacted(text.data(), settings_));
  std::vector<lane*> hit;
  {
    const std::lock_guard lock{lanes_mutex_};
    for (auto& [id, lane] : lanes_)
      if (!lane->told)
        hit.push_back(lane.get());
  }
  for (auto* lane : hit)
    fail_lane(*lane, why);
}

void kafka_producer::serve(std::chrono::milliseconds limit) {
  const event_owner event{rd_kafka_queue_poll(queue_.get(), static_cast<int>(limit.count()))};
  std::vector<std::pair<lane*, error>> failures;
  {
    const std::lock_guard lock{failures_mutex_};
    failures.swap(failures_);
  }
  for (auto& [lane, why] : failures)
    fail_lane(*lane, why);
  wake_starved();
  // First the reports name the partition that it comes from, then the others hear of it.
  if (stopped_ && failures.empty() && (!event || in_flight_ == 0))
    fail_all();
  watch_for_stall();
  if (!event)
    return;
  switch (rd_kafka_event_type(event.get())) {
  case RD_KAFKA_EVENT_DR:
    take_reports(event.get());
    break;
  case RD_KAFKA_EVENT_ERROR:
    take_error(event.get());
    break;
  default:
    break;
  }
}

/// Messages wait for their broker for ever, so that it must be said when they do.
void kafka_producer::watch_for_stall() {
  const auto now = std::chrono::steady_clock::now();
  if (in_flight_ == 0)
    last_report_ = now;
  if (stalled_ || now - last_report_ < stall_after)
    return;
  stalled_ = true;
  const auto trouble = trouble_.text();
  spdlog::warn("{} messages wait: none was taken by the brokers {} for {} s{}{}", in_flight_.load(), brokers_,
               stall_after.count(), trouble.empty() ? "" : ": ", trouble);
}

void kafka_producer::take_reports(rd_kafka_event_t* reports) {
  const auto now = std::chrono::steady_clock::now();
  if (std::exchange(stalled_, false))
    spdlog::info("the brokers take messages again, after {} s",
                 std::chrono::duration_cast<std::chrono::seconds>(now - last_report_).count());
  last_report_ = now;
  std::vector<lane*> touched; // few: an event's reports come by partition
  std::size_t count = 0;
  while (const auto* report = rd_kafka_event_message_next(reports)) {
    ++count;
    auto* block = static_cast<payload_block*>(report->_private);
    auto& lane = *block->of;
    if (lane.reported_bytes == 0 && std::find(touched.begin(), touched.end(), &lane) == touched.end())
      touched.push_back(&lane);
    lane.reported_bytes += report->len + report->key_len;
    if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++lane.reported_messages;
      lane.known = true;
      lane.last_offset = std::max(lane.last_offset.load(), report->offset);
    } else if (is_consequence(report->err)) {
      lane.failed = true;
      stopped_ = true;
    } else {
      fail_lane(lane, make_error(report->err,
                                 fmt::format("topic {}, partition {}: a message could not be delivered to {}",
                                             lane.id.topic, lane.id.partition, brokers_),
                                 trouble_.text()));
    }
    block->drop(1);
  }
  for (auto* lane : touched) {
    const auto messages = std::exchange(lane->reported_messages, 0);
    const auto bytes = std::exchange(lane->reported_bytes, 0);
    lane->delivered += messages;
    lane->bytes_in_flight -= bytes;
    if (on_.delivered && messages > 0 && !stopping_)
      on_.delivered(lane->id, messages, bytes);
  }
  if (stopped_ && in_flight_ == count)
    fail_all(); // before flush() returns
  if ((in_flight_ -= count) == 0) {
    const std::lock_guard lock{drained_mutex_};
    drained_.notify_all();
  }
}

void kafka_producer::take_error(rd_kafka_event_t* event) {
  const auto code = rd_kafka_event_error(event);
  trouble_.note(code, redacted(rd_kafka_event_error_string(event), settings_));
  if (code == RD_KAFKA_RESP_ERR__FATAL) // all others it goes on trying to mend
    stopped_ = true;
}

void kafka_producer::wake_starved() {
  if (!any_starved_.exchange(false))
    return;
  std::vector<lane*> starved;
  {
    const std::lock_guard lock{lanes_mutex_};
    for (auto& [id, lane] : lanes_)
      if (lane->starved.exchange(false))
        starved.push_back(lane.get());
  }
  for (auto* lane : starved)
    if (on_.delivered && !stopping_)
      on_.delivered(lane->id, 0, 0);
}

expected<void> kafka_producer::flush(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  rd_kafka_flush(client_.get(), static_cast<int>(limit.count())); // sends without lingering
  std::unique_lock lock{drained_mutex_};
  if (drained_.wait_until(lock, deadline, [this] { return in_flight_ == 0; }))
    return {};
  auto sentence =
      fmt::format("{} messages are still on their way to {} after {} ms", in_flight_.load(), brokers_, limit.count());
  if (const auto trouble = trouble_.text(); !trouble.empty())
    sentence += ": " + trouble;
  return fail(error_kind::timed_out, std::move(sentence), true);
}

expected<void> kafka_producer::settle(std::chrono::milliseconds limit) {
  auto flushed = flush(limit);
  const std::lock_guard lock{failures_mutex_};
  if (first_failure_)
    return tl::unexpected(*first_failure_);
  return flushed;
}

delivery_progress kafka_producer::progress(const topic_partition& of) const {
  const std::lock_guard lock{lanes_mutex_};
  const auto found = lanes_.find(of);
  if (found == lanes_.end())
    return {};
  const auto& lane = *found->second;
  return {lane.delivered, lane.last_offset, lane.bytes_in_flight, lane.failed};
}

} // namespace

expected<std::unique_ptr<producer>> producer::make(const config::kafka_settings& settings,
                                                   const embedded_cluster* cluster, callbacks on,
                                                   std::size_t partition_queue_bytes) {
  auto made =
      std::make_unique<kafka_producer>(settings, cluster != nullptr ? cluster->bootstrap_servers() : settings.brokers,
                                       std::move(on), partition_queue_bytes);
  if (auto opened = made->open(); !opened)
    return tl::unexpected(opened.error());
  return made;
}

} // namespace throng::transport
