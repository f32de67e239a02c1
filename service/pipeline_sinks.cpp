#include "service/pipeline_sinks.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "analytics/alert.hpp"
#include "analytics/event_sink.hpp"
#include "config/http_address.hpp"
#include "service/http_poster.hpp"
#include "service/side_messages.hpp"
#include "sinks/file_sink.hpp"
#include "sinks/http_sink.hpp"
#include "sinks/open_place.hpp"
#include "sinks/parquet.hpp"

namespace throng::service {

namespace {

class files_of_rows final : public actors::row_sink {
public:
  files_of_rows(std::string name, sinks::file_sink files)
      : name_(std::move(name))
      , files_(std::move(files)) {}
  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) override {
    return files_.put(rows, still_ours);
  }
  expected<void> take_over(const std::string&, std::int32_t partition, const storage::claimed& claim) override {
    return files_.take_over(name_, partition, claim);
  }

private:
  std::string name_;
  sinks::file_sink files_;
};

/// The top-level fields of a row that are times.
std::vector<std::string> time_fields(const config::pipeline& of, const config::sink& which) {
  if (which.of == config::sink_content::events)
    return {of.timestamp};
  const auto& known = analytics::time_fields(which.of == config::sink_content::windows ? analytics::collection::windows
                                                                                       : analytics::collection::alerts);
  return {known.begin(), known.end()};
}

expected<std::shared_ptr<counted_sink>> open_files(const config::pipeline& of, const config::sink& sink) {
  auto checked = sink.format == config::sink_format::parquet ? sinks::check_parquet() : expected<void>{};
  auto place = checked ? sinks::open_place(sink.to) : tl::unexpected{checked.error()};
  if (!place)
    return tl::unexpected{place.error()};
  auto files = std::make_unique<files_of_rows>(config::rows_name(of, sink),
                                               sinks::file_sink{sink, time_fields(of, sink), std::move(*place)});
  return std::make_shared<counted_sink>(of.name, sink.name, std::move(files));
}

class server_of_rows final : public actors::row_sink {
public:
  server_of_rows(const config::sink& what, sinks::http_sink::poster post, sinks::http_sink::refuser refuse)
      : server_(what, std::move(post), std::move(refuse)) {}
  expected<void> put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) override {
    if (auto ours = still_ours(); !ours)
      return ours;
    return server_.put(rows);
  }
  expected<void> take_over(const std::string& topic, std::int32_t partition, const storage::claimed&) override {
    server_.forget(topic, partition);
    return {};
  }

private:
  sinks::http_sink server_;
};

expected<std::shared_ptr<counted_sink>> open_server(const config::pipeline& of, const config::sink& sink,
                                                    const actors::side_message_sink& dead_letters) {
  const auto bulk = sink.format == config::sink_format::elasticsearch;
  http_poster_options how;
  how.url = sink.to;
  while (bulk && how.url.ends_with('/'))
    how.url.pop_back();
  how.url += bulk ? "/_bulk" : "";
  how.content_type = "application/x-ndjson";
  how.ca_file = sink.ca_file;
  how.limit = sink.timeout;
  if (!sink.authorization.empty()) {
    const auto* value = std::getenv(sink.authorization.c_str()); // NOLINT(concurrency-mt-unsafe): nobody changes it
    if (value == nullptr || *value == '\0')
      return fail(error_kind::invalid, fmt::format("authorization: {} is not in the environment", sink.authorization));
    how.authorization = value;
    if (how.authorization.find_first_of("\r\n") != std::string::npos)
      return fail(error_kind::invalid, fmt::format("authorization: {} has a line end in it", sink.authorization));
  }
  auto post = make_http_poster(std::move(how));
  if (!post)
    return tl::unexpected{post.error()};
  auto refused = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto refuse = [refused, dead_letters, pipeline = of.name, name = sink.name,
                 what = sink.of](const analytics::sink_rows& rows, const analytics::sink_row& row,
                                 const std::string& why) -> expected<void> {
    const analytics::raw_message message{row.offset, row.timestamp_ms, row.key, row.value, nullptr};
    auto letter = analytics::dead_letter_of({pipeline, rows.topic, rows.partition}, message,
                                            {std::max<std::int64_t>(0, row.timestamp_ms)}, refused_reason,
                                            fmt::format("sink {}: {}", name, why));
    // The pipeline, or another sink, may have refused the same message; and of results several stand under one offset.
    for (auto& [header, value] : letter.headers)
      if (header == "id")
        value = analytics::document_id({"sink", pipeline, name, sinks::row_id(rows, row, what)});
    if (refused->fetch_add(1) == 0)
      spdlog::warn(
          "pipeline {}, sink {}: its server refuses a row, which goes to the dead letters, as all such will: {}",
          pipeline, name, why);
    return dead_letters ? dead_letters(std::span{&letter, 1}) : expected<void>{};
  };
  return std::make_shared<counted_sink>(
      of.name, sink.name, std::make_unique<server_of_rows>(sink, std::move(*post), std::move(refuse)), refused);
}

} // namespace

expected<counted_sinks> open_sinks(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans,
                                   const actors::side_message_sink& dead_letters) {
  counted_sinks opened;
  for (const auto& plan : plans)
    for (const auto& sink : plan->definition().sinks) {
      const auto& of = plan->definition();
      auto made = config::is_http(sink.to) ? open_server(of, sink, dead_letters) : open_files(of, sink);
      if (!made)
        return fail(made.error().kind,
                    fmt::format("pipeline {}, sink {}: {}", of.name, sink.name, made.error().message));
      opened.emplace(analytics::sink_owner(of, sink), std::move(*made));
    }
  return opened;
}

} // namespace throng::service
