#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <caf/actor_system.hpp>
#include <fmt/format.h>

#include "actors/analysis.hpp"
#include "actors/system_config.hpp"
#include "service/analysis_input.hpp"
#include "service/command_line.hpp"
#include "service/feature_rows.hpp"
#include "service/input_options.hpp"
#include "service/interrupt.hpp"
#include "service/logging.hpp"
#include "service/lookup_files.hpp"
#include "service/progress.hpp"
#include "storage/passing_store.hpp"

namespace throng::service {

namespace {

namespace fs = std::filesystem;

struct export_options {
  std::string pipeline;
  std::string from;
  std::string to = "-";
  std::string format = "csv";
  std::vector<std::string> fields;
  bool force = false;
};

/// Where rows go: standard output, or a file that appears under its name when it is complete.
class row_file {
public:
  static expected<std::unique_ptr<row_file>> open(const std::string& to, const std::string& name, bool force) {
    std::unique_ptr<row_file> made{new row_file};
    if (to == "-")
      return made;
    std::error_code wrong;
    fs::create_directories(to, wrong);
    made->name_ = fs::path{to} / name;
    if (!force && fs::exists(made->name_, wrong))
      return fail(error_kind::invalid, fmt::format("{} is there already; --force writes over it", made->name_.string()));
    made->unfinished_ = made->name_;
    made->unfinished_ += ".unfinished";
    made->file_ = std::fopen(made->unfinished_.c_str(), "wb");
    if (made->file_ == nullptr)
      return fail(error_kind::invalid,
                  fmt::format("{} can't be written: {}", made->unfinished_.string(), std::strerror(errno)));
    return made;
  }
  ~row_file() {
    if (file_ == nullptr)
      return;
    std::fclose(file_);
    std::error_code ignored;
    fs::remove(unfinished_, ignored);
  }
  row_file(const row_file&) = delete;
  row_file& operator=(const row_file&) = delete;

  std::FILE* out() const {
    return file_ != nullptr ? file_ : stdout;
  }
  expected<void> finish() {
    if (std::fflush(out()) != 0 || (file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) != 0))
      return fail(error_kind::unavailable, fmt::format("cannot write: {}", std::strerror(errno)));
    if (unfinished_.empty())
      return {};
    std::error_code wrong;
    fs::rename(unfinished_, name_, wrong);
    return wrong ? fail(error_kind::unavailable, fmt::format("{}: {}", name_.string(), wrong.message()))
                 : expected<void>{};
  }

private:
  row_file() = default;
  fs::path name_;
  fs::path unfinished_;
  std::FILE* file_ = nullptr;
};

actors::analysis_result watch(actors::analysis& running, bool quiet) {
  progress line{quiet};
  auto stopping = false;
  for (;;) {
    if (auto ended = running.wait(std::chrono::milliseconds{100}))
      return *ended;
    const auto at = running.progress();
    line.show(fmt::format("{:.1f} s  {} messages", static_cast<double>(line.elapsed().count()) / 1000, at.consumed));
    if (interrupted() && !std::exchange(stopping, true))
      running.stop();
  }
}

int export_features(const export_options& options, bool quiet) {
  input_choice choice;
  choice.from = options.from;
  choice.partitions = 1; // one order of rows, that of the file
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
  plans->front() = *telling;
  auto lookups = lookup_files::open(*plans);
  if (!lookups)
    return say_problems(lookups.error());
  auto input = analysis_input::open(choice, config::settings{}, *plans);
  if (!input)
    return say_failure(input.error());
  auto file = row_file::open(options.to, name + ".features.csv", options.force);
  if (!file)
    return say_failure(file.error());
  feature_rows rows{(*file)->out(), table, std::move(*labels)};
  if (auto begun = rows.begin(); !begun)
    return say_failure(begun.error());
  auto store = storage::make_passing_store([&](std::span<const storage::stamped_document> batch) { return rows.take(batch); });

  actors::analysis_options watching;
  const auto& source = (*telling)->definition().source;
  watching.topics.push_back({source, source, {*telling}, {}});
  watching.until_end = true;
  watching.memory = (*input)->memory;
  watching.lookups = [files = *lookups](const std::string& pipeline) { return files->latest(pipeline); };
  actors::system_config config{0};
  caf::actor_system system{config};
  auto running = actors::analysis::start(system, std::move((*input)->source), *store, std::move(watching));
  if (!running)
    return say_failure(running.error());
  const auto result = watch(**running, quiet);
  const auto at = (*running)->progress();
  if (result.failure)
    return say_failure(*result.failure);
  if (interrupted())
    return say_failure({error_kind::unavailable, "interrupted: what was written is not complete", false});
  if (auto done = (*file)->finish(); !done)
    return say_failure(done.error());
  if (!quiet)
    say(fmt::format("{} rows of {} messages; {} were older than the watermark, {} could not be read", rows.rows(),
                    at.consumed, at.not_fed, at.dead_letters));
  return exit_done;
}

} // namespace

void add_export_command(program& to) {
  auto& command = add_command(to.app, "export", "What was computed, as files for other tools",
                              "  throng export features bank-fraud --from file:DIR --fields amount,mcc > rows.csv");
  command.require_subcommand(1);
  auto& features = add_command(
      command, "features", "A pipeline's features, one row an event, with the label where the truth is known",
      "  throng simulate bank --to file:out\n"
      "  throng export features bank-fraud --from file:out --fields amount,mcc --to trained-on");
  auto options = std::make_shared<export_options>();
  features.add_option("pipeline", options->pipeline, "A file or preset: see throng pipeline list")
      ->required()
      ->check(can_be(names_of(config::pipeline_presets())));
  features.add_option("--from", options->from, "file:DIR: DIR/TOPIC.ndjson, and DIR/truth.labels.ndjson where it is there")
      ->required();
  features.add_option("--fields", options->fields, "The message's fields that are columns too, by commas")->delimiter(',');
  features.add_option("--format", options->format, "csv")->check(CLI::IsMember({"csv"}))->capture_default_str();
  features.add_option("--to", options->to, "A folder, for PIPELINE.features.csv; - is standard output")
      ->capture_default_str();
  features.add_flag("--force", options->force, "Write over a file that is there");
  features.callback(
      [&to, options] { to.chosen = [&to, options] { return export_features(*options, to.global.quiet); }; });
}

} // namespace throng::service
