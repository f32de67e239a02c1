#include "service/command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <system_error>

#include <fmt/core.h>

#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/output.hpp"
#include "sinks/open_place.hpp"

namespace throng::service {

CLI::App& add_command(CLI::App& under, const std::string& name, const std::string& sentence,
                      const std::string& examples) {
  auto& command = *under.add_subcommand(name, sentence);
  command.footer("Examples:\n" + examples);
  return command;
}

CLI::Validator can_be(const std::vector<std::string>& words) {
  return CLI::Validator{CLI::detail::generate_set(words)};
}

int say_failure(const error& what) {
  // A reader that has seen enough (`| head`) is no failure that anybody wants to hear of; the status alone tells it.
  if (reader_is_gone())
    return exit_failed;
  say("throng: " + what.message, "error");
  return what.kind == error_kind::invalid || what.kind == error_kind::conflict || what.kind == error_kind::not_found
             ? exit_wrong_input
             : exit_failed;
}

int say_problems(const config::problems& what) {
  for (const auto& problem : what)
    say(config::to_string(problem), "error");
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
  to.app.footer(
      "Examples:\n"
      "  throng run metropolis                  simulate and analyse a small city, embedded Kafka and SQLite\n"
      "  throng query alerts --limit 5          what was found\n"
      "  throng COMMAND --help                  more of each");
}

/// A sentence where the first word is no command; CLI11 would only say that one is required.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-')
    return {};
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands({}))
    known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) != known.end())
    return {};
  auto nearest = config::nearest_name(argv[1], known);
  return fmt::format("throng: there is no command \"{}\"{}; see throng --help", argv[1],
                     nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
}

/// Ends what a command's places have begun, however it ends.
struct places_ended {
  places_ended() = default;
  places_ended(const places_ended&) = delete;
  places_ended& operator=(const places_ended&) = delete;
  ~places_ended() {
    sinks::end_places();
  }
};

/// The command, with a failure where its results went nowhere (a full disk, a reader that is gone), whatever it thinks itself.
int run_chosen(const program& of) {
  const places_ended at_the_end;
  try {
    auto status = of.chosen();
    auto why = flush_output();
    return why == 0 || status == exit_failed ? status : say_failure(no_output(why));
  } catch (const std::system_error& e) {
    if (std::ferror(stdout) != 0) // fmt::print
      return say_failure(no_output(e.code().value()));
    throw;
  }
}

} // namespace

int run_program(int argc, char** argv) {
  program self;
  add_global_options(self);
  add_run_command(self);
  add_simulate_command(self);
  add_worker_command(self);
  add_analyze_command(self);
  add_query_command(self);
  add_serve_command(self);
  add_control_command(self);
  add_alerts_command(self);
  add_audit_command(self);
  add_score_command(self);
  add_tune_command(self);
  add_detect_command(self);
  add_export_command(self);
  add_replay_command(self);
  add_ingest_command(self);
  add_source_command(self);
  add_scenario_command(self);
  add_pipeline_command(self);
  add_topics_command(self);
  add_peek_command(self);
  add_groups_command(self);
  add_store_command(self);
  add_doctor_command(self);
  add_completion_command(self);
  if (auto unknown = unknown_command(self.app, argc, argv); !unknown.empty()) {
    say(unknown);
    return exit_wrong_input;
  }
  try {
    self.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return self.app.exit(e) == 0 ? exit_done : exit_wrong_input;
  }
  set_up_logging(self.global);
  watch_for_interrupts();
  try {
    return run_chosen(self);
  } catch (const std::exception& e) {
    // A defect of ours: what is expected to fail is an expected<>.
    say(fmt::format("throng: internal error: {}", e.what()), "error");
    return exit_failed;
  }
}

} // namespace throng::service
