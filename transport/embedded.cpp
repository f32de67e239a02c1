#include "transport/embedded.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <random>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "transport/kafka_error.hpp"
#include "transport/kafka_handle.hpp"

namespace throng::transport {

namespace {

using mock_owner = c_owner<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy>;

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

} // namespace

struct embedded_cluster::implementation {
  client_owner client; ///< the cluster's threads and timers live in it
  mock_owner cluster;
  std::string id = random_id();
  mutable std::mutex mutex;
  std::map<std::string, std::int32_t> topics;
};

embedded_cluster::embedded_cluster()
    : impl_{std::make_unique<implementation>()} {}

embedded_cluster::~embedded_cluster() = default;

expected<std::unique_ptr<embedded_cluster>> embedded_cluster::start(int brokers) {
  if (brokers < 1)
    return fail(error_kind::invalid, fmt::format("the embedded cluster needs at least 1 broker, not {}", brokers));
  const config::kafka_settings none;
  auto conf = make_conf(none, "", {});
  if (!conf)
    return tl::unexpected(conf.error());
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf), none);
  if (!client)
    return tl::unexpected(client.error());
  std::unique_ptr<embedded_cluster> made{new embedded_cluster};
  made->impl_->client = std::move(*client);
  made->impl_->cluster.reset(rd_kafka_mock_cluster_new(made->impl_->client.get(), brokers));
  if (!made->impl_->cluster)
    return fail(error_kind::unavailable, "the embedded cluster did not start: no port of 127.0.0.1 could be had");
  return made;
}

std::string embedded_cluster::bootstrap_servers() const {
  return rd_kafka_mock_cluster_bootstraps(impl_->cluster.get());
}

expected<void> embedded_cluster::create_topic(const std::string& name, std::int32_t partitions) {
  if (name.empty() || partitions < 1)
    return fail(
        error_kind::invalid,
        fmt::format("topic \"{}\" with {} partitions: needs a name and at least 1 partition", name, partitions));
  const std::lock_guard lock{impl_->mutex};
  if (impl_->topics.contains(name))
    return fail(error_kind::conflict, fmt::format("topic \"{}\" is in the embedded cluster already", name));
  if (const auto code = rd_kafka_mock_topic_create(impl_->cluster.get(), name.c_str(), partitions, 1);
      code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(make_error(code, fmt::format("embedded cluster: topic \"{}\"", name)));
  impl_->topics.emplace(name, partitions);
  return {};
}

std::int32_t embedded_cluster::partitions(const std::string& topic) const {
  const std::lock_guard lock{impl_->mutex};
  const auto found = impl_->topics.find(topic);
  return found == impl_->topics.end() ? 0 : found->second;
}

const std::string& embedded_cluster::id() const {
  return impl_->id;
}

rd_kafka_mock_cluster_s* embedded_cluster::native() const {
  return impl_->cluster.get();
}

} // namespace throng::transport
