#include "transport/cluster_client.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "transport/kafka_error.hpp"

namespace throng::transport {

using std::chrono::milliseconds;

expected<std::unique_ptr<cluster_client>> cluster_client::make(const config::kafka_settings& settings,
                                                               milliseconds limit) {
  auto made = std::make_unique<cluster_client>(settings, limit);
  auto conf = make_conf(settings, settings.brokers, {{"socket.nagle.disable", "true"}});
  if (!conf)
    return tl::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), made.get());
  rd_kafka_conf_set_error_cb(conf->get(), [](rd_kafka_t*, int code, const char* reason, void* self) {
    auto& of = *static_cast<cluster_client*>(self);
    of.trouble_.note(static_cast<rd_kafka_resp_err_t>(code), redacted(reason, of.settings_));
  });
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf), settings); // needs no group
  if (!client)
    return tl::unexpected(client.error());
  made->client_ = std::move(*client);
  return made;
}

cluster_client::cluster_client(const config::kafka_settings& settings, milliseconds limit)
    : settings_{settings}
    , limit_{limit}
    , deadline_{std::chrono::steady_clock::now() + limit} {}

int cluster_client::left() const {
  const auto rest = std::chrono::ceil<milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<milliseconds::rep>(rest.count(), 1));
}

error cluster_client::unanswered(rd_kafka_resp_err_t code, std::string_view what) {
  rd_kafka_poll(client_.get(), 0); // lets it say why
  const auto kind = kind_of(code);
  if (kind == error_kind::unavailable || kind == error_kind::timed_out)
    return trouble_.unreachable(settings_.brokers, limit_);
  return make_error(code, fmt::format("{}: {}", settings_.brokers, what));
}

expected<metadata_owner> cluster_client::metadata() {
  const struct rd_kafka_metadata* raw = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &raw, left());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    return metadata_owner{raw};
  return tl::unexpected(unanswered(code, "its topics"));
}

expected<std::pair<std::int64_t, std::int64_t>> cluster_client::bounds(const std::string& topic,
                                                                       std::int32_t partition) {
  return ask_again(milliseconds{left()}, [&] {
    return query_bounds(client_.get(), topic, partition, settings_.brokers, trouble_, milliseconds{left()});
  });
}

expected<event_owner> cluster_client::ask(rd_kafka_admin_op_t kind, std::string_view what, const request& send) {
  std::array<char, 256> text{};
  const admin_options_owner options{rd_kafka_AdminOptions_new(client_.get(), kind)};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), left(), text.data(), text.size());
  // How long the broker may take to carry it out; of questions there is nothing to carry out, and this is refused.
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), left(), text.data(), text.size());
  const queue_owner queue{rd_kafka_queue_new(client_.get())};
  send(options.get(), queue.get());
  event_owner answer{rd_kafka_queue_poll(queue.get(), left())};
  const auto code = answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(unanswered(code, what));
  return answer;
}

} // namespace throng::transport
