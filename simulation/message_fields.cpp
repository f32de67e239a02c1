#include "simulation/message_fields.hpp"

namespace throng::simulation {

namespace {

// NOLINTBEGIN(modernize-avoid-c-arrays): their sizes are told from what stands in them
constexpr std::string_view iot_readings[] = {"timestamp",   "seq",      "sensor_id", "district",        "lat",    "lon",
                                             "temperature", "humidity", "co2_level", "light_intensity", "battery"};
constexpr std::string_view web_requests[] = {"timestamp", "seq",        "client_id", "session_id", "user_id",
                                             "ip",        "method",     "path",      "status",     "response_ms",
                                             "bytes",     "user_agent", "referrer",  "country"};
constexpr std::string_view web_clicks[] = {"timestamp", "seq",      "user_id",       "event_type",
                                           "item_id",   "page_url", "click_duration"};
constexpr std::string_view web_views[] = {"timestamp", "seq",           "user_id",    "event_type",
                                          "item_id",   "view_duration", "device_type"};
constexpr std::string_view web_ratings[] = {"timestamp", "seq",    "user_id",    "event_type",
                                            "item_id",   "rating", "review_text"};
constexpr std::string_view bank_transactions[] = {
    "timestamp", "seq",      "account_id", "transaction_id", "counterparty_id", "type", "status",    "decline_reason",
    "amount",    "currency", "balance",    "channel",        "merchant_id",     "mcc",  "device_id", "country",
    "lat",       "lon"};
constexpr std::string_view support_tickets[] = {"timestamp",    "seq",      "client_id", "ticket_id", "status",
                                                "request_type", "priority", "request",   "concerns"};
constexpr std::string_view truth_labels[] = {
    "timestamp", "seq",       "entity",   "label_id", "incident_id", "person_id", "cause",    "domain",    "population",
    "topic",     "first_seq", "last_seq", "seqs",     "start",       "end",       "subtlety", "malicious", "also"};
// NOLINTEND(modernize-avoid-c-arrays)

} // namespace

std::span<const std::string_view> message_fields(topic of) {
  switch (of) {
  case topic::iot_readings:
    return iot_readings;
  case topic::web_requests:
    return web_requests;
  case topic::web_clicks:
    return web_clicks;
  case topic::web_views:
    return web_views;
  case topic::web_ratings:
    return web_ratings;
  case topic::bank_transactions:
    return bank_transactions;
  case topic::support_tickets:
    return support_tickets;
  case topic::truth_labels:
    return truth_labels;
  }
  return {};
}

} // namespace throng::simulation
