#include "service/work_options.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "service/input_options.hpp"
#include "service/report.hpp"

namespace throng::service {

namespace {

expected<void> record_run(storage::result_store& store, boost::json::object report, const boost::json::object& facts) {
  auto ended = to_iso8601(wall_now());
  for (const auto& fact : facts)
    report[fact.key()] = fact.value();
  const auto* known = facts.if_contains("id");
  const auto id = known != nullptr ? std::string{known->as_string()} : fmt::format("{}-{}", ended, getpid());
  report["id"] = id;
  report["ended"] = ended;
  return store.put_record("runs", id, report);
}

} // namespace

void work_options::add_to(CLI::App& command) {
  command.add_option("--threads", threads, "Threads that actors run on; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--report", report, "One JSON object at the end, to a file or - for standard output");
}

expected<void> conclude(boost::json::object& report, storage::result_store* store, const work_options& options,
                        const boost::json::object& facts) {
  add_process_figures(report);
  if (store != nullptr)
    if (auto kept = record_run(*store, report, facts); !kept)
      return kept;
  return options.report.empty() ? expected<void>{} : write_report(report, options.report);
}

} // namespace throng::service
