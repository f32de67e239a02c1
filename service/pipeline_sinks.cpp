#include "service/pipeline_sinks.hpp"

#include <utility>

#include <fmt/format.h>

#include "analytics/event_sink.hpp"
#include "sinks/file_sink.hpp"
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

} // namespace

expected<counted_sinks> open_sinks(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans) {
  counted_sinks opened;
  for (const auto& plan : plans)
    for (const auto& sink : plan->definition().sinks) {
      const auto& of = plan->definition();
      auto checked = sink.format == config::sink_format::parquet ? sinks::check_parquet() : expected<void>{};
      auto place = checked ? sinks::open_place(sink.to) : tl::unexpected{checked.error()};
      if (!place)
        return fail(place.error().kind,
                    fmt::format("pipeline {}, sink {}: {}", of.name, sink.name, place.error().message));
      auto files = std::make_unique<files_of_rows>(config::rows_name(of, sink),
                                                   sinks::file_sink{sink, time_fields(of, sink), std::move(*place)});
      opened.emplace(analytics::sink_owner(of, sink),
                     std::make_shared<counted_sink>(of.name, sink.name, std::move(files)));
    }
  return opened;
}

} // namespace throng::service
