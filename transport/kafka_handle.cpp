#include "transport/kafka_handle.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "transport/kafka_error.hpp"
#include "transport/message.hpp"

namespace throng::transport {

namespace {

/// What OpenSSL has found wrong with the certificates of brokers, by their HOST:PORT: librdkafka's errors say of all that they "could not
/// be verified". Of all clients of the process, since what is found of a broker is true for each.
class certificate_verdicts {
public:
  static certificate_verdicts& of_process() {
    static certificate_verdicts one;
    return one;
  }
  void note(std::string broker, int x509) {
    const std::lock_guard lock{mutex_};
    found_[std::move(broker)] = x509;
  }
  /// Of the broker that the error names, as in `ssl://HOST:PORT/bootstrap: …`; 0: nothing.
  int of(std::string_view text) const {
    const std::lock_guard lock{mutex_};
    for (const auto& [broker, x509] : found_)
      if (text.find(fmt::format("//{}/", broker)) != std::string_view::npos)
        return x509;
    return 0;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, int> found_;
};

/// Leaves OpenSSL's verdict as it is, and remembers it.
int note_certificate(rd_kafka_t*, const char* broker, std::int32_t, int* x509, int, const char*, std::size_t, char*,
                     std::size_t, void*) {
  if (*x509 != 0)
    certificate_verdicts::of_process().note(broker, *x509);
  return *x509 == 0 ? 1 : 0;
}

} // namespace

void last_trouble::note(rd_kafka_resp_err_t code, std::string text) {
  const std::lock_guard lock{mutex_};
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !text_.empty())
    return;
  code_ = code;
  const auto is_certificate = text.find("certificate verify failed") != std::string::npos;
  x509_ = is_certificate ? certificate_verdicts::of_process().of(text) : 0;
  text_ = std::move(text);
}

std::string last_trouble::text() const {
  const std::lock_guard lock{mutex_};
  return text_;
}

error last_trouble::unreachable(const std::string& brokers, std::chrono::milliseconds limit) const {
  const std::lock_guard lock{mutex_};
  auto sentence = fmt::format("no broker of {} answered within {} ms", brokers, limit.count());
  if (!text_.empty())
    sentence += ": " + text_;
  if (const auto advice = advice_on_connection(text_, x509_); !advice.empty())
    sentence += fmt::format("; {}", advice);
  const auto denied = kind_of(code_) == error_kind::denied;
  return {denied ? error_kind::denied : error_kind::unavailable, std::move(sentence), !denied};
}

namespace {

expected<void> set_property(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> ignored{}; // quotes the value, which may be a secret
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), ignored.data(), ignored.size())) {
  case RD_KAFKA_CONF_OK:
    return {};
  case RD_KAFKA_CONF_UNKNOWN:
    return fail(error_kind::invalid, fmt::format("kafka: librdkafka knows no property \"{}\"", name));
  default:
    return fail(error_kind::invalid,
                fmt::format("kafka: librdkafka refuses the value given for its property \"{}\"", name));
  }
}

} // namespace

expected<conf_owner> make_conf(const config::kafka_settings& settings, const std::string& brokers,
                               const properties& defaults) {
  conf_owner conf{rd_kafka_conf_new()};
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), note_certificate);
  if (auto set = set_property(conf.get(), "bootstrap.servers", brokers); !set)
    return tl::unexpected(set.error());
  for (const auto& [name, value] : defaults)
    if (auto set = set_property(conf.get(), name, value); !set)
      return tl::unexpected(set.error());
  for (const auto& [name, value] : settings.properties)
    if (auto set = set_property(conf.get(), name, value); !set)
      return tl::unexpected(set.error());
  return conf;
}

expected<client_owner> make_client(rd_kafka_type_t type, conf_owner conf, const config::kafka_settings& settings) {
  std::array<char, 512> text{};
  client_owner client{rd_kafka_new(type, conf.get(), text.data(), text.size())};
  if (!client)
    return fail(error_kind::invalid, fmt::format("kafka: {}", redacted(text.data(), settings)));
  static_cast<void>(conf.release()); // the client's now
  return client;
}

namespace {

bool is_silence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE;
}

} // namespace

expected<std::int32_t> count_partitions(rd_kafka_t* client, const std::string& topic, const std::string& brokers,
                                        const last_trouble& trouble, std::chrono::milliseconds limit) {
  const topic_owner handle{rd_kafka_topic_new(client, topic.c_str(), nullptr)};
  const struct rd_kafka_metadata* raw = nullptr;
  auto code = rd_kafka_metadata(client, 0, handle.get(), &raw, static_cast<int>(limit.count()));
  const metadata_owner answer{raw};
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && answer->topic_cnt == 1)
    code = answer->topics[0].err;
  if (is_silence(code)) {
    rd_kafka_poll(client, 0); // lets it say why
    return tl::unexpected(trouble.unreachable(brokers, limit));
  }
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return fail(error_kind::not_found, fmt::format("there is no topic \"{}\" at {}", topic, brokers));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(make_error(code, fmt::format("topic \"{}\" at {}", topic, brokers)));
  return answer->topics[0].partition_cnt;
}

rd_kafka_resp_err_t asked_of_the_leader(rd_kafka_t* client, const std::string& topic, std::chrono::milliseconds limit,
                                        const std::function<rd_kafka_resp_err_t(int left_ms)>& question) {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds pause{100};
  constexpr std::chrono::milliseconds patience{1'500};
  const auto deadline = clock::now() + limit;
  const auto left = [&](std::chrono::milliseconds most) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    return std::max(1, static_cast<int>(std::min(rest, most).count()));
  };
  while (true) {
    const auto code = question(left(patience));
    const auto moves =
        code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if ((!moves && !is_silence(code)) || clock::now() + pause >= deadline)
      return code;
    std::this_thread::sleep_for(pause);
    const topic_owner handle{rd_kafka_topic_new(client, topic.c_str(), nullptr)};
    const struct rd_kafka_metadata* raw = nullptr;
    rd_kafka_metadata(client, 0, handle.get(), &raw, left(patience)); // librdkafka takes note of it
    const metadata_owner ignored{raw};
  }
}

expected<std::pair<std::int64_t, std::int64_t>> query_bounds(rd_kafka_t* client, const std::string& topic,
                                                             std::int32_t partition, const std::string& brokers,
                                                             const last_trouble& trouble,
                                                             std::chrono::milliseconds limit) {
  std::int64_t first = 0;
  std::int64_t end = 0;
  const auto code = asked_of_the_leader(client, topic, limit, [&](int left_ms) {
    return rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &first, &end, left_ms);
  });
  if (is_silence(code)) {
    rd_kafka_poll(client, 0);
    return tl::unexpected(trouble.unreachable(brokers, limit));
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(make_error(code, fmt::format("{} at {}", place_of({topic, partition}), brokers)));
  return std::pair{first, end};
}

expected<std::optional<std::int64_t>> query_offset_at(rd_kafka_t* client, const std::string& topic,
                                                      std::int32_t partition, std::int64_t time_ms,
                                                      const std::string& brokers, const last_trouble& trouble,
                                                      std::chrono::milliseconds limit) {
  const partition_list_owner list{rd_kafka_topic_partition_list_new(1)};
  auto* asked = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  const auto code = asked_of_the_leader(client, topic, limit, [&](int left_ms) {
    asked->offset = time_ms; // librdkafka's way of passing the question
    const auto answer = rd_kafka_offsets_for_times(client, list.get(), left_ms);
    return answer == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : answer;
  });
  if (is_silence(code)) {
    rd_kafka_poll(client, 0);
    return tl::unexpected(trouble.unreachable(brokers, limit));
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(make_error(code, fmt::format("{} at {}", place_of({topic, partition}), brokers)));
  return asked->offset < 0 ? std::nullopt : std::optional{asked->offset};
}

} // namespace throng::transport
