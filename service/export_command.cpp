#include <memory>
#include <utility>

#include <fmt/format.h>

#include "service/analysis_input.hpp"
#include "service/command_line.hpp"
#include "service/export_results.hpp"
#include "service/feature_rows.hpp"
#include "service/file_analysis.hpp"
#include "service/input_options.hpp"
#include "service/logging.hpp"
#include "storage/passing_store.hpp"

namespace throng::service {

namespace {

struct export_options {
  std::string pipeline;
  std::string from;
  std::string to = "-";
  std::string format = "csv";
  std::vector<std::string> fields;
  bool force = false;
};

int export_features(const export_options& options, bool quiet) {
  input_choice choice;
  choice.from = options.from;
  const auto folder = choice.folder();
  if (!folder)
    return say_failure({error_kind::invalid, fmt::format("--from {}: must be file:DIR", options.from), false});
  config::load_options load;
  load.environment = config::process_environment();
  load.now = wall_now();
  auto plans = compile_pipelines({options.pipeline}, load);
  if (!plans)
    return say_problems(plans.error());
  if (plans->size() != 1)
    return say_failure({error_kind::invalid,
                        fmt::format("{} holds {} pipelines; rows are of one", options.pipeline, plans->size()), false});
  const auto& definition = plans->front()->definition();
  const auto table = feature_table_of(definition, options.fields);
  auto labels = event_labels::read(*folder, definition.source);
  if (!labels)
    return say_failure(labels.error());
  const auto name = definition.name;
  auto telling = analytics::pipeline_plan::compile(telling_of_all(definition, table));
  if (!telling)
    return say_failure({error_kind::invalid,
                        fmt::format("{}: {}", telling.error().front().path, telling.error().front().sentence), false});
  auto file = open_feature_output(options.format, options.to, name + ".features", options.force);
  if (!file)
    return say_failure(file.error());
  feature_rows rows{**file, table, std::move(*labels)};
  if (auto begun = rows.begin(); !begun)
    return say_failure(begun.error());
  auto store =
      storage::make_passing_store([&](std::span<const storage::stamped_document> batch) { return rows.take(batch); });

  const auto at = analyse_files({{*telling}, options.from, {}, quiet}, *store);
  if (!at)
    return say_failure(at.error());
  if (auto done = (*file)->finish(); !done)
    return say_failure(done.error());
  if (!quiet)
    say(fmt::format("{} rows of {} messages; {} were older than the watermark, {} could not be read", rows.rows(),
                    at->consumed, at->not_fed, at->dead_letters));
  return exit_done;
}

} // namespace

void add_export_command(program& to) {
  auto& command = add_command(to.app, "export", "What was computed, as files for other tools",
                              "  throng export windows --pipeline city-climate --to results\n"
                              "  throng export features bank-fraud --from file:DIR --fields amount,mcc > rows.csv");
  command.require_subcommand(1);
  add_export_of_results(to, command);
  auto& features = add_command(
      command, "features", "A pipeline's features, one row an event, with the label where the truth is known",
      "  throng simulate bank --to file:out\n"
      "  throng export features bank-fraud --from file:out --fields amount,mcc --to trained-on");
  auto options = std::make_shared<export_options>();
  features.add_option("pipeline", options->pipeline, "A file or preset: see throng pipeline list")
      ->required()
      ->check(can_be(names_of(config::pipeline_presets())));
  features
      .add_option("--from", options->from, "file:DIR: DIR/TOPIC.ndjson, and DIR/truth.labels.ndjson where it is there")
      ->required();
  features.add_option("--fields", options->fields, "The message's fields that are columns too, by commas")
      ->delimiter(',');
  features.add_option("--format", options->format, "How rows are written")
      ->check(can_be({"csv", "ndjson", "parquet"}))
      ->capture_default_str();
  features
      .add_option(
          "--to", options->to,
          "A folder or s3://BUCKET/PREFIX, for PIPELINE.features.csv, .ndjson or .parquet; - is standard output")
      ->capture_default_str();
  features.add_flag("--force", options->force, "Write over a file that is there");
  features.callback(
      [&to, options] { to.chosen = [&to, options] { return export_features(*options, to.global.quiet); }; });
}

} // namespace throng::service
