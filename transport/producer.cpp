#include "transport/producer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
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
/// How often, and for how long each time, a topic is asked for that was said not to be there.
constexpr std::chrono::milliseconds between_asking{500};

/// A client of librdkafka's, and what must be gone before it.
struct connection {
  client_owner client;
  queue_owner queue;
  std::map<std::string, topic_owner> topics;

  rd_kafka_topic_t* topic(const std::string& name) {
    auto& found = topics[name];
    if (!found)
      found.reset(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
    return found.get();
  }
};

struct payload_block;

/// What a message's opaque pointer points to: whose it is, where in its call it stood, and what a failed one does not tell any more.
struct message_place {
  payload_block* block = nullptr;
  std::int64_t timestamp_ms = 0;
};

/// A message that librdkafka has given back, because it took the partition for gone before it had sent it.
struct unsent {
  message_place* place = nullptr;
  std::string key;
  bool has_key = false;
  std::string_view value; ///< the block keeps it
  header_list headers;

  std::size_t bytes() const {
    return key.size() + value.size();
  }
};

/// One partition's account. Taken from by whoever produces, given back to by the delivery thread.
struct lane {
  topic_partition id;
  std::mutex order; ///< one produce() at a time, so that a call's messages stay together
  // Changed under `order` only.
  rd_kafka_t* client = nullptr;
  rd_kafka_topic_t* topic = nullptr;
  std::uint64_t blocks = 0; ///< counts the calls of produce()
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
  bool alone = false; ///< of what was given back, the first is on its way; the delivery thread's

  // The delivery thread's alone.
  bool told = false; ///< of its failure
  /// What the reports at hand add up to.
  std::size_t reported_messages = 0;
  std::size_t reported_bytes = 0;
  std::deque<unsent> given_back; ///< in their order once all are reported
};

/// The values of one produce() call, until the last of their delivery reports.
struct payload_block {
  std::shared_ptr<const void> owner;
  lane* of = nullptr;
  std::uint64_t number = 0; ///< of the lane's calls
  std::vector<message_place> places;
  std::atomic<std::size_t> remaining{0};

  payload_block(std::shared_ptr<const void> keeps, lane& whose, std::span<const outgoing> messages)
      : owner{std::move(keeps)}
      , of{&whose}
      , number{whose.blocks++}
      , remaining{messages.size()} {
    places.reserve(messages.size());
    for (const auto& message : messages)
      places.push_back({this, message.timestamp_ms});
  }

  /// Deletes the block with the last message.
  void drop(std::size_t messages) {
    if (messages > 0 && remaining.fetch_sub(messages, std::memory_order_acq_rel) == messages)
      delete this;
  }
};

bool stands_before(const unsent& a, const unsent& b) {
  const auto& x = *a.place->block;
  const auto& y = *b.place->block;
  return x.number != y.number ? x.number < y.number : a.place < b.place;
}

unsent taken_back(const rd_kafka_message_t& message) {
  unsent one;
  one.place = static_cast<message_place*>(message._private);
  one.has_key = message.key != nullptr;
  if (one.has_key)
    one.key.assign(static_cast<const char*>(message.key), message.key_len);
  one.value = {static_cast<const char*>(message.payload), message.len};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      one.headers.emplace_back(name, std::string{static_cast<const char*>(value), size});
  }
  return one;
}

/// Reported of messages that were not sent because another failed.
bool is_consequence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE ||
         code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

class kafka_producer final : public producer {
public:
  kafka_producer(config::kafka_settings settings, std::string brokers, callbacks on, std::size_t queue_bytes,
                 std::chrono::milliseconds absence)
      : settings_{std::move(settings)}
      , brokers_{std::move(brokers)}
      , on_{std::move(on)}
      , queue_bytes_{queue_bytes}
      , absence_limit_{absence} {}

  ~kafka_producer() override;

  expected<void> open();
  std::size_t produce(const topic_partition& to, std::span<const outgoing> messages,
                      const std::shared_ptr<const void>& owner) override;
  expected<void> flush(std::chrono::milliseconds limit) override;
  expected<void> settle(std::chrono::milliseconds limit) override;
  delivery_progress progress(const topic_partition& of) const override;

private:
  expected<std::shared_ptr<connection>> connect();
  std::shared_ptr<connection> current() const;
  lane& lane_of(const topic_partition& id);
  std::vector<lane*> lanes() const;
  static rd_kafka_resp_err_t hand_over(lane& to, const outgoing& message, message_place* place);
  void done_with(std::size_t messages);
  void note_absence(const topic_partition& of, const error& why);
  void mend_absence();
  bool is_there();
  bool reconnect();
  bool send_given_back();
  void give_up(lane& which);
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
  const std::chrono::milliseconds absence_limit_;
  last_trouble trouble_;
  mutable std::mutex lanes_mutex_;         ///< guards the map, not the lanes, and who is connected
  std::shared_ptr<connection> connection_; ///< changed by the delivery thread alone
  std::map<topic_partition, std::unique_ptr<lane>> lanes_;
  std::atomic<std::size_t> in_flight_{0}; ///< messages without a report that is the last word on them

  /// Topics that were said not to be there. Until they are found nothing is taken; then a new client sends what the old one gave back:
  /// the old one's numbering of a partition's messages has a gap where it gave some up, which the broker would refuse for ever.
  struct absence {
    std::map<topic_partition, error> of;
    std::chrono::steady_clock::time_point since;
    std::chrono::steady_clock::time_point ask_at;
    bool found = false;
    bool reconnected = false;
  };
  std::optional<absence> absence_;         ///< the delivery thread's
  std::atomic<bool> held_{false};          ///< while there is one
  std::atomic<std::size_t> given_back_{0}; ///< messages of all lanes that wait for it
  std::mutex failures_mutex_;
  std::vector<std::pair<lane*, error>> failures_;           ///< found by produce(), told by the delivery thread
  std::vector<std::pair<topic_partition, error>> absences_; ///< the same
  std::optional<error> first_failure_;                      ///< of all, and kept
  std::atomic<bool> stopped_{false}; ///< librdkafka has met a fatal error that not every partition has been told of
  std::chrono::steady_clock::time_point last_report_ = std::chrono::steady_clock::now(); ///< or when nothing waited
  bool stalled_ = false; ///< and said so; both are the delivery thread's
  std::mutex drained_mutex_;
  std::condition_variable drained_;
  std::atomic<bool> any_starved_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

expected<std::shared_ptr<connection>> kafka_producer::connect() {
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
  auto made = std::make_shared<connection>();
  made->client = std::move(*client);
  made->queue.reset(rd_kafka_queue_get_main(made->client.get()));
  return made;
}

expected<void> kafka_producer::open() {
  auto made = connect();
  if (!made)
    return tl::unexpected(made.error());
  connection_ = std::move(*made);
  thread_ = std::thread{[this] {
    while (!stopping_)
      serve(std::chrono::milliseconds{100});
  }};
  return {};
}

kafka_producer::~kafka_producer() {
  stopping_ = true;
  if (thread_.joinable()) {
    rd_kafka_queue_yield(connection_->queue.get());
    thread_.join();
  }
  if (!connection_)
    return;
  for (auto* lane : lanes())
    give_up(*lane);
  // What was not flushed is given up, but its blocks are freed by their reports.
  rd_kafka_purge(connection_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (in_flight_ > 0 && std::chrono::steady_clock::now() < deadline)
    serve(std::chrono::milliseconds{100});
}

std::shared_ptr<connection> kafka_producer::current() const {
  const std::lock_guard lock{lanes_mutex_};
  return connection_;
}

std::vector<lane*> kafka_producer::lanes() const {
  const std::lock_guard lock{lanes_mutex_};
  std::vector<lane*> all;
  for (const auto& [id, lane] : lanes_)
    all.push_back(lane.get());
  return all;
}

lane& kafka_producer::lane_of(const topic_partition& id) {
  const std::lock_guard lock{lanes_mutex_};
  auto& found = lanes_[id];
  if (!found) {
    found = std::make_unique<lane>();
    found->id = id;
    found->client = connection_->client.get();
    found->topic = connection_->topic(id.topic);
  }
  return *found;
}

/// rd_kafka_produce_batch would be cheaper, but stamps every message with the wall clock; the Kafka timestamp is the emission
/// time (semantics.md 1).
rd_kafka_resp_err_t kafka_producer::hand_over(lane& to, const outgoing& message, message_place* place) {
  constexpr std::size_t most_fields = 8;
  std::array<rd_kafka_vu_t, most_fields> fields; // NOLINT: filled below, as far as it is used
  std::size_t count = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> auto& {
    fields[count].vtype = type;
    return fields[count++].u;
  };
  next(RD_KAFKA_VTYPE_RKT).rkt = to.topic;
  next(RD_KAFKA_VTYPE_PARTITION).i32 = to.id.partition;
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
  const kafka_error_owner refused{rd_kafka_produceva(to.client, fields.data(), count)};
  if (refused)
    return rd_kafka_error_code(refused.get());
  headers.release(); // NOLINT: the message's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::size_t kafka_producer::produce(const topic_partition& to, std::span<const outgoing> messages,
                                    const std::shared_ptr<const void>& owner) {
  auto& lane = lane_of(to);
  const std::lock_guard one_at_a_time{lane.order};
  if (messages.empty() || lane.failed)
    return 0;
  if (held_) {
    lane.starved = true;
    if (!held_) // and it may have been over before that was seen
      any_starved_ = true;
    return 0;
  }
  auto* block = new payload_block{owner, lane, messages}; // NOLINT: freed by the last delivery report
  in_flight_ += messages.size();
  std::size_t taken = 0;
  const auto room = lane.known ? queue_bytes_ : 0;
  for (const auto& message : messages) {
    const auto size = message.key.size() + message.value.size();
    const auto before = lane.bytes_in_flight.fetch_add(size);
    auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (before == 0 || before + size <= room) {
      code = hand_over(lane, message, &block->places[taken]);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++taken;
        continue;
      }
    }
    lane.bytes_in_flight -= size;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      lane.starved = true;
      any_starved_ = true;
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && rd_kafka_fatal_error(lane.client, nullptr, 0) != 0) {
      stopped_ = true; // the delivery thread tells why
    } else if (is_absence(code)) {
      lane.starved = true;
      held_ = true;
      const std::lock_guard lock{failures_mutex_};
      absences_.emplace_back(
          to, make_error(code, fmt::format("topic {}, partition {} at {}", to.topic, to.partition, brokers_)));
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !lane.failed.exchange(true)) {
      const std::lock_guard lock{failures_mutex_};
      failures_.emplace_back(&lane,
                             make_error(code, fmt::format("topic {}, partition {}: a message of {} bytes was refused",
                                                          to.topic, to.partition, size)));
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_queue_yield(current()->queue.get());
    break;
  }
  const auto refused = messages.size() - taken;
  block->drop(refused);
  done_with(refused);
  return taken; // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the last delivery report frees the block
}

/// So many messages have nothing more to wait for.
void kafka_producer::done_with(std::size_t messages) {
  if (messages > 0 && (in_flight_ -= messages) == 0) {
    const std::lock_guard lock{drained_mutex_};
    drained_.notify_all();
  }
}

void kafka_producer::give_up(lane& which) {
  const auto messages = which.given_back.size();
  for (const auto& one : which.given_back) {
    which.bytes_in_flight -= one.bytes();
    one.place->block->drop(1);
  }
  which.given_back.clear();
  given_back_ -= messages;
  done_with(messages);
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
  give_up(which); // after that, flush() may return
}

void kafka_producer::fail_all() {
  stopped_ = false;
  std::array<char, 512> text{};
  const auto cause = rd_kafka_fatal_error(connection_->client.get(), text.data(), text.size());
  const auto why =
      make_error(cause, fmt::format("the producer to {} has stopped", brokers_), redacted(text.data(), settings_));
  for (auto* lane : lanes())
    fail_lane(*lane, why);
}

void kafka_producer::note_absence(const topic_partition& of, const error& why) {
  held_ = true;
  const auto now = std::chrono::steady_clock::now();
  if (!absence_) {
    spdlog::warn("{}: it is said not to be there (any more); asking for it again, for {} s", why.message,
                 std::chrono::ceil<std::chrono::seconds>(absence_limit_).count());
    absence_ = absence{{}, now, now};
  }
  absence_->of.insert_or_assign(of, why);
  if (absence_->found) { // once more
    absence_->found = absence_->reconnected = false;
    absence_->since = absence_->ask_at = now;
  }
}

void kafka_producer::mend_absence() {
  if (!absence_ || stopping_)
    return;
  const auto now = std::chrono::steady_clock::now();
  if (!absence_->found) {
    if (now < absence_->ask_at)
      return;
    absence_->ask_at = now + between_asking;
    absence_->found = is_there();
    if (!absence_->found && now - absence_->since >= absence_limit_) {
      const auto gone = std::exchange(absence_, std::nullopt)->of;
      for (const auto& [which, why] : gone)
        fail_lane(lane_of(which), why);
      // Messages of others may have been given back, too: nothing of them can go on without these.
      for (auto* lane : lanes())
        if (!lane->given_back.empty())
          fail_lane(*lane, gone.begin()->second);
    }
    if (absence_ && !absence_->found)
      return;
  }
  if (absence_) {
    absence_->reconnected = absence_->reconnected || reconnect();
    if (!absence_->reconnected || !send_given_back())
      return;
    spdlog::info("it is there: the brokers take messages again");
    absence_.reset();
  }
  held_ = false;
  any_starved_ = true;
}

/// Whether the brokers know all of what was missed. Where none answers, nobody has said that they do not.
bool kafka_producer::is_there() {
  for (const auto& [which, why] : absence_->of) {
    const struct rd_kafka_metadata* raw = nullptr;
    const auto code = rd_kafka_metadata(connection_->client.get(), 0, lane_of(which).topic, &raw,
                                        static_cast<int>(between_asking.count()));
    const metadata_owner answer{raw};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      absence_->since = std::chrono::steady_clock::now();
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || answer->topic_cnt != 1 ||
        answer->topics[0].partition_cnt <= which.partition)
      return false;
  }
  return true;
}

/// False: it must wait until the old client has nothing under way any more.
bool kafka_producer::reconnect() {
  for (auto* lane : lanes())
    const std::lock_guard whoever_saw_no_hold{lane->order};
  if (in_flight_ != given_back_)
    return false;
  auto made = connect();
  if (!made)
    return false; // as it was made before
  {
    const std::lock_guard lock{lanes_mutex_};
    connection_.swap(*made);
  }
  for (auto* lane : lanes()) {
    const std::lock_guard order{lane->order};
    lane->client = connection_->client.get();
    {
      const std::lock_guard lock{lanes_mutex_};
      lane->topic = connection_->topic(lane->id.topic);
    }
    lane->known = false;
    lane->alone = false;
    std::sort(lane->given_back.begin(), lane->given_back.end(), stands_before);
  }
  return true;
} // the old one ends here, or with the flush() that still asks it

/// True: all that was given back is on its way again.
bool kafka_producer::send_given_back() {
  for (auto* lane : lanes()) {
    const std::lock_guard order{lane->order};
    while (!lane->given_back.empty()) {
      if (!lane->known && lane->alone)
        break; // the first goes alone
      auto& one = lane->given_back.front();
      const std::string_view key = one.has_key ? std::string_view{one.key} : std::string_view{};
      const auto code = hand_over(
          *lane, {key, one.value, one.place->timestamp_ms, one.headers.empty() ? nullptr : &one.headers}, one.place);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        break; // and again with the next round
      lane->alone = true;
      lane->given_back.pop_front();
      --given_back_;
    }
  }
  return given_back_ == 0;
}

void kafka_producer::serve(std::chrono::milliseconds limit) {
  const event_owner event{rd_kafka_queue_poll(connection_->queue.get(), static_cast<int>(limit.count()))};
  std::vector<std::pair<lane*, error>> failures;
  std::vector<std::pair<topic_partition, error>> absences;
  {
    const std::lock_guard lock{failures_mutex_};
    failures.swap(failures_);
    absences.swap(absences_);
  }
  for (const auto& [which, why] : absences)
    note_absence(which, why);
  for (auto& [lane, why] : failures)
    fail_lane(*lane, why);
  wake_starved();
  // First the reports name the partition that it comes from, then the others hear of it.
  if (stopped_ && failures.empty() && (!event || in_flight_ == 0))
    fail_all();
  watch_for_stall();
  if (!event) {
    mend_absence(); // once no report is at hand: an event's queue is the old client's
    return;
  }
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
    auto* block = static_cast<message_place*>(report->_private)->block;
    auto& lane = *block->of;
    if (is_absence(report->err) && !lane.failed && !stopping_ &&
        rd_kafka_message_status(report) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
      note_absence(lane.id, make_error(report->err, fmt::format("topic {}, partition {} at {}", lane.id.topic,
                                                                lane.id.partition, brokers_)));
      lane.given_back.push_back(taken_back(*report));
      ++given_back_;
      continue;
    }
    ++count;
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
  if (stopped_ && in_flight_ == count + given_back_)
    fail_all(); // before flush() returns
  done_with(count);
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
  for (auto* lane : lanes())
    if (lane->starved.exchange(false) && on_.delivered && !stopping_)
      on_.delivered(lane->id, 0, 0);
}

expected<void> kafka_producer::flush(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  rd_kafka_flush(current()->client.get(), static_cast<int>(limit.count())); // sends without lingering
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
                                                   std::size_t partition_queue_bytes,
                                                   std::chrono::milliseconds absence) {
  auto made =
      std::make_unique<kafka_producer>(settings, cluster != nullptr ? cluster->bootstrap_servers() : settings.brokers,
                                       std::move(on), partition_queue_bytes, absence);
  if (auto opened = made->open(); !opened)
    return tl::unexpected(opened.error());
  return made;
}

} // namespace throng::transport
