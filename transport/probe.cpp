#include "transport/probe.hpp"

#include <memory>
#include <random>

#include <fmt/format.h>

#include "transport/cluster_client.hpp"
#include "transport/producer.hpp"
#include "transport/topic_reader.hpp"
#include "transport/topics.hpp"

namespace throng::transport {

namespace {

constexpr std::chrono::milliseconds step_limit{5'000};

expected<std::string> reach(const config::settings& settings) {
  auto asker = cluster_client::make(settings.kafka, step_limit);
  if (!asker)
    return tl::unexpected(asker.error());
  return (*asker)->metadata().map([&](const metadata_owner& found) {
    return fmt::format("{} answers: {} {}, {} topics", settings.kafka.brokers, found->broker_cnt,
                       found->broker_cnt == 1 ? "broker" : "brokers", found->topic_cnt);
  });
}

expected<std::string> write(const config::settings& settings, const std::string& topic, const std::string& text) {
  const auto made = producer::make(settings.kafka, nullptr, {});
  if (!made)
    return tl::unexpected(made.error());
  const auto owner = std::make_shared<const std::string>(text);
  const outgoing message{"probe", *owner, 0, nullptr};
  (*made)->produce({topic, 0}, {&message, 1}, owner);
  return (*made)->settle(step_limit).map([] { return std::string{"a message was acknowledged"}; });
}

expected<std::string> read(const config::settings& settings, const std::string& topic, const std::string& text) {
  const auto reader = topic_reader::open(settings.kafka, topic, {});
  if (!reader)
    return tl::unexpected(reader.error());
  const auto message = (*reader)->next(step_limit);
  if (!message)
    return tl::unexpected(message.error());
  if (!*message || (*message)->value != text)
    return fail(
        error_kind::timed_out,
        fmt::format("topic {}: the message that was written did not come back within {} ms", topic, step_limit.count()),
        true);
  return std::string{"it came back"};
}

} // namespace

std::vector<probe_result> probe_cluster(const config::settings& settings) {
  std::vector<probe_result> results;
  const auto did = [&](probe_step step, expected<std::string> outcome) {
    results.push_back({step, std::move(outcome)});
    return results.back().outcome.has_value();
  };
  if (!did(probe_step::reach, reach(settings)))
    return results;
  std::random_device entropy;
  const auto text = fmt::format("{:08x}{:08x}", entropy(), entropy());
  const auto topic = fmt::format("{}throng-doctor-{}", settings.topics.prefix, text);
  const auto named = [&](const char* done) { return [&topic, done] { return fmt::format("{} {}", topic, done); }; };
  if (!did(probe_step::create,
           create_topics(settings.kafka, {{topic, 1, settings.topics.replication, {}}}).map(named("was made"))))
    return results;
  if (did(probe_step::write, write(settings, topic, text)))
    did(probe_step::read, read(settings, topic, text));
  did(probe_step::remove, delete_topics(settings.kafka, {topic}).map(named("was deleted")));
  return results;
}

} // namespace throng::transport
