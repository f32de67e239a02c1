#include "service/work_options.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "service/input_options.hpp"
#include "service/report.hpp"

namespace throng::service {

namespace {

expected<void> record_run(storage::result_store& store, boost::json::object report) {
  auto ended = to_iso8601(wall_now());
  auto id = fmt::format("{}-{}", ended, getpid());
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

expected<void> conclude(boost::json::object& report, storage::result_store* store, const work_options& options) {
  add_process_figures(report);
  if (store != nullptr)
    if (auto kept = record_run(*store, report); !kept)
      return kept;
  return options.report.empty() ? expected<void>{} : write_report(report, options.report);
}

} // namespace throng::service
