#include "transport/producer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include "transport/embedded.hpp"
#include "transport/kafka_error.hpp"
#include "transport/kafka_handle.hpp"
#include "transport/producer_connection.hpp"
#include "transport/producer_lanes.hpp"
#include "transport/topic_absence.hpp"

namespace throng::transport {

namespace {

constexpr std::chrono::seconds stall_after{5}; ///< without a report, though messages wait: then it is said

constexpr std::size_t keys_ahead = 8; ///< of the one that is handed over

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
      , absence_{absence} {}

  ~kafka_producer() override;

  expected<void> open();
  std::size_t produce(const topic_partition& to, std::span<const outgoing> messages,
                      const std::shared_ptr<const void>& owner) override;
  expected<void> flush(std::chrono::milliseconds limit) override;
  expected<void> settle(std::chrono::milliseconds limit) override;
  delivery_progress progress(const topic_partition& of) const override;

private:
  void done_with(std::size_t messages);
  void note_absence(const topic_partition& of, const error& why);
  void mend_absence();
  std::optional<bool> are_there(const std::map<topic_partition, error>& missed);
  void fail_missed();
  bool reconnect();
  void fail_lane(producer_lane& which, const error& why);
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
  producer_lanes lanes_;
  std::atomic<std::size_t> in_flight_{0}; ///< messages without a report that is the last word on them

  /// Until what is missed is found nothing is taken; then a new client sends what the old one gave back: the old one's numbering of a
  /// partition's messages has a gap where it gave some up, which the broker would refuse for ever.
  topic_absence absence_;         ///< the delivery thread's
  std::atomic<bool> held_{false}; ///< while something is missed
  std::mutex failures_mutex_;
  std::vector<std::pair<producer_lane*, error>> failures_;  ///< found by produce(), told by the delivery thread
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

expected<void> kafka_producer::open() {
  auto made = producer_connection::make(settings_, brokers_);
  if (!made)
    return tl::unexpected(made.error());
  lanes_.move_to(std::move(*made));
  thread_ = std::thread{[this] {
    while (!stopping_)
      serve(std::chrono::milliseconds{100});
  }};
  return {};
}

kafka_producer::~kafka_producer() {
  stopping_ = true;
  if (thread_.joinable()) {
    rd_kafka_queue_yield(lanes_.connected()->queue.get());
    thread_.join();
  }
  if (lanes_.connected() == nullptr)
    return;
  for (auto* lane : lanes_.all())
    done_with(lanes_.give_up(*lane));
  // What was not flushed is given up, but its blocks are freed by their reports.
  rd_kafka_purge(lanes_.connected()->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (in_flight_ > 0 && std::chrono::steady_clock::now() < deadline)
    serve(std::chrono::milliseconds{100});
}

std::size_t kafka_producer::produce(const topic_partition& to, std::span<const outgoing> messages,
                                    const std::shared_ptr<const void>& owner) {
  auto& lane = lanes_.of(to);
  const std::lock_guard one_at_a_time{lane.order};
  if (messages.empty() || lane.failed)
    return 0;
  if (held_) {
    lane.starved = true;
    if (!held_) // and it may have been over before that was seen
      any_starved_ = true;
    return 0;
  }
  auto& block = payload_block::begin(owner, lane, messages);
  in_flight_ += messages.size();
  std::size_t taken = 0;
  const auto room = lane.known ? queue_bytes_ : 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    // librdkafka copies the key, which was written long ago: a tenth of the whole process went to waiting for it (bench/producers).
    if (i + keys_ahead < messages.size())
      __builtin_prefetch(messages[i + keys_ahead].key.data());
    const auto& message = messages[i];
    const auto size = message.key.size() + message.value.size();
    const auto before = lane.bytes_in_flight.fetch_add(size);
    auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (before == 0 || before + size <= room) {
      code = lane.hand_over(message, &block.places[taken]);
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
      absences_.emplace_back(to, make_error(code, fmt::format("{} at {}", place_of(to), brokers_)));
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !lane.failed.exchange(true)) {
      auto why = make_error(code, fmt::format("{}: a message of {} bytes was refused", place_of(to), size));
      const std::lock_guard lock{failures_mutex_};
      if (!first_failure_) // now, as a settle() may come before the delivery thread's turn
        first_failure_ = why;
      failures_.emplace_back(&lane, std::move(why));
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_queue_yield(lanes_.connection()->queue.get());
    break;
  }
  const auto refused = messages.size() - taken;
  block.drop(refused);
  done_with(refused);
  return taken;
}

/// So many messages have nothing more to wait for.
void kafka_producer::done_with(std::size_t messages) {
  if (messages > 0 && (in_flight_ -= messages) == 0) {
    const std::lock_guard lock{drained_mutex_};
    drained_.notify_all();
  }
}

void kafka_producer::fail_lane(producer_lane& which, const error& why) {
  which.failed = true;
  {
    const std::lock_guard lock{failures_mutex_};
    if (!first_failure_)
      first_failure_ = why;
  }
  if (!std::exchange(which.told, true) && on_.failed && !stopping_)
    on_.failed(which.id, why);
  done_with(lanes_.give_up(which)); // after that, flush() may return
}

void kafka_producer::fail_all() {
  stopped_ = false;
  std::array<char, 512> text{};
  const auto cause = rd_kafka_fatal_error(lanes_.connected()->client.get(), text.data(), text.size());
  const auto why =
      make_error(cause, fmt::format("the producer to {} has stopped", brokers_), redacted(text.data(), settings_));
  for (auto* lane : lanes_.all())
    fail_lane(*lane, why);
}

void kafka_producer::note_absence(const topic_partition& of, const error& why) {
  held_ = true;
  absence_.note(of, why, std::chrono::steady_clock::now());
}

void kafka_producer::mend_absence() {
  using stage = topic_absence::stage;
  if (absence_.now() == stage::none || stopping_)
    return;
  if (absence_.due(std::chrono::steady_clock::now()))
    absence_.answered(are_there(absence_.of()), std::chrono::steady_clock::now());
  if (absence_.now() == stage::gone)
    fail_missed();
  if (absence_.now() == stage::there && reconnect())
    absence_.reconnected();
  if (absence_.now() == stage::reconnected && lanes_.send_given_back()) {
    if (absence_.was_told())
      spdlog::info("it is there: the brokers take messages again");
    absence_.end();
  }
  if (absence_.now() != stage::none)
    return;
  held_ = false;
  any_starved_ = true;
}

/// Whether the brokers know all of what was missed; none: one of them was not answered for.
std::optional<bool> kafka_producer::are_there(const std::map<topic_partition, error>& missed) {
  for (const auto& [which, why] : missed) {
    const auto there =
        lanes_.connected()->knows(lanes_.of(which).topic, which.partition, topic_absence::between_asking);
    if (there != std::optional{true})
      return there;
  }
  return true;
}

void kafka_producer::fail_missed() {
  const auto gone = absence_.of();
  absence_.end();
  for (const auto& [which, why] : gone)
    fail_lane(lanes_.of(which), why);
  // Messages of others may have been given back, too: nothing of them can go on without these.
  for (auto* lane : lanes_.all())
    if (!lane->given_back.empty())
      fail_lane(*lane, gone.begin()->second);
}

/// False: it must wait until the old client has nothing under way any more.
bool kafka_producer::reconnect() {
  for (auto* lane : lanes_.all())
    const std::lock_guard whoever_saw_no_hold{lane->order};
  if (in_flight_ != lanes_.given_back())
    return false;
  auto made = producer_connection::make(settings_, brokers_);
  if (!made)
    return false; // as it was made before
  lanes_.move_to(std::move(*made));
  return true;
}

void kafka_producer::serve(std::chrono::milliseconds limit) {
  const auto began = std::chrono::steady_clock::now();
  const event_owner event{rd_kafka_queue_poll(lanes_.connected()->queue.get(), static_cast<int>(limit.count()))};
  // A produce() that was refused wakes the queue too, while reports are still to come.
  const auto quiet = !event && std::chrono::steady_clock::now() - began >= limit / 2;
  std::vector<std::pair<producer_lane*, error>> failures;
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
  if (stopped_ && failures.empty() && (quiet || in_flight_ == 0))
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
  std::vector<producer_lane*> touched; // few: an event's reports come by partition
  std::size_t count = 0;
  while (const auto* report = rd_kafka_event_message_next(reports)) {
    auto* block = static_cast<message_place*>(report->_private)->block;
    auto& lane = *block->of;
    if (is_absence(report->err) && !lane.failed && !stopping_ &&
        rd_kafka_message_status(report) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
      note_absence(lane.id, make_error(report->err, fmt::format("{} at {}", place_of(lane.id), brokers_)));
      lanes_.take_back(lane, *report);
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
                                 fmt::format("{}: a message could not be delivered to {}", place_of(lane.id), brokers_),
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
  if (stopped_ && in_flight_ == count + lanes_.given_back())
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
  for (auto* lane : lanes_.all())
    if (lane->starved.exchange(false) && on_.delivered && !stopping_)
      on_.delivered(lane->id, 0, 0);
}

expected<void> kafka_producer::flush(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  rd_kafka_flush(lanes_.connection()->client.get(), static_cast<int>(limit.count())); // sends without lingering
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
    return fail(first_failure_->kind, first_failure_->message);
  return flushed;
}

delivery_progress kafka_producer::progress(const topic_partition& of) const {
  const auto* lane = lanes_.find(of);
  if (lane == nullptr)
    return {};
  return {lane->delivered, lane->last_offset, lane->bytes_in_flight, lane->failed};
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
