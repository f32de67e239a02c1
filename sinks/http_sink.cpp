#include "sinks/http_sink.hpp"

#include <utility>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "analytics/json_scanner.hpp"
#include "sinks/row_text.hpp"
#include "sinks/text_formats.hpp"

namespace throng::sinks {

namespace {

constexpr std::size_t longest_reason = 500;

enum class verdict { taken, later, refused, failed };

/// Of one row. What asks for rights or for an index is wrong with the sink, not with the row.
verdict of_item(std::int64_t status) {
  if (status >= 200 && status < 300)
    return verdict::taken;
  if (status == 408 || status == 425 || status == 429 || status >= 500)
    return verdict::later;
  return status == 401 || status == 403 || status == 404 ? verdict::failed : verdict::refused;
}

/// Of a whole request: what is too large, or has something in it that the server does not understand, is looked at by halves.
verdict of_request(int status) {
  const auto as_item = of_item(status);
  return as_item == verdict::refused && status != 400 && status != 413 && status != 422 ? verdict::failed : as_item;
}

error said(std::int64_t status, const std::string& more = {}) {
  return {status == 401 || status == 403 ? error_kind::denied : error_kind::unavailable,
          fmt::format("the answer was {}{}{}", status, more.empty() ? "" : ": ", more),
          of_item(status) == verdict::later};
}

std::string reason_of(const boost::json::object& item) {
  const auto* why = item.if_contains("error");
  if (why == nullptr)
    return {};
  if (why->is_string())
    return std::string{why->get_string()}.substr(0, longest_reason);
  if (!why->is_object())
    return {};
  std::string text;
  for (const auto* name : {"type", "reason"})
    if (const auto* part = why->get_object().if_contains(name); part != nullptr && part->is_string())
      text += (text.empty() ? "" : ": ") + std::string{part->get_string()};
  return text.substr(0, longest_reason);
}

/// @param which the rows that a bulk request had
expected<batch_answer> read_bulk(const row_places& which, const std::string& body) {
  boost::json::error_code wrong;
  const auto reply = boost::json::parse(body, wrong);
  const auto* items = !wrong && reply.is_object() ? reply.get_object().if_contains("items") : nullptr;
  if (items == nullptr || !items->is_array() || items->get_array().size() != which.size())
    return fail(error_kind::unavailable,
                fmt::format("the answer to a bulk request of {} rows does not say what became of each", which.size()),
                true);
  batch_answer made;
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto& item = items->get_array()[i];
    const auto* done = item.is_object() ? item.get_object().if_contains("index") : nullptr;
    const auto* status = done != nullptr && done->is_object() ? done->get_object().if_contains("status") : nullptr;
    if (status == nullptr || !status->is_int64())
      return fail(error_kind::unavailable, "the answer to a bulk request has an item without a status", true);
    switch (of_item(status->get_int64())) {
    case verdict::taken:
      break;
    case verdict::later:
      made.again.push_back(which[i]);
      break;
    case verdict::refused:
      made.refusals.emplace_back(which[i], reason_of(done->get_object()));
      break;
    case verdict::failed:
      return tl::unexpected{said(status->get_int64(), reason_of(done->get_object()))};
    }
  }
  return made;
}

} // namespace

std::string row_id(const analytics::sink_rows& rows, const analytics::sink_row& row, config::sink_content of) {
  if (of != config::sink_content::events)
    return std::string{row.key.value_or(std::string_view{})};
  return fmt::format("{}-{}-{}", rows.topic, rows.partition, row.offset);
}

http_sink::http_sink(config::sink what, poster post, refuser refuse, bounds most)
    : what_(std::move(what))
    , post_(std::move(post))
    , batches_([this](const analytics::sink_rows& rows, const row_places& which) { return send(rows, which); },
               std::move(refuse), most) {}

http_sink::http_sink(config::sink what, poster post, refuser refuse)
    : http_sink(std::move(what), std::move(post), std::move(refuse), bounds{}) {}

std::string http_sink::body_of(const analytics::sink_rows& rows, const row_places& which) const {
  std::string body;
  for (const auto place : which) {
    const auto row = rows[place];
    if (what_.format == config::sink_format::elasticsearch) {
      body += R"({"index":{"_id":)";
      analytics::append_json_string(body, printable(row_id(rows, row, what_.of)));
      body += "}}\n";
    }
    append_ndjson(body, rows, row);
  }
  return body;
}

expected<batch_answer> http_sink::send(const analytics::sink_rows& rows, const row_places& which) {
  const auto answer = post_(body_of(rows, which));
  if (!answer)
    return tl::unexpected{answer.error()};
  switch (of_request(answer->status)) {
  case verdict::taken:
    if (what_.format != config::sink_format::elasticsearch)
      return batch_answer{};
    return read_bulk(which, answer->body);
  case verdict::refused:
    return batch_answer{fmt::format("the answer was {}", answer->status), {}, {}};
  case verdict::later:
  case verdict::failed:
    break;
  }
  return tl::unexpected{said(answer->status)};
}

} // namespace throng::sinks
