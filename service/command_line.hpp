// The program's command line: the commands, what all of them share, and their exit statuses. Each command stands in a
// file of its own, NAME_command.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/error.hpp"
#include "config/problem.hpp"

namespace throng::service {

/// commands.md, "Conventions".
enum exit_status : int {
  exit_done = 0,
  exit_failed = 1,
  exit_wrong_input = 2,   ///< the command line, scenario or pipeline: nothing was started
  exit_does_not_hold = 3, ///< done, but what it checked does not hold
};

/// Options of every command.
struct global_options {
  bool quiet = false;
  std::string log_level = "info";
  std::string log_format = "text";
};

struct program {
  CLI::App app{"Throng simulates a living city on Kafka, and watches it: sensors, web clients and bank accounts as "
               "actors, event-time windows, anomalies and fraud, results in SQLite or MongoDB.",
               "throng"};
  global_options global;
  /// What the chosen command does; set by its callback, run after parsing.
  std::function<int()> chosen;
};

/// Adds a command whose `--help` ends with examples.
CLI::App& add_command(CLI::App& under, const std::string& name, const std::string& sentence,
                      const std::string& examples);

/// Words that can stand as a value, for --help and completion; others are taken too, or refused by the command in a better sentence.
CLI::Validator can_be(const std::vector<std::string>& words);

void add_run_command(program& to);
void add_simulate_command(program& to);
void add_worker_command(program& to);
void add_analyze_command(program& to);
void add_query_command(program& to);
void add_serve_command(program& to);
void add_control_command(program& to);
void add_alerts_command(program& to);
void add_audit_command(program& to);
void add_score_command(program& to);
void add_tune_command(program& to);
void add_detect_command(program& to);
void add_export_command(program& to);
void add_replay_command(program& to);
void add_ingest_command(program& to);
void add_source_command(program& to);
void add_scenario_command(program& to);
void add_pipeline_command(program& to);
void add_topics_command(program& to);
void add_peek_command(program& to);
void add_groups_command(program& to);
void add_store_command(program& to);
void add_doctor_command(program& to);
void add_completion_command(program& to);

/// Says it; gives the exit status that goes with the error's kind.
int say_failure(const error& what);
int say_problems(const config::problems& what);

/// The whole program.
int run_program(int argc, char** argv);

} // namespace throng::service
