#include "service/watching.hpp"

#include <fmt/core.h>

namespace throng::service {

void checkpoint_options::add_to(CLI::App& command) {
  command.add_option("--checkpoint-every", text, "Wall time between checkpoints")->capture_default_str();
}

expected<milliseconds> checkpoint_options::every() const {
  auto parsed = parse_duration(text);
  if (!parsed || parsed->count() == 0)
    return fail(error_kind::invalid,
                fmt::format("--checkpoint-every {}: must be a duration above 0, such as 5s", text));
  return *parsed;
}

std::string describe_progress(const actors::progress_snapshot& at) {
  return fmt::format("lag {}  windows {}  alerts {}{}{}{}", at.lag, at.windows, at.alerts,
                     at.late > 0 ? fmt::format("  late {}", at.late) : "",
                     at.dead_letters > 0 ? fmt::format("  dead letters {}", at.dead_letters) : "",
                     at.written > 0 ? fmt::format("  written {}", at.written) : "");
}

std::uint64_t events_consumed(const actors::progress_snapshot& at, const std::string& topic_prefix) {
  std::uint64_t sum = 0;
  for (const auto& partition : at.partitions)
    if (!partition.which.topic.starts_with(topic_prefix + "truth.") &&
        !partition.which.topic.starts_with(topic_prefix + "analytics."))
      sum += partition.consumed;
  return sum;
}

void add_analysis_figures(boost::json::object& report, const actors::progress_snapshot& at) {
  report["skipped"] = at.skipped;
  report["resumed_messages"] = at.resumed_messages;
  report["windows"] = at.windows;
  report["alerts"] = at.alerts;
  report["late"] = at.late;
  report["late_by_window"] = at.late_by_window;
  report["dead_letters"] = at.dead_letters;
  report["not_fed"] = at.not_fed;
  report["written"] = at.written;
  const auto* of_world = report.if_contains("restarts");
  report["restarts"] = at.restarts + (of_world != nullptr ? of_world->to_number<std::uint64_t>() : 0);
}

} // namespace throng::service
