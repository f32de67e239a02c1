#include "sinks/http_sink.hpp"

#include <algorithm>
#include <numeric>

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

std::size_t size_of(const analytics::sink_row& row) {
  constexpr std::size_t place = 160; // what says where it stood, and its id
  return place + row.key.value_or(std::string_view{}).size() + row.value.value_or(std::string_view{}).size();
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
    , refuse_(std::move(refuse))
    , most_(most) {}

http_sink::http_sink(config::sink what, poster post, refuser refuse)
    : http_sink(std::move(what), std::move(post), std::move(refuse), bounds{}) {}

expected<void> http_sink::put(const analytics::sink_rows& rows) {
  if (rows.empty())
    return {};
  auto& now = [&]() -> under_way& {
    const std::lock_guard lock{mutex_};
    return under_way_[{rows.topic, rows.partition}];
  }();
  if (now.left.empty() || now.first != rows.first_offset() || now.last != rows.last_offset() ||
      now.count != rows.size() || now.generation != rows.generation) {
    now = {rows.first_offset(), rows.last_offset(), rows.size(), rows.generation, places(rows.size())};
    std::iota(now.left.begin(), now.left.end(), std::size_t{0});
  }
  places again;
  while (!now.left.empty()) {
    const auto end = now.left.begin() + static_cast<std::ptrdiff_t>(fitting(rows, now.left));
    const auto before = again.size();
    auto sent = send(rows, {now.left.begin(), end}, again);
    if (!sent) {
      // All of this request are sent again, and so are those before it that were to be.
      again.resize(before);
      now.left.insert(now.left.begin(), again.begin(), again.end());
      return sent;
    }
    now.left.erase(now.left.begin(), end);
  }
  if (again.empty())
    return {};
  now.left = std::move(again);
  return fail(error_kind::unavailable,
              fmt::format("the server is busy: {} of {} rows are to be sent again", now.left.size(), rows.size()),
              true);
}

void http_sink::forget(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock{mutex_};
  if (const auto found = under_way_.find({topic, partition}); found != under_way_.end())
    found->second.left.clear();
}

std::size_t http_sink::fitting(const analytics::sink_rows& rows, const places& left) const {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const auto place : left) {
    bytes += size_of(rows[place]);
    if (count == most_.rows || (count > 0 && bytes > most_.bytes))
      break;
    ++count;
  }
  return count;
}

std::string http_sink::body_of(const analytics::sink_rows& rows, const places& which) const {
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

expected<void> http_sink::send(const analytics::sink_rows& rows, const places& which, places& again) {
  const auto answer = post_(body_of(rows, which));
  if (!answer)
    return tl::unexpected{answer.error()};
  switch (of_request(answer->status)) {
  case verdict::taken:
    if (what_.format != config::sink_format::elasticsearch)
      return {};
    return read_bulk(rows, which, answer->body, again);
  case verdict::refused: {
    if (which.size() == 1)
      return refuse_(rows, rows[which.front()], fmt::format("the answer was {}", answer->status));
    const auto half = which.begin() + static_cast<std::ptrdiff_t>(which.size() / 2);
    if (auto sent = send(rows, {which.begin(), half}, again); !sent)
      return sent;
    return send(rows, {half, which.end()}, again);
  }
  case verdict::later:
  case verdict::failed:
    break;
  }
  return tl::unexpected{said(answer->status)};
}

expected<void> http_sink::read_bulk(const analytics::sink_rows& rows, const places& which, const std::string& body,
                                    places& again) {
  boost::json::error_code wrong;
  const auto reply = boost::json::parse(body, wrong);
  const auto* items = !wrong && reply.is_object() ? reply.get_object().if_contains("items") : nullptr;
  if (items == nullptr || !items->is_array() || items->get_array().size() != which.size())
    return fail(error_kind::unavailable,
                fmt::format("the answer to a bulk request of {} rows does not say what became of each", which.size()),
                true);
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
      again.push_back(which[i]);
      break;
    case verdict::refused:
      if (auto kept = refuse_(rows, rows[which[i]], reason_of(done->get_object())); !kept)
        return kept;
      break;
    case verdict::failed:
      return tl::unexpected{said(status->get_int64(), reason_of(done->get_object()))};
    }
  }
  return {};
}

} // namespace throng::sinks
