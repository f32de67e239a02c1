#include "transport/kafka_error.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace throng::transport {

error_kind kind_of(rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR__TRANSPORT:
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
  case RD_KAFKA_RESP_ERR__RESOLVE:
  case RD_KAFKA_RESP_ERR__WAIT_COORD:
  case RD_KAFKA_RESP_ERR__SSL:
  case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
  case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
  case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
  case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
  case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
  case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
  case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
  case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    return error_kind::unavailable;
  case RD_KAFKA_RESP_ERR__TIMED_OUT:
  case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
  case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
  case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    return error_kind::timed_out;
  case RD_KAFKA_RESP_ERR__AUTHENTICATION:
  case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
  case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
  case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    return error_kind::denied;
  case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
  case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
  case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
  case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
  case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    return error_kind::not_found;
  case RD_KAFKA_RESP_ERR__INVALID_ARG:
  case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
  case RD_KAFKA_RESP_ERR_INVALID_MSG:
  case RD_KAFKA_RESP_ERR_INVALID_RECORD:
  case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
  case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
  case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
  case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
  case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    return error_kind::invalid;
  case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
    return error_kind::conflict;
  case RD_KAFKA_RESP_ERR__FENCED:
  case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
  case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
  case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    return error_kind::fenced;
  case RD_KAFKA_RESP_ERR__QUEUE_FULL:
  case RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE:
    return error_kind::exhausted;
  case RD_KAFKA_RESP_ERR__BAD_MSG:
  case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    return error_kind::corrupt;
  default:
    return error_kind::internal;
  }
}

bool is_retryable(rd_kafka_resp_err_t code) {
  const auto kind = kind_of(code);
  return kind == error_kind::unavailable || kind == error_kind::timed_out || code == RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

bool is_absence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

std::string_view advice_on_connection(std::string_view text, int x509) {
  // x509_vfy.h of OpenSSL; its numbers are part of its interface.
  switch (x509) {
  case 0:
    break;
  case 9:
    return "the broker's certificate is not valid yet: look at the clocks of both machines";
  case 10:
    return "the broker's certificate has expired: it needs a new one";
  case 62: // of a name
  case 64: // of an address
    return "the broker's certificate is for another host: give its own name for it in kafka.brokers";
  default:
    return "the broker's certificate is not signed by a CA that is known here: give its CA's file as ssl.ca.location";
  }
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"invalid credentials", "user or password is wrong: look at sasl.username and sasl.password"},
      {"Invalid username or password", "user or password is wrong: look at sasl.username and sasl.password"},
      {"Unsupported SASL mechanism", "the broker does not take this sasl.mechanism: choose one of its list"},
      {"alert bad certificate",
       "the broker asks for a certificate of ours: give ssl.certificate.location and ssl.key.location"},
      {"alert number 116",
       "the broker asks for a certificate of ours: give ssl.certificate.location and ssl.key.location"},
      {"alert certificate unknown",
       "the broker does not trust our certificate: ssl.certificate.location must be signed by a CA of its"},
      {"alert unknown ca",
       "the broker does not trust our certificate: ssl.certificate.location must be signed by a CA of its"},
      {"incorrect security.protocol", "the broker seems to want TLS here: set security.protocol to SSL or SASL_SSL"},
      {"unexpected eof while reading",
       "the broker seems not to speak TLS here: set security.protocol to PLAINTEXT or SASL_PLAINTEXT"},
      {"wrong version number",
       "the broker seems not to speak TLS here: set security.protocol to PLAINTEXT or SASL_PLAINTEXT"},
  };
  for (const auto& [part, advice] : known)
    if (text.find(part) != std::string_view::npos)
      return advice;
  return {};
}

std::string_view advice_on_refusal(rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    return "this user lacks an ACL on the topic: Read to analyse it, Write to fill it, Create to make it, Delete to "
           "delete it";
  case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    return "this user lacks an ACL on the group: Read";
  case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    return "this user lacks an ACL on the cluster: Create to make topics, IdempotentWrite to write before Kafka 3.0";
  default:
    return {};
  }
}

error make_error(rd_kafka_resp_err_t code, std::string_view where, std::string_view detail) {
  auto sentence = fmt::format("{}: {}", where, rd_kafka_err2str(code));
  if (!detail.empty())
    sentence += fmt::format(" ({})", detail);
  if (const auto advice = advice_on_refusal(code); !advice.empty())
    sentence += fmt::format("; {}", advice);
  return error{kind_of(code), std::move(sentence), is_retryable(code)};
}

std::string redacted(std::string_view text, const config::kafka_settings& settings) {
  std::string out{text};
  const auto plain = [](const std::string& value) {
    return value == "true" || value == "false" || std::all_of(value.begin(), value.end(), [](char c) {
             return (c >= '0' && c <= '9') || c == '.' || c == '-';
           });
  };
  for (const auto& [name, value] : settings.properties) {
    if (value.size() < 4 || plain(value))
      continue;
    for (auto at = out.find(value); at != std::string::npos; at = out.find(value, at + 3))
      out.replace(at, value.size(), "***");
  }
  return out;
}

} // namespace throng::transport
