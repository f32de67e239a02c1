// The one place where librdkafka's codes become errors of ours: kind, sentence, and whether trying again may help.
#pragma once

#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "config/error.hpp"
#include "config/settings.hpp"

namespace throng::transport {

/// What the caller can do about `code`.
error_kind kind_of(rd_kafka_resp_err_t code);

/// Whether the same call may succeed later without anybody's doing.
bool is_retryable(rd_kafka_resp_err_t code);

/// Whether the topic or partition is said not to be there. A broker that has just started may say so of any, and librdkafka (2.0.2) then forgets
/// one that it knew at once: its topic.metadata.propagation.max.ms is for topics that it has never seen.
bool is_absence(rd_kafka_resp_err_t code);

/// What whoever runs the program can do about it, as a clause to follow a semicolon; empty where nothing is known.
/// @param text librdkafka's own words of a connection that failed
/// @param x509 OpenSSL's verdict on the broker's certificate (X509_V_ERR_…), 0: none
std::string_view advice_on_connection(std::string_view text, int x509);
/// The same of what the broker refused this user: the ACL that is missing.
std::string_view advice_on_refusal(rd_kafka_resp_err_t code);

/// `WHERE: what librdkafka says of the code (DETAIL)`, and what can be done about it.
/// @param where the topic, partition or brokers that it is about
/// @param detail librdkafka's own words, already redacted; may be empty
error make_error(rd_kafka_resp_err_t code, std::string_view where, std::string_view detail = {});

/// `text` with every value of a property replaced by `***`: librdkafka's own sentences may quote them. Values of less than four
/// characters, plain numbers and booleans stay, as do the brokers.
std::string redacted(std::string_view text, const config::kafka_settings& settings);

} // namespace throng::transport
