// A member of a consumer group of a real cluster. Kafka says which partitions are ours; where each begins is said by its
// checkpoint, through start(), so nothing is read from a partition before.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "transport/consumer.hpp"
#include "transport/kafka_error.hpp"
#include "transport/kafka_reader.hpp"

namespace throng::transport {

namespace {

constexpr std::string_view strategy_property = "partition.assignment.strategy";
constexpr std::string_view cooperative = "cooperative-sticky";

std::vector<topic_partition> to_vector(const rd_kafka_topic_partition_list_t& list) {
  std::vector<topic_partition> all;
  all.reserve(static_cast<std::size_t>(list.cnt));
  for (int i = 0; i < list.cnt; ++i)
    all.push_back({list.elems[i].topic, list.elems[i].partition});
  return all;
}

class group_consumer final : public consumer {
public:
  group_consumer() = default;
  ~group_consumer() override {
    closing_ = true;
    if (reader_)
      reader_->leave();
  }

  expected<void> join(const config::kafka_settings& settings, consumer_options options,
                      std::chrono::milliseconds limit);
  std::vector<consumer_event> poll(std::chrono::milliseconds limit) override {
    return reader_->poll(pending_, limit);
  }
  expected<void> start(const topic_partition& which, start_offset from) override;
  void pause(const topic_partition& which) override {
    reader_->pause(which);
  }
  void resume(const topic_partition& which) override {
    if (owned_.contains(which)) // a revoked one stays silent
      reader_->resume(which);
  }
  void revoked_done(const std::vector<topic_partition>& which) override;
  void commit(const topic_partition& which, std::int64_t next_offset) override;
  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which) override {
    return reader_->bounds(which);
  }
  std::int64_t known_end(const topic_partition& which) const override {
    return reader_->known_end(which);
  }
  expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset) override {
    return reader_->read_one(which, offset);
  }
  expected<std::int64_t> offset_at(const topic_partition& which, std::int64_t time_ms) override {
    return reader_->offset_at(which, time_ms);
  }
  std::string source_identity(const std::string& topic) const override {
    return fmt::format("kafka:{}/{}", cluster_id_, topic);
  }
  expected<std::int32_t> partitions(const std::string& topic) const override {
    if (const auto found = partition_counts_.find(topic); found != partition_counts_.end())
      return found->second;
    return reader_->partitions(topic);
  }

private:
  static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                        void* opaque);
  void take(rd_kafka_t* client, std::vector<topic_partition> partitions);
  void give_up(rd_kafka_t* client, std::vector<topic_partition> partitions);

  std::unique_ptr<kafka_reader> reader_;
  std::string group_;
  std::string cluster_id_;
  std::map<std::string, std::int32_t> partition_counts_;
  std::vector<consumer_event> pending_;
  std::set<topic_partition> owned_;
  std::vector<topic_partition> revoked_;   ///< librdkafka waits until they are closed
  std::set<topic_partition> not_yet_safe_; ///< those of them that revoked_done() has not named
  bool closing_ = false;
};

expected<void> group_consumer::join(const config::kafka_settings& settings, consumer_options options,
                                    std::chrono::milliseconds limit) {
  const auto strategy = settings.properties.find(std::string{strategy_property});
  if (strategy != settings.properties.end() && strategy->second != cooperative)
    return fail(error_kind::invalid,
                fmt::format("kafka: {} must be {}: partitions that stay are not interrupted by a rebalance",
                            strategy_property, cooperative));
  auto reader = kafka_reader::make(
      settings,
      {.brokers = settings.brokers,
       .defaults =
           {
               {"group.id", options.group},
               {std::string{strategy_property}, std::string{cooperative}},
               // By partition, and little enough for many of them; these sizes are the
               // fastest where the broker's threads are woken (kafka_reader.cpp).
               {"queued.max.messages.kbytes", "8192"},
               {"fetch.message.max.bytes", "524288"},
               // A broker that answers nothing any more (frozen, or its link cut without a word) is left after
               // this long: as Kafka's own consumer (request.timeout.ms); librdkafka's default is 60 s.
               {"socket.timeout.ms", "30000"},
           },
       .rebalance = rebalance,
       .opaque = this});
  if (!reader)
    return tl::unexpected(reader.error());
  reader_ = std::move(*reader);
  group_ = std::move(options.group);
  for (const auto& topic : options.topics) {
    const auto count = reader_->partitions(topic, limit);
    if (!count)
      return tl::unexpected(count.error());
    partition_counts_[topic] = *count;
  }
  char* id = rd_kafka_clusterid(reader_->client(), static_cast<int>(limit.count()));
  if (id == nullptr)
    return fail(error_kind::unavailable, fmt::format("{} does not tell its cluster id", settings.brokers), true);
  cluster_id_ = id;
  rd_kafka_mem_free(reader_->client(), id);
  const partition_list_owner topics{rd_kafka_topic_partition_list_new(static_cast<int>(options.topics.size()))};
  for (const auto& topic : options.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(reader_->client(), topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(make_error(code, fmt::format("group {} at {}", group_, settings.brokers)));
  return {};
}

void group_consumer::rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                               void* opaque) {
  auto& self = *static_cast<group_consumer*>(opaque);
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
    self.take(client, to_vector(*list));
  else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
    self.give_up(client, to_vector(*list));
  else
    self.pending_.emplace_back(consumer_failed{make_error(code, fmt::format("rebalance of group {}", self.group_))});
}

void group_consumer::take(rd_kafka_t* client, std::vector<topic_partition> partitions) {
  // Answered with nothing: each partition is assigned by its start(), at the offset that it is to begin with.
  const partition_list_owner none{rd_kafka_topic_partition_list_new(0)};
  const kafka_error_owner refused{rd_kafka_incremental_assign(client, none.get())};
  if (refused) {
    pending_.emplace_back(
        consumer_failed{make_error(rd_kafka_error_code(refused.get()), fmt::format("rebalance of group {}", group_),
                                   rd_kafka_error_string(refused.get()))});
    return;
  }
  owned_.insert(partitions.begin(), partitions.end());
  pending_.emplace_back(assigned{std::move(partitions)});
}

void group_consumer::give_up(rd_kafka_t* client, std::vector<topic_partition> partitions) {
  for (const auto& which : partitions) {
    owned_.erase(which);
    reader_->pause(which);
  }
  const auto lost = rd_kafka_assignment_lost(client) != 0;
  if (closing_ || lost) {
    revoked_.clear();
    not_yet_safe_.clear();
    reader_->close(partitions);
  } else {
    revoked_ = partitions;
    not_yet_safe_ = {partitions.begin(), partitions.end()};
  }
  pending_.emplace_back(revoked{std::move(partitions), lost});
  if (!closing_ && !lost && not_yet_safe_.empty())
    reader_->close(revoked_);
}

void group_consumer::revoked_done(const std::vector<topic_partition>& which) {
  if (not_yet_safe_.empty())
    return; // lost meanwhile
  for (const auto& partition : which)
    not_yet_safe_.erase(partition);
  if (not_yet_safe_.empty())
    reader_->close(std::exchange(revoked_, {}));
}

expected<void> group_consumer::start(const topic_partition& which, start_offset from) {
  if (!owned_.contains(which))
    return fail(error_kind::fenced,
                fmt::format("{} is not assigned to this member of group {}", place_of(which), group_));
  return reader_->open(which, from);
}

void group_consumer::commit(const topic_partition& which, std::int64_t next_offset) {
  const partition_list_owner list{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(list.get(), which.topic.c_str(), which.partition)->offset = next_offset;
  rd_kafka_commit(reader_->client(), list.get(), 1); // it serves monitoring: a failure is made good by the next
}

} // namespace

expected<std::unique_ptr<consumer>> make_group_consumer(const config::kafka_settings& settings,
                                                        consumer_options options, std::chrono::milliseconds limit) {
  auto made = std::make_unique<group_consumer>();
  if (auto joined = made->join(settings, std::move(options), limit); !joined)
    return tl::unexpected(joined.error());
  return made;
}

} // namespace throng::transport
