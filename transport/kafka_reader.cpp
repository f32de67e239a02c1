#include "transport/kafka_reader.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "transport/batching.hpp"
#include "transport/kafka_batch.hpp"
#include "transport/kafka_error.hpp"
#include "transport/read_single.hpp"

namespace throng::transport {

namespace {

/// librdkafka 2.0.2 lets a broker thread sleep up to a second when all its partitions' queues are full, though they are emptied
/// meanwhile (measured: 415 k/s for 1.5 M), and when a partition that it knows is begun anew. Waking it this often cures that.
constexpr std::chrono::milliseconds wake_interval{5};
/// So long after a partition was begun it may be asleep; later it has fetches under way.
constexpr std::chrono::milliseconds fresh_for{2'000};
/// A broker answers only behind a fetch that it holds back for up to 500 ms (fetch.wait.max.ms): an answer that is not waited for would count as silence.
constexpr std::chrono::milliseconds asked_for{2'000};

partition_list_owner list_of(const topic_partition& which, std::int64_t offset) {
  partition_list_owner list{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(list.get(), which.topic.c_str(), which.partition)->offset = offset;
  return list;
}

error dropped(const topic_partition& which, std::int64_t from, std::int64_t next) {
  return {error_kind::exhausted,
          fmt::format("{}: the embedded cluster dropped messages {} to {}, since it keeps only 5 MiB of a partition",
                      place_of(which), from, next - 1),
          false};
}

} // namespace

kafka_reader::kafka_reader(const config::kafka_settings& settings, options with)
    : settings_{settings}
    , options_{std::move(with)}
    , taken_(most_batch_messages) {}

kafka_reader::~kafka_reader() {
  // librdkafka 2.0.2 waits for ever for the thread of a broker that led a partition which was being read and is gone. And it aborts the process
  // (librdkafka#4312, mended in 2.3) when a member of a group goes that has joined and not yet been told its first partitions, which can't be seen
  // from here. Then the client is left to the process's end, with nobody who polls it.
  const auto may_abort = subscribed_ && !rebalanced_ && rd_kafka_version() < 0x02030000;
  if (!gone_ && !may_abort)
    return;
  if (single_)
    single_->gone_ = true;
  lanes_.clear();
  topics_.clear();
  client_queue_.reset();
  static_cast<void>(client_.release());
}

expected<std::unique_ptr<kafka_reader>> kafka_reader::make(const config::kafka_settings& settings, options with) {
  with.defaults.insert(with.defaults.end(), {
                                                {"auto.offset.reset", "error"},
                                                {"enable.auto.commit", "false"},
                                                {"enable.auto.offset.store", "false"},
                                                {"enable.partition.eof", "true"},
                                                {"socket.nagle.disable", "true"}, // or small questions take 40 ms
                                            });
  std::unique_ptr<kafka_reader> made{new kafka_reader{settings, std::move(with)}};
  const auto& options = made->options_;
  auto conf = make_conf(settings, options.brokers, options.defaults);
  if (!conf)
    return tl::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), made.get());
  rd_kafka_conf_set_error_cb(conf->get(), note_trouble);
  if (options.rebalance != nullptr)
    rd_kafka_conf_set_rebalance_cb(conf->get(), [](rd_kafka_t* client, rd_kafka_resp_err_t code,
                                                   rd_kafka_topic_partition_list_t* partitions, void* reader) {
      auto& self = *static_cast<kafka_reader*>(reader);
      self.rebalanced_ = true;
      const auto& options = self.options_;
      options.rebalance(client, code, partitions, options.opaque);
    });
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(*conf), settings);
  if (!client)
    return tl::unexpected(client.error());
  made->client_ = std::move(*client);
  rd_kafka_poll_set_consumer(made->client_.get()); // its errors come through the consumer's queue
  made->client_queue_.reset(rd_kafka_queue_get_consumer(made->client_.get()));
  made->wake_.listen_to(made->client_queue_.get());
  return made;
}

void kafka_reader::note_trouble(rd_kafka_t* client, int code, const char* reason, void* opaque) {
  auto& self = *static_cast<kafka_reader*>(opaque);
  self.trouble_.note(static_cast<rd_kafka_resp_err_t>(code), redacted(reason, self.settings_));
  if (is_absence(static_cast<rd_kafka_resp_err_t>(code)))
    self.absence_ = static_cast<rd_kafka_resp_err_t>(code);
  if (code != RD_KAFKA_RESP_ERR__FATAL)
    return; // librdkafka goes on trying
  std::array<char, 512> text{};
  const auto cause = rd_kafka_fatal_error(client, text.data(), text.size());
  self.fatal_ = make_error(cause, fmt::format("the consumer of {} has stopped", self.options_.brokers),
                           redacted(text.data(), self.settings_));
}

std::vector<consumer_event> kafka_reader::poll(std::vector<consumer_event>& pending, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::vector<consumer_event> events;
  for (;;) {
    std::vector<consumer_event> news;
    serve_client(news);
    settle_doubts(news);
    // A rebalance seen by serve_client stands in `pending`, before whatever is read after it.
    events.swap(pending);
    pending.clear();
    std::move(news.begin(), news.end(), std::back_inserter(events));
    drain(events);
    if (!events.empty())
      return events;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= std::chrono::milliseconds::zero())
      return events;
    if (deadline - left < fresh_until_) {
      wake_brokers();
      wake_.wait(std::min(left, wake_interval));
    } else {
      wake_.wait(left);
    }
  }
}

void kafka_reader::serve_client(std::vector<consumer_event>& events) {
  while (const message_owner message{rd_kafka_consumer_poll(client_.get(), 0)}) {
    const auto code = message->err;
    switch (kind_of(code)) {
    case error_kind::denied:
    case error_kind::not_found:
      if (is_absence(code) && message->rkt != nullptr) {
        doubt_of(rd_kafka_topic_name(message->rkt), code);
        break;
      }
      events.emplace_back(consumer_failed{make_error(code, fmt::format("the consumer of {}", options_.brokers),
                                                     redacted(rd_kafka_message_errstr(message.get()), settings_))});
      break;
    default:
      trouble_.note(code, redacted(rd_kafka_message_errstr(message.get()), settings_));
    }
  }
  if (fatal_) {
    events.emplace_back(consumer_failed{std::move(*fatal_)});
    fatal_.reset();
  }
}

kafka_reader::doubt& kafka_reader::doubt_of(const std::string& topic, rd_kafka_resp_err_t said) {
  const auto [at, is_new] = doubts_.try_emplace(topic, options_.absence, said);
  if (is_new)
    at->second.absence.note({topic, topic_absence::whole_topic},
                            make_error(said, fmt::format("topic {} at {}", topic, options_.brokers)),
                            std::chrono::steady_clock::now());
  return at->second;
}

std::vector<topic_partition> kafka_reader::open_of(const std::string& topic) const {
  std::vector<topic_partition> open;
  for (const auto& [which, lane] : lanes_)
    if (which.topic == topic)
      open.push_back(which);
  return open;
}

void kafka_reader::settle_doubts(std::vector<consumer_event>& events) {
  if (const auto said = std::exchange(absence_, std::nullopt))
    for (const auto& [which, lane] : lanes_)
      doubt_of(which.topic, *said);
  for (auto at = doubts_.begin(); at != doubts_.end();)
    at = is_settled(at->first, at->second, events) ? doubts_.erase(at) : std::next(at);
}

bool kafka_reader::is_settled(const std::string& topic, doubt& what, std::vector<consumer_event>& events) {
  const auto now = std::chrono::steady_clock::now();
  if (!what.absence.due(now))
    return false;
  const auto open = open_of(topic);
  const auto count = partitions(topic, asked_for);
  std::optional<bool> there; // none: nobody has said so this time
  if (count)
    there = std::all_of(open.begin(), open.end(), [&](const auto& which) { return which.partition < *count; });
  else if (count.error().kind == error_kind::not_found)
    there = false;
  what.absence.answered(there, now);
  if (what.absence.now() == topic_absence::stage::there) {
    dispel(topic, what, events);
    return true;
  }
  if (what.absence.now() != topic_absence::stage::gone)
    return false;
  gone_ = true;
  for (const auto& which : open) {
    lanes_.at(which).failed = true;
    events.emplace_back(partition_failed{which, make_error(what.said, place_of(which))});
  }
  // A group takes the partitions of a topic that is gone away from its members, so that nobody would hear of it.
  if (open.empty())
    events.emplace_back(consumer_failed{what.absence.of().begin()->second});
  return true;
}

void kafka_reader::dispel(const std::string& topic, const doubt& what, std::vector<consumer_event>& events) {
  if (what.absence.was_told())
    spdlog::info("topic {} is there", topic);
  for (const auto& which : what.silent) {
    const auto found = lanes_.find(which);
    if (found == lanes_.end() || !found->second.failed)
      continue; // given up or begun anew meanwhile
    const auto paused = found->second.paused;
    if (auto again = open(which, {start_offset::where::at, found->second.next}); !again)
      events.emplace_back(partition_failed{which, again.error()});
    else
      lanes_.at(which).paused = paused;
  }
}

void kafka_reader::drain(std::vector<consumer_event>& events) {
  // Round robin, so that a busy partition does not hold up the others: the round begins after the one that was last.
  std::optional<topic_partition> last;
  const auto visit = [&](auto from, auto to) {
    for (auto at = from; at != to; ++at) {
      if (at->second.paused || at->second.failed)
        continue;
      const auto before = events.size();
      drain(at->first, at->second, events);
      if (events.size() > before)
        last = at->first;
    }
  };
  const auto begin = drained_last_ ? lanes_.upper_bound(*drained_last_) : lanes_.begin();
  visit(begin, lanes_.end());
  visit(lanes_.begin(), begin);
  if (last) {
    drained_last_ = std::move(last);
    wake_brokers();
  }
}

/// Takes a batch's worth of messages.
void kafka_reader::drain(const topic_partition& which, lane& from, std::vector<consumer_event>& events) {
  const auto got = rd_kafka_consume_batch_queue(from.queue.get(), 0, taken_.data(), taken_.size());
  const auto count = got < 0 ? std::size_t{0} : static_cast<std::size_t>(got);
  std::optional<error> failure;
  bool doubted = false;
  std::size_t first = 0; // of the batch at hand
  std::size_t bytes = 0;
  const auto cut = [&](std::size_t end) {
    if (end > first)
      events.emplace_back(to_batch(which, taken_.data() + first, end - first, bytes));
    first = end;
    bytes = 0;
  };
  std::size_t i = 0;
  for (; i < count && !failure; ++i) {
    const auto& message = *taken_[i];
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      cut(i);
      first = i + 1;
      events.emplace_back(reached_end{which, message.offset});
      continue;
    }
    if (is_absence(message.err)) {
      doubted = true;
      doubt_of(which.topic, message.err).silent.insert(which);
      break;
    }
    failure = failure_of(which, message, from.next);
    if (!failure && options_.gapless && message.offset != from.next)
      failure = dropped(which, from.next, message.offset);
    if (failure)
      break;
    if (bytes > 0 && bytes + size_of(message) > most_batch_bytes)
      cut(i);
    bytes += size_of(message);
    from.next = message.offset + 1;
  }
  cut(i);
  for (std::size_t used = 0; used < count; ++used)
    rd_kafka_message_destroy(taken_[used]);
  from.failed = failure.has_value() || doubted;
  if (failure)
    events.emplace_back(partition_failed{which, std::move(*failure)});
}

std::optional<error> kafka_reader::failure_of(const topic_partition& which, const rd_kafka_message_t& message,
                                              std::int64_t wanted) {
  switch (message.err) {
  case RD_KAFKA_RESP_ERR_NO_ERROR:
    return std::nullopt;
  case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
  case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
    const auto kept = bounds(which);
    if (!kept)
      return error{error_kind::not_found,
                   fmt::format("{}: offset {} is not in the topic (any more)", place_of(which), wanted)};
    if (options_.gapless && wanted < kept->first)
      return dropped(which, wanted, kept->first);
    return error{error_kind::not_found,
                 fmt::format("{}: offset {} is not in the topic (any more), which holds {} to {}", place_of(which),
                             wanted, kept->first, kept->second - 1)};
  }
  default:
    return make_error(message.err, place_of(which), redacted(rd_kafka_message_errstr(&message), settings_));
  }
}

void kafka_reader::wake_brokers() {
  const auto now = std::chrono::steady_clock::now();
  if (now - woken_ < wake_interval)
    return;
  woken_ = now;
  // The one public call that does nothing but wake every broker's thread: the credentials stay what they are.
  const auto property = [this](const char* name) {
    const auto found = settings_.properties.find(name);
    return found == settings_.properties.end() ? "" : found->second.c_str();
  };
  const kafka_error_owner ignored{
      rd_kafka_sasl_set_credentials(client_.get(), property("sasl.username"), property("sasl.password"))};
}

/// A topic that the client knows of before its first metadata arrives is ready with it; else only at the next scan, a second later.
void kafka_reader::get_ready(const std::string& topic) {
  auto& handle = topics_[topic];
  if (!handle)
    handle.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
}

expected<void> kafka_reader::open(const topic_partition& which, start_offset from) {
  get_ready(which.topic);
  if (from.from != start_offset::where::at) {
    // At a logical offset the first message takes half a second longer than at a concrete one (platform.md).
    const auto found = from.from == start_offset::where::time
                           ? offset_at(which, from.offset)
                           : bounds(which).map([&](const auto& now) {
                               return from.from == start_offset::where::earliest ? now.first : now.second;
                             });
    if (!found)
      return tl::unexpected(found.error());
    from.offset = *found;
  }
  if (const auto found = lanes_.find(which); found != lanes_.end()) {
    if (seek(which, from.offset)) {
      found->second.next = from.offset;
      found->second.paused = false;
      found->second.failed = false;
      fresh_until_ = std::chrono::steady_clock::now() + fresh_for;
      return {};
    }
    close(which);
  }
  lane opened;
  opened.queue.reset(rd_kafka_queue_get_partition(client_.get(), which.topic.c_str(), which.partition));
  if (!opened.queue)
    return fail(error_kind::not_found, fmt::format("{} is not at {}", place_of(which), options_.brokers));
  rd_kafka_queue_forward(opened.queue.get(), nullptr);
  wake_.listen_to(opened.queue.get());
  opened.next = from.offset;
  const kafka_error_owner refused{rd_kafka_incremental_assign(client_.get(), list_of(which, from.offset).get())};
  if (refused)
    return tl::unexpected(
        make_error(rd_kafka_error_code(refused.get()), place_of(which), rd_kafka_error_string(refused.get())));
  lanes_.insert_or_assign(which, std::move(opened));
  fresh_until_ = std::chrono::steady_clock::now() + fresh_for;
  return {};
}

/// Unlike unassigning and assigning again, this can't be taken for the answer to a rebalance that waits for one.
bool kafka_reader::seek(const topic_partition& which, std::int64_t offset) {
  const auto list = list_of(which, offset);
  const kafka_error_owner failed{
      rd_kafka_seek_partitions(client_.get(), list.get(), static_cast<int>(answer_limit.count()))};
  return !failed && list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void kafka_reader::close(const topic_partition& which) {
  if (lanes_.contains(which))
    close(std::vector{which});
}

void kafka_reader::close(const std::vector<topic_partition>& which) {
  const partition_list_owner list{rd_kafka_topic_partition_list_new(static_cast<int>(which.size()))};
  for (const auto& partition : which)
    if (lanes_.erase(partition) > 0)
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  const kafka_error_owner ignored{rd_kafka_incremental_unassign(client_.get(), list.get())};
}

void kafka_reader::pause(const topic_partition& which) {
  if (const auto found = lanes_.find(which); found != lanes_.end())
    found->second.paused = true;
}

void kafka_reader::resume(const topic_partition& which) {
  if (const auto found = lanes_.find(which); found != lanes_.end())
    found->second.paused = false;
}

void kafka_reader::leave() {
  std::vector<topic_partition> all;
  for (const auto& [which, lane] : lanes_)
    all.push_back(which);
  close(all);
  topics_.clear();
  client_queue_.reset(); // a reference held to it would make closing wait for ever
  rd_kafka_topic_partition_list_t* raw = nullptr;
  rd_kafka_subscription(client_.get(), &raw);
  const partition_list_owner subscription{raw};
  subscribed_ = subscription && subscription->cnt > 0;
  rd_kafka_consumer_close(client_.get());
}

expected<std::int32_t> kafka_reader::partitions(const std::string& topic, std::chrono::milliseconds limit) {
  get_ready(topic);
  return count_partitions(client_.get(), topic, options_.brokers, trouble_, limit);
}

expected<std::pair<std::int64_t, std::int64_t>> kafka_reader::bounds(const topic_partition& which) {
  get_ready(which.topic);
  return query_bounds(client_.get(), which.topic, which.partition, options_.brokers, trouble_, answer_limit);
}

std::int64_t kafka_reader::known_end(const topic_partition& which) const {
  std::int64_t first = 0;
  std::int64_t end = 0;
  const auto code = rd_kafka_get_watermark_offsets(client_.get(), which.topic.c_str(), which.partition, &first, &end);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR && end >= 0 ? end : unknown_end;
}

expected<std::int64_t> kafka_reader::offset_at(const topic_partition& which, std::int64_t time_ms) {
  get_ready(which.topic);
  const auto found =
      query_offset_at(client_.get(), which.topic, which.partition, time_ms, options_.brokers, trouble_, answer_limit);
  if (!found)
    return tl::unexpected(found.error());
  if (*found)
    return **found;
  return bounds(which).map([](const auto& now) { return now.second; });
}

expected<std::optional<batch_ptr>> kafka_reader::read_one(const topic_partition& which, std::int64_t offset) {
  if (!single_) {
    // A client of its own: this one may be reading the partition somewhere else.
    auto with = options_;
    with.rebalance = nullptr;
    with.gapless = false;
    with.defaults.insert(with.defaults.end(), {{"queued.min.messages", "1"}, {"fetch.message.max.bytes", "65536"}});
    auto made = make(settings_, std::move(with));
    if (!made)
      return tl::unexpected(made.error());
    single_ = std::move(*made);
  }
  return read_single(*single_, which, offset);
}

} // namespace throng::transport
