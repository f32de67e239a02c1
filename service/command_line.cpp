#include "service/command_line.hpp"

#include <cstdio>
#include <exception>

#include <fmt/core.h>

#include "service/interrupt.hpp"
#include "service/logging.hpp"

namespace throng::service {

CLI::App& add_command(CLI::App& under, const std::string& name, const std::string& sentence,
                      const std::string& examples) {
  auto& command = *under.add_subcommand(name, sentence);
  command.footer("Examples:\n" + examples);
  return command;
}

int say_failure(const error& what) {
  fmt::print(stderr, "throng: {}\n", what.message);
  return what.kind == error_kind::invalid || what.kind == error_kind::conflict || what.kind == error_kind::not_found
           ? exit_wrong_input
           : exit_failed;
}

int say_problems(const config::problems& what) {
  for (const auto& problem : what)
    fmt::print(stderr, "{}\n", config::to_string(problem));
  return exit_wrong_input;
}

namespace {

void add_global_options(program& to) {
  to.app.set_version_flag("--version", "throng " THRONG_VERSION);
  to.app.set_help_all_flag("--help-all", "Help of every command");
  to.app.add_flag("-q,--quiet", to.global.quiet, "No progress and no log but errors");
  to.app.add_option("--log-level", to.global.log_level, "trace, debug, info, warn, error or off")
    ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
    ->capture_default_str();
  to.app.add_option("--log-format", to.global.log_format, "text or json")
    ->check(CLI::IsMember({"text", "json"}))
    ->capture_default_str();
  to.app.require_subcommand(1);
  to.app.fallthrough(); // global options may stand behind the command too
  to.app.footer("Examples:\n"
                "  throng run metropolis                  simulate and analyse a small city, embedded Kafka and SQLite\n"
                "  throng query alerts --limit 5          what was found\n"
                "  throng COMMAND --help                  more of each");
}

} // namespace

int run_program(int argc, char** argv) {
  program self;
  add_global_options(self);
  add_run_command(self);
  add_simulate_command(self);
  add_analyze_command(self);
  add_query_command(self);
  add_audit_command(self);
  add_score_command(self);
  add_scenario_command(self);
  add_pipeline_command(self);
  add_topics_command(self);
  add_doctor_command(self);
  try {
    self.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return self.app.exit(e) == 0 ? exit_done : exit_wrong_input;
  }
  set_up_logging(self.global);
  watch_for_interrupts();
  try {
    return self.chosen();
  } catch (const std::exception& e) {
    // A defect of ours: what is expected to fail is an expected<>.
    fmt::print(stderr, "throng: internal error: {}\n", e.what());
    return exit_failed;
  }
}

} // namespace throng::service
