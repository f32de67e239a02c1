// Every partition of the embedded cluster's topics, by assign(): a group would move a reader that lags without a word, and its
// first join takes seconds.
#include <fmt/format.h>

#include "transport/consumer.hpp"
#include "transport/embedded.hpp"
#include "transport/kafka_reader.hpp"

namespace throng::transport {

namespace {

class embedded_consumer final : public consumer {
public:
  embedded_consumer(const embedded_cluster& cluster, std::unique_ptr<kafka_reader> reader, assigned all)
      : cluster_{cluster}
      , reader_{std::move(reader)} {
    pending_.emplace_back(std::move(all));
  }

  std::vector<consumer_event> poll(std::chrono::milliseconds limit) override {
    return reader_->poll(pending_, limit);
  }

  expected<void> start(const topic_partition& which, start_offset from) override {
    if (which.partition < 0 || which.partition >= cluster_.partitions(which.topic))
      return fail(error_kind::not_found, fmt::format("the embedded cluster has no partition {} of topic \"{}\"",
                                                     which.partition, which.topic));
    return reader_->open(which, from);
  }

  void pause(const topic_partition& which) override {
    reader_->pause(which);
  }

  void resume(const topic_partition& which) override {
    reader_->resume(which);
  }

  void revoked_done(const std::vector<topic_partition>&) override {
    // Nothing is ever revoked.
  }

  void commit(const topic_partition&, std::int64_t) override {
    // Nobody else could ask for it: the cluster is gone with the process.
  }

  expected<std::pair<std::int64_t, std::int64_t>> bounds(const topic_partition& which) override {
    return reader_->bounds(which);
  }

  std::int64_t known_end(const topic_partition& which) const override {
    return reader_->known_end(which);
  }

  expected<std::optional<batch_ptr>> read_one(const topic_partition& which, std::int64_t offset) override {
    return reader_->read_one(which, offset);
  }

  std::string source_identity(const std::string& topic) const override {
    return fmt::format("{}{}/{}", embedded_source_prefix, cluster_.id(), topic);
  }

  expected<std::int32_t> partitions(const std::string& topic) const override {
    if (const auto count = cluster_.partitions(topic); count > 0)
      return count;
    return fail(error_kind::not_found, fmt::format("the embedded cluster has no topic \"{}\"", topic));
  }

private:
  const embedded_cluster& cluster_;
  std::unique_ptr<kafka_reader> reader_;
  std::vector<consumer_event> pending_;
};

} // namespace

expected<std::unique_ptr<consumer>> make_embedded_consumer(const embedded_cluster& cluster,
                                                           const consumer_options& options) {
  assigned all;
  for (const auto& topic : options.topics) {
    const auto count = cluster.partitions(topic);
    if (count == 0)
      return fail(error_kind::not_found, fmt::format("the embedded cluster has no topic \"{}\"", topic));
    for (std::int32_t partition = 0; partition < count; ++partition)
      all.partitions.push_back({topic, partition});
  }
  auto reader = kafka_reader::make(
      {}, {.brokers = cluster.bootstrap_servers(),
           .defaults =
               {
                   {"group.id", options.group.empty() ? "throng" : options.group},
                   // The cluster answers an empty fetch after this long whether or not something came
                   // meanwhile: at the default of 500 ms half the rate, and half a second late.
                   {"fetch.wait.max.ms", "5"},
               },
           .gapless = true});
  if (!reader)
    return tl::unexpected(reader.error());
  return std::make_unique<embedded_consumer>(cluster, std::move(*reader), std::move(all));
}

} // namespace throng::transport
